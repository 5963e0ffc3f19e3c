//! Scripts of ours: what the official suite leaves out and runtimes of this kind have got wrong.
//!
//! They are made here, since each is one idea applied to every instruction or every type.

mod exhaustion;
mod many_values;
mod memory_ends;

/// A script, as a `.wast` file would be.
pub(crate) struct Script {
    /// Its name in reports.
    pub(crate) name: &'static str,
    /// Its text.
    pub(crate) text: String,
}

/// All of them.
pub(crate) fn all() -> Vec<Script> {
    vec![
        Script { name: "ours/exhaustion.wast", text: exhaustion::script() },
        Script { name: "ours/many_values.wast", text: many_values::script() },
        Script { name: "ours/memory_ends.wast", text: memory_ends::script() },
    ]
}
