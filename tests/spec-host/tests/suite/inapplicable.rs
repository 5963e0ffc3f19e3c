//! The lists of what the suite contains and WebAssembly 2.0 does not, and of what a board's memory is too small for.
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

/// What asks for more memory than the board has: to grow by 306 and by 800 pages of 64 KiB.
pub(crate) const TOO_LARGE: [Entry; 4] = [
    Entry { file: "call.wast", line: 359, reason: "a memory of 20 MB" },
    Entry { file: "call_indirect.wast", line: 603, reason: "a memory of 20 MB" },
    Entry { file: "memory_grow.wast", line: 45, reason: "a memory of 53 MB" },
    Entry { file: "memory_grow.wast", line: 48, reason: "a memory of 53 MB" },
];

/// All that do not apply anywhere.
pub(crate) const INAPPLICABLE: [Entry; 1] =
    [Entry { file: "simd_memory-multi.wast", line: 5, reason: "a module with two memories, which is WebAssembly 3.0" }];
