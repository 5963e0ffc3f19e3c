//! The twin of `other_cores.rs`: the platform says nothing about other cores.

use crate::PlatformError;

pub(super) const SUPPORTED: bool = false;

/// # Safety
/// None is needed here; the promises are those of the twin.
#[expect(clippy::unnecessary_wraps, reason = "the twin can fail")]
pub(super) unsafe fn synchronize(_start: *const u8, _size: usize) -> Result<(), PlatformError> {
    Ok(())
}
