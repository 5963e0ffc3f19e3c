//! Clauses of the platform's fibers.

use super::kit::{Kit, Outcome, ensure};
use crate::fiber::{self, init, switch};
use core::cell::UnsafeCell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

const STACK: usize = 16 * 1024;
const ROUNDS: usize = 1000;

#[repr(C, align(16))]
struct Stack(UnsafeCell<[u8; STACK]>);

// SAFETY: used by the one fiber of the one clause that runs at a time.
unsafe impl Sync for Stack {}

static STACKS: [Stack; 2] = [const { Stack(UnsafeCell::new([0; STACK])) }; 2];
/// How often each fiber has run, and what it was given.
static RUNS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
static TOPS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Counts, and switches back, for ever. Its argument is its number.
unsafe extern "C" fn entry(argument: *mut u8, top: *mut u8) -> *mut u8 {
    let number = argument.addr();
    if let Some(place) = TOPS.get(number) {
        place.store(top.addr(), Ordering::Release);
    }
    loop {
        if let Some(runs) = RUNS.get(number) {
            runs.fetch_add(1, Ordering::AcqRel);
        }
        if let Some(top) = NonNull::new(top) {
            // SAFETY: the fiber leaves itself.
            let _ = unsafe { switch(top) };
        }
    }
}

/// The end of a fiber's stack, with the fiber prepared on it.
fn prepared(number: usize) -> Option<NonNull<u8>> {
    let stack = STACKS.get(number)?;
    let top = NonNull::new(stack.0.get().cast::<u8>().wrapping_add(STACK))?;
    RUNS.get(number)?.store(0, Ordering::Release);
    // SAFETY: a stack of the kit's own, aligned to 16; the entry never returns.
    unsafe { init(top, entry, core::ptr::without_provenance_mut(number)) }.ok()?;
    Some(top)
}

pub(super) fn run(kit: &Kit) {
    if !fiber::SUPPORTED {
        kit.skip(c"fiber", "WASMTIME_CUSTOM_FIBER is off in this build of the kit");
        return;
    }
    kit.clause(c"fiber.init-does-not-run", || {
        let ready = prepared(0).is_some();
        ensure(ready && runs(0) == 0, "the fiber ran before it was switched to")
    });
    kit.clause(c"fiber.entry-arguments", || {
        let top = prepared(1);
        enter(top, 1)?;
        ensure(runs(1) == 1, "entry was not called with its argument")?;
        let given = TOPS.get(1).map(|place| place.load(Ordering::Acquire));
        ensure(given == top.map(|top| top.as_ptr().addr()), "entry was not called with the top of its stack")
    });
    kit.clause(c"fiber.switch-back-and-forth", || {
        let top = prepared(0);
        enter(top, ROUNDS)?;
        ensure(runs(0) == ROUNDS, "the fiber did not run as often as it was entered")
    });
    kit.clause(c"fiber.two", || {
        let (first, second) = (prepared(0), prepared(1));
        for _ in 0..ROUNDS {
            enter(first, 1)?;
            enter(second, 1)?;
        }
        ensure(runs(0) == ROUNDS && runs(1) == ROUNDS, "two fibers did not run in turn")
    });
}

fn runs(number: usize) -> usize {
    RUNS.get(number).map_or(0, |runs| runs.load(Ordering::Acquire))
}

/// Enters a fiber so many times; values live across each switch, as registers that it must keep.
fn enter(top: Option<NonNull<u8>>, times: usize) -> Outcome {
    let Some(top) = top else {
        return ensure(false, "the fiber could not be prepared");
    };
    let (mut a, mut b, mut c, mut d) = (1_usize, 2_usize, 3_usize, 4_usize);
    let mut float = 0.5_f64;
    for _ in 0..times {
        // SAFETY: prepared, and resting.
        unsafe { switch(top) }?;
        a = a.wrapping_add(1);
        b = b.wrapping_add(2);
        c = c.wrapping_add(3);
        d = d.wrapping_add(4);
        float += 1.0;
    }
    let kept = a == times.wrapping_add(1)
        && b == times.wrapping_mul(2).wrapping_add(2)
        && c == times.wrapping_mul(3).wrapping_add(3)
        && d == times.wrapping_mul(4).wrapping_add(4)
        && float > 0.4;
    ensure(kept, "a switch did not keep a register")
}
