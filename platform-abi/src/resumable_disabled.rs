//! The twin of `resumable.rs` for builds without the feature `resumable-traps`.

use crate::{PlatformError, sys};

/// The interrupted program counter, stack pointer and frame pointer.
pub type TrapFrame = sys::stilt_trap_frame;

/// The handler's type, as in the twin.
pub type ResumeHandler =
    unsafe extern "C" fn(frame: *mut TrapFrame, has_faulting_addr: bool, faulting_addr: usize) -> bool;

/// Whether this build has the gate.
pub const SUPPORTED: bool = false;

/// Without the gate there is no such handler.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn init(_handler: ResumeHandler) -> Result<(), PlatformError> {
    Err(PlatformError::Unsupported { call: "stilt_platform_init_resumable_traps", gate: "STILT_RESUMABLE_TRAPS" })
}
