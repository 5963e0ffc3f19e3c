//! Traps whose handler says where to go on: gate `STILT_RESUMABLE_TRAPS`, feature `resumable-traps`.
//!
//! The runtime takes this in place of [`crate::traps`] where it is there.

use crate::error::check;
use crate::{PlatformError, sys};

/// The interrupted program counter, stack pointer and frame pointer.
pub type TrapFrame = sys::stilt_trap_frame;

/// The handler's type. It returns whether the trap is the runtime's, and then has changed the frame.
pub type ResumeHandler =
    unsafe extern "C" fn(frame: *mut TrapFrame, has_faulting_addr: bool, faulting_addr: usize) -> bool;

/// Whether this build has the gate.
pub const SUPPORTED: bool = true;

/// Gives the platform the handler, for all threads, from now on.
///
/// # Errors
/// The platform failed: nothing is installed.
///
/// # Safety
/// As [`crate::traps::init`]; and a frame for which the handler returns true is one at which the thread can go on.
pub unsafe fn init(handler: ResumeHandler) -> Result<(), PlatformError> {
    // SAFETY: called once, with a handler that lives for ever (it is a function) and can be called in a trap.
    let status = unsafe { sys::stilt_platform_init_resumable_traps(Some(handler)) };
    check("stilt_platform_init_resumable_traps", status)
}
