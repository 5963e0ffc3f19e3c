//! Scripts of ours: what the official suite leaves out and runtimes of this kind have got wrong.
//!
//! They are made here, since each is one idea applied to every instruction or every type.

mod exhaustion;
mod many_values;
mod memory_ends;
mod small_memory;

use core::num::NonZeroU32;

/// A script, as a `.wast` file would be.
pub(crate) struct Script {
    /// Its name in reports.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) text: String,
    /// How many bytes of its memories are there, if not all.
    pub(crate) memory_bytes: Option<NonZeroU32>,
}

/// All of them.
pub(crate) fn all() -> Vec<Script> {
    let script = |name, text| Script { name, text, memory_bytes: None };
    vec![
        script("ours/exhaustion.wast", exhaustion::script()),
        script("ours/many_values.wast", many_values::script()),
        script("ours/memory_ends.wast", memory_ends::script()),
        Script {
            memory_bytes: NonZeroU32::new(small_memory::BYTES),
            ..script("ours/small_memory.wast", small_memory::script())
        },
    ]
}
