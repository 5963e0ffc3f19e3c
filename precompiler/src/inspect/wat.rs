//! Types in words that look like the text format.

use super::AnyModule;
use stilt_artifact::tables::{FLAG_HAS_MAX, FLAG_INDEX64, FLAG_SHARED, GlobalEntry, MemoryEntry, TableEntry};
use stilt_artifact::types::{ExternKind, ValueType};

/// The type of what an import or export of this kind and index refers to. A function's index is a type index if
/// `by_type`, else an index of the function index space.
pub(super) fn of_item(module: &AnyModule<'_>, kind: u8, index: u32, by_type: bool) -> String {
    let text = match ExternKind::from_u8(kind) {
        Some(ExternKind::Func) if by_type => func(module, index),
        Some(ExternKind::Func) => module.func_type(index).and_then(|ty| func(module, ty)),
        Some(ExternKind::Table) => module.tables().get(index).map(|entry| table(&entry)),
        Some(ExternKind::Memory) => module.memories().get(index).map(|entry| memory(&entry)),
        Some(ExternKind::Global) => module.globals().get(index).map(|entry| global(&entry)),
        None => None,
    };
    text.unwrap_or_else(|| "(unknown)".to_owned())
}

/// A function type by its index.
pub(super) fn func(module: &AnyModule<'_>, index: u32) -> Option<String> {
    let (params, results) = module.type_bytes(module.types().get(index)?)?;
    let list = |word: &str, types: &[u8]| {
        if types.is_empty() {
            return String::new();
        }
        let names: Vec<&str> = types.iter().map(|byte| value(*byte)).collect();
        format!(" ({word} {})", names.join(" "))
    };
    Some(format!("(func{}{})", list("param", params), list("result", results)))
}

/// The name of the value type with this byte.
pub(super) fn value(byte: u8) -> &'static str {
    ValueType::from_u8(byte).map_or("unknown", ValueType::name)
}

fn table(entry: &TableEntry) -> String {
    format!("(table{} {})", limits(entry.flags, entry.min, entry.max), value(entry.element))
}

fn memory(entry: &MemoryEntry) -> String {
    let page = if entry.page_log2 == 16 { "" } else { " (pagesize 1)" };
    format!("(memory{}{page})", limits(entry.flags, entry.min, entry.max))
}

fn global(entry: &GlobalEntry) -> String {
    let ty = value(entry.ty);
    if entry.mutable != 0 { format!("(global (mut {ty}))") } else { format!("(global {ty})") }
}

fn limits(flags: u8, min: u64, max: u64) -> String {
    let index = if flags & FLAG_INDEX64 != 0 { " i64" } else { "" };
    let max = if flags & FLAG_HAS_MAX != 0 { format!(" {max}") } else { String::new() };
    let shared = if flags & FLAG_SHARED != 0 { " shared" } else { "" };
    format!("{index} {min}{max}{shared}")
}
