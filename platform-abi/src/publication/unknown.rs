//! ISAs for which this crate has no cache maintenance (arm: it takes a privileged register or a system call). The
//! platform's `stilt_platform_publish_code` does all of it, or code cannot be loaded at run time.

pub(super) const KNOWN: bool = false;
pub(super) const REACHES_EVERY_CORE: bool = false;

/// # Safety
/// None is needed here; the promises are those of the twins.
pub(super) unsafe fn synchronize(_start: *const u8, _size: usize) {}
