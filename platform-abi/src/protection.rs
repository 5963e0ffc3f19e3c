//! What may be done with a page. Shared by the memory wrappers and their disabled twin.

use crate::sys;

/// What may be done with a page. There is no writable and executable kind, by design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nothing: each access traps. Reserved address space and guard regions.
    None,
    /// Reading.
    Read,
    /// Reading and writing.
    ReadWrite,
    /// Reading and executing.
    ReadExecute,
}

impl Protection {
    /// The header's `WASMTIME_PROT_…` bits.
    #[must_use]
    pub const fn flags(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Read => sys::WASMTIME_PROT_READ,
            Self::ReadWrite => sys::WASMTIME_PROT_READ | sys::WASMTIME_PROT_WRITE,
            Self::ReadExecute => sys::WASMTIME_PROT_READ | sys::WASMTIME_PROT_EXEC,
        }
    }
}
