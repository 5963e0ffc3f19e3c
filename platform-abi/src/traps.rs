//! Hardware traps: gate `WASMTIME_NATIVE_SIGNALS`, feature `native-signals`.

use crate::error::check;
use crate::{PlatformError, sys};

/// The handler's type: instruction address, frame pointer, whether there is a faulting address, and that
/// address. It returns if the trap is not the runtime's; otherwise it jumps out and never returns.
pub type TrapHandler = unsafe extern "C" fn(ip: usize, fp: usize, has_faulting_addr: bool, faulting_addr: usize);

/// Whether this build has the gate.
pub const SUPPORTED: bool = true;

/// Gives the platform the handler, for all threads, from now on.
///
/// # Errors
/// The platform failed: nothing is installed.
///
/// # Safety
/// Once in the life of the program, not concurrently (the caller keeps the flag). The handler is safe to call in a
/// trap, with what the header says it is given, for each synchronous exception of the whole process: it
/// takes no lock, allocates nothing, and returns for each trap that it does not know.
pub unsafe fn init(handler: TrapHandler) -> Result<(), PlatformError> {
    // SAFETY: called once, with a handler that lives for ever (it is a function) and can be called in a trap.
    let status = unsafe { sys::wasmtime_init_traps(Some(handler)) };
    check("wasmtime_init_traps", status)
}
