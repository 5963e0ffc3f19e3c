//! Stack switching by the platform: gate `WASMTIME_CUSTOM_FIBER`, feature `custom-fiber`.

use crate::{PlatformError, sys};
use core::ptr::NonNull;

/// What runs on a fiber: called with its own argument and the top of its stack. It never returns.
pub type FiberEntry = unsafe extern "C" fn(argument: *mut u8, top_of_stack: *mut u8) -> *mut u8;

/// Whether this build has the gate.
pub const SUPPORTED: bool = true;

/// Prepares a stack so that the first [`switch`] to it calls `entry`.
///
/// # Errors
/// None with the gate.
///
/// # Safety
/// `top_of_stack` is the end, aligned to 16, of at least 4 KiB of writable memory which nothing else uses. `entry` does not
/// return, and may be called with `argument`.
pub unsafe fn init(top_of_stack: NonNull<u8>, entry: FiberEntry, argument: *mut u8) -> Result<(), PlatformError> {
    // SAFETY: the stack and the entry are as the header wants them, as the caller promises.
    unsafe { sys::wasmtime_fiber_init(top_of_stack.as_ptr(), Some(entry), argument) };
    Ok(())
}

/// Enters the fiber, or, on the fiber's own stack, leaves it. Returns when it is switched back to.
///
/// # Errors
/// None with the gate.
///
/// # Safety
/// The fiber was prepared by [`init`] and has not ended; it is either resting, or the one that runs this.
pub unsafe fn switch(top_of_stack: NonNull<u8>) -> Result<(), PlatformError> {
    // SAFETY: a fiber that can be entered or left, as the caller promises.
    unsafe { sys::wasmtime_fiber_switch(top_of_stack.as_ptr()) };
    Ok(())
}
