//! The other cores, by the platform: feature `code-publication`.

use crate::error::check;
use crate::{PlatformError, sys};

pub(super) const SUPPORTED: bool = true;

/// # Safety
/// The range is mapped, not empty, and holds new code that no core is running.
pub(super) unsafe fn synchronize(start: *const u8, size: usize) -> Result<(), PlatformError> {
    // SAFETY: what the header asks for is what the caller promises.
    let status = unsafe { sys::stilt_platform_publish_code(start, size) };
    check("stilt_platform_publish_code", status)
}
