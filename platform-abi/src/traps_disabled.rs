//! The twin of `traps.rs` for builds without the feature `native-signals`: no handler can be installed.

use crate::PlatformError;

/// The handler's type, as in the twin.
pub type TrapHandler = unsafe extern "C" fn(ip: usize, fp: usize, has_faulting_addr: bool, faulting_addr: usize);

/// Whether this build has the gate.
pub const SUPPORTED: bool = false;

/// Without the gate there are no hardware traps.
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed here; the promises are those of the twin.
#[inline]
pub unsafe fn init(_handler: TrapHandler) -> Result<(), PlatformError> {
    Err(PlatformError::Unsupported { call: "wasmtime_init_traps", gate: "WASMTIME_NATIVE_SIGNALS" })
}
