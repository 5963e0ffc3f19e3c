//! `wasmtime-platform.h` on this kernel: the gates `WASMTIME_VIRTUAL_MEMORY`, `WASMTIME_CUSTOM_SYNC`, `STILT_CODE_PUBLICATION`,
//! `STILT_EXECUTE_ALIAS`, `STILT_PARKING` and `STILT_RESUMABLE_TRAPS`. The contract of each function is in the header; a thread, here,
//! is a core.

mod code;
mod memory;
mod sync;
mod tls;
pub(crate) mod traps;

pub use memory::describe_memory;
pub use sync::locks_taken;
pub use traps::hardware_traps;

use crate::window::Refusal;

/// The header's status of an outcome.
fn status(outcome: Result<(), Refusal>) -> i32 {
    outcome.map_or_else(|refusal| refusal as i32, |()| 0)
}
