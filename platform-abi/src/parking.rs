//! A thread sleeps on a word until another one wakes it: gate `STILT_PARKING`, feature `parking`.

use crate::error::check;
use crate::{PlatformError, sys};
use core::sync::atomic::AtomicU32;

/// Whether this build has the gate.
pub const SUPPORTED: bool = true;

/// `timeout_ns` for "until it is woken".
pub const FOREVER: u64 = u64::MAX;

/// Why [`wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Notified, or the word had another value, or for no reason: look at the word.
    LookAgain,
    /// The time is over.
    TimedOut,
}

/// Sleeps while `word` is `expected`, until [`notify`] or until the time is over.
///
/// # Errors
/// The platform failed.
pub fn wait(word: &AtomicU32, expected: u32, timeout_ns: u64) -> Result<Woken, PlatformError> {
    let mut timed_out = false;
    // SAFETY: the word is borrowed, so it stays valid, and is only written atomically; `timed_out` is a valid place.
    let status = unsafe { sys::stilt_platform_park_wait(word.as_ptr(), expected, timeout_ns, &raw mut timed_out) };
    check("stilt_platform_park_wait", status)?;
    Ok(if timed_out { Woken::TimedOut } else { Woken::LookAgain })
}

/// Wakes all threads that sleep on the word at this address, which may be gone already.
///
/// # Errors
/// The platform failed.
pub fn notify(word: *const AtomicU32) -> Result<(), PlatformError> {
    // SAFETY: the platform does not dereference the pointer.
    let status = unsafe { sys::stilt_platform_park_notify(word.cast()) };
    check("stilt_platform_park_notify", status)
}
