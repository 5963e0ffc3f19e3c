//! The one list of what the suite contains and WebAssembly 2.0 does not.
//!
//! An entry is a command that has to fail: when it no longer does, the suite
//! fails until the entry is gone.

/// A command that does not apply.
pub(crate) struct Entry {
    /// The file.
    pub(crate) file: &'static str,
    /// The line of the command.
    pub(crate) line: u32,
    /// Why.
    pub(crate) reason: &'static str,
}

/// All of them.
pub(crate) const INAPPLICABLE: [Entry; 1] =
    [Entry { file: "simd_memory-multi.wast", line: 5, reason: "a module with two memories, which is WebAssembly 3.0" }];
