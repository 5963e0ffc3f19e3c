//! What one instance of a module takes.

use super::{AnyModule, wat};
use serde::Serialize;
use stilt_artifact::tables::{FLAG_HAS_MAX, FLAG_SHARED};
use stilt_artifact::types::ValueType;

/// What one instance takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InstanceReport {
    /// Bytes of its context: globals, imports, references, heads of memories and tables.
    pub context: u64,
    /// Memories, imported ones first.
    pub memories: Vec<MemoryReport>,
    /// Tables, imported ones first.
    pub tables: Vec<TableReport>,
    /// Bytes that must be there before its first instruction runs: context, own memories, own tables.
    pub least: u64,
}

/// A linear memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemoryReport {
    /// Whether somebody else provides it.
    pub imported: bool,
    /// Bytes at first.
    pub min: u64,
    /// Most bytes, if given.
    pub max: Option<u64>,
    /// Shared between threads.
    pub shared: bool,
    /// Bytes of address space that the code relies on; 0 if it tests every access.
    pub reservation: u64,
    /// Bytes before and behind them that must fault.
    pub guard: u64,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TableReport {
    /// Whether somebody else provides it.
    pub imported: bool,
    /// The type of its elements.
    pub element: &'static str,
    /// Bytes of one element.
    pub element_size: u32,
    /// Elements at first.
    pub min: u64,
    /// Most elements, if given.
    pub max: Option<u64>,
}

impl InstanceReport {
    pub(super) fn new(module: &AnyModule<'_>) -> InstanceReport {
        let header = module.header();
        let word = module.image().header().pointer_width;
        let memories = (0u32..).zip(module.memories().iter()).map(|(index, memory)| {
            let bytes = |pages: u64| pages.saturating_mul(1u64.checked_shl(memory.page_log2.into()).unwrap_or(0));
            MemoryReport {
                imported: index < header.imported_memories,
                min: bytes(memory.min),
                max: (memory.flags & FLAG_HAS_MAX != 0).then(|| bytes(memory.max)),
                shared: memory.flags & FLAG_SHARED != 0,
                reservation: memory.reservation,
                guard: memory.guard,
            }
        });
        let memories: Vec<_> = memories.collect();
        let tables = (0u32..).zip(module.tables().iter()).map(|(index, table)| TableReport {
            imported: index < header.imported_tables,
            element: wat::value(table.element),
            element_size: ValueType::from_u8(table.element).map_or(0, |ty| ty.size(word)),
            min: table.min,
            max: (table.flags & FLAG_HAS_MAX != 0).then_some(table.max),
        });
        let tables: Vec<_> = tables.collect();
        let context = u64::from(header.context_size);
        let own_memories = memories.iter().filter(|memory| !memory.imported).map(|memory| memory.min);
        let own_tables = tables.iter().filter(|table| !table.imported);
        let own_tables = own_tables.map(|table| table.min.saturating_mul(table.element_size.into()));
        let least = own_memories.chain(own_tables).fold(context, u64::saturating_add);
        InstanceReport { context, memories, tables, least }
    }
}
