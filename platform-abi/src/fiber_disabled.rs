//! The twin of `fiber.rs` for builds without the feature `custom-fiber`.

use crate::PlatformError;
use core::ptr::NonNull;

/// What runs on a fiber, as in the twin.
pub type FiberEntry = unsafe extern "C" fn(argument: *mut u8, top_of_stack: *mut u8) -> *mut u8;

/// Whether this build has the gate.
pub const SUPPORTED: bool = false;

/// Without the gate the platform has no fibers.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn init(_top_of_stack: NonNull<u8>, _entry: FiberEntry, _argument: *mut u8) -> Result<(), PlatformError> {
    Err(PlatformError::Unsupported { call: "wasmtime_fiber_init", gate: "WASMTIME_CUSTOM_FIBER" })
}

/// Without the gate the platform has no fibers.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn switch(_top_of_stack: NonNull<u8>) -> Result<(), PlatformError> {
    Err(PlatformError::Unsupported { call: "wasmtime_fiber_switch", gate: "WASMTIME_CUSTOM_FIBER" })
}
