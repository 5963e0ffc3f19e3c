//! The twin of `parking.rs` for builds without the feature `parking`.

use crate::PlatformError;
use core::sync::atomic::AtomicU32;

/// Whether this build has the gate.
pub const SUPPORTED: bool = false;

/// `timeout_ns` for "until it is woken".
pub const FOREVER: u64 = u64::MAX;

/// Why [`wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Look at the word.
    LookAgain,
    /// The time is over.
    TimedOut,
}

/// Without the gate no thread sleeps.
///
/// # Errors
/// Always.
#[inline]
pub fn wait(_word: &AtomicU32, _expected: u32, _timeout_ns: u64) -> Result<Woken, PlatformError> {
    Err(PlatformError::Unsupported { call: "stilt_platform_park_wait", gate: "STILT_PARKING" })
}

/// Without the gate no thread sleeps.
///
/// # Errors
/// Always.
#[inline]
pub fn notify(_word: *const AtomicU32) -> Result<(), PlatformError> {
    Err(PlatformError::Unsupported { call: "stilt_platform_park_notify", gate: "STILT_PARKING" })
}
