//! Running a clause, reporting it, and a second thread.

use super::bindings::{
    STILT_CONFORMANCE_FAILED, STILT_CONFORMANCE_PASSED, STILT_CONFORMANCE_SKIPPED, stilt_conformance,
};
use crate::PlatformError;
use core::ffi::{CStr, c_void};
use core::fmt::{self, Write as _};
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// Why a clause did not pass.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    /// What was seen.
    Failed(&'static str),
    /// What was seen, and a number that goes with it.
    FailedAt(&'static str, usize),
    /// A call that should have worked.
    Platform(PlatformError),
    /// Why it could not be tested.
    Skipped(&'static str),
}

impl From<PlatformError> for Verdict {
    fn from(error: PlatformError) -> Self {
        Self::Platform(error)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(what) | Self::Skipped(what) => f.write_str(what),
            Self::FailedAt(what, number) => write!(f, "{what} ({number:#x})"),
            Self::Platform(error) => error.fmt(f),
        }
    }
}

pub(super) type Outcome = Result<(), Verdict>;

/// Fails the clause, with these words, unless the condition holds.
pub(super) fn ensure(condition: bool, otherwise: &'static str) -> Outcome {
    if condition { Ok(()) } else { Err(Verdict::Failed(otherwise)) }
}

/// How often a waiting thread pauses before it gives up: some three seconds, if a pause is a millisecond.
const PATIENCE: usize = 3_000;
/// How often it looks in between when the porter gives no pause.
const SPINS_PER_PAUSE: usize = 50_000;

pub(super) struct Kit {
    conformance: stilt_conformance,
    failures: AtomicI32,
}

// SAFETY: the second thread only uses `pause`, which the header asks to work on either thread; the pointers are not looked
// through here.
unsafe impl Sync for Kit {}

impl Kit {
    pub(super) fn new(conformance: stilt_conformance) -> Self {
        Self { conformance, failures: AtomicI32::new(0) }
    }

    pub(super) fn failures(&self) -> i32 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Runs one clause and reports it. Answers whether it passed.
    pub(super) fn clause(&self, name: &CStr, test: impl FnOnce() -> Outcome) -> bool {
        if let Some(begin) = self.conformance.begin {
            // SAFETY: the porter's function with his `user`; the string ends in a zero and outlives the call.
            unsafe { begin(self.conformance.user, name.as_ptr()) };
        }
        let verdict = test();
        let mut detail = Detail::new();
        let outcome = match verdict {
            Ok(()) => STILT_CONFORMANCE_PASSED,
            Err(verdict) => {
                // It only fails when the text is cut off, which is fine.
                let _ = write!(detail, "{verdict}");
                match verdict {
                    Verdict::Skipped(_) => STILT_CONFORMANCE_SKIPPED,
                    _ => STILT_CONFORMANCE_FAILED,
                }
            }
        };
        if outcome == STILT_CONFORMANCE_FAILED {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(report) = self.conformance.report {
            // SAFETY: the porter's function with his `user`; both strings end in a zero and outlive the call.
            unsafe {
                report(self.conformance.user, name.as_ptr(), outcome.cast_signed(), detail.as_ptr());
            }
        }
        verdict.is_ok()
    }

    /// Reports a clause, or a whole subject, as not tested.
    pub(super) fn skip(&self, name: &CStr, why: &'static str) {
        self.clause(name, || Err(Verdict::Skipped(why)));
    }

    /// Lets other threads run.
    pub(super) fn pause(&self) {
        match self.conformance.pause {
            // SAFETY: the porter's function with his `user`.
            Some(pause) => unsafe { pause(self.conformance.user) },
            None => (0..SPINS_PER_PAUSE).for_each(|_| core::hint::spin_loop()),
        }
    }

    /// Waits for a flag that another thread sets. Answers whether it was set before patience ended.
    pub(super) fn wait_for(&self, flag: &AtomicBool) -> bool {
        for _ in 0..PATIENCE {
            if flag.load(Ordering::Acquire) {
                return true;
            }
            self.pause();
        }
        false
    }

    /// Runs `there` on a second thread, and `here` on this one meanwhile; then waits for the thread.
    pub(super) fn with_thread<F: Fn() + Sync>(&self, there: F, here: impl FnOnce() -> Outcome) -> Outcome {
        unsafe extern "C" fn entry<F: Fn() + Sync>(there: *mut c_void) {
            // SAFETY: `with_thread` passes a pointer to its own `F`, which lives until it has joined this thread.
            let there = unsafe { &*there.cast::<F>() };
            there();
        }

        let (Some(start), Some(join)) = (self.conformance.thread_start, self.conformance.thread_join) else {
            return Err(Verdict::Skipped("no second thread was given to the self-test"));
        };
        let mut thread = core::ptr::null_mut();
        let argument = (&raw const there).cast_mut().cast();
        // SAFETY: the porter's function with his `user`; `entry` may be called with this argument on another thread, since
        // `F` is `Sync` and lives until the join below.
        let status = unsafe { start(self.conformance.user, Some(entry::<F>), argument, &raw mut thread) };
        if status != 0 {
            return Err(Verdict::Failed("the self-test's thread_start failed"));
        }
        let outcome = here();
        // SAFETY: the porter's function with his `user` and the handle that he gave.
        let status = unsafe { join(self.conformance.user, thread) };
        if status != 0 {
            return Err(Verdict::Failed("the self-test's thread_join failed"));
        }
        outcome
    }

    /// Has the porter make a trap of his own.
    pub(super) fn foreign_trap(&self) -> Option<i32> {
        // SAFETY: the porter's function with his `user`.
        self.conformance.foreign_trap.map(|trap| unsafe { trap(self.conformance.user) })
    }
}

/// A short C string, cut off where it does not fit.
struct Detail {
    bytes: [u8; 192],
    len: usize,
}

impl Detail {
    fn new() -> Self {
        Self { bytes: [0; 192], len: 0 }
    }

    fn as_ptr(&self) -> *const core::ffi::c_char {
        self.bytes.as_ptr().cast()
    }
}

impl fmt::Write for Detail {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // The last byte stays zero.
            if self.len.saturating_add(1) >= self.bytes.len() {
                return Err(fmt::Error);
            }
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
            }
            self.len = self.len.saturating_add(1);
        }
        Ok(())
    }
}
