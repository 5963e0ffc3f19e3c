//! What one instance of a module takes.

use super::{AnyModule, wat};
use serde::Serialize;
use stilt_artifact::storage::{BLOCK_ALIGN, BlockSizes, memory_size, table_size};
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
    /// What it takes where the embedder gives storage.
    pub storage: StorageReport,
}

/// What one instance takes of storage that is given, as the constants say in the C header of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StorageReport {
    /// Bytes of the block with all that is of fixed size: `NAME_INSTANCE_SIZE`.
    pub block: u64,
    /// Alignment of the block, in bytes: `NAME_INSTANCE_ALIGN`.
    pub align: u64,
    /// Bytes of the elements of its own tables, as they are at first: `NAME_TABLES_SIZE`.
    pub tables: u64,
    /// Bytes of its own memories, as they are at first: `NAME_MEMORIES_SIZE`.
    pub memories: u64,
    /// All of it: `NAME_STORAGE_SIZE`.
    pub total: u64,
    /// Function types of the module, of which an engine and the module keep numbers: `NAME_TYPES`.
    pub types: u32,
}

/// A linear memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemoryReport {
    /// Whether somebody else provides it.
    pub imported: bool,
    /// Bytes at first, as the guest is told.
    pub min: u64,
    /// Bytes that are there, if they are fewer than these: an access beyond traps, and it does not grow. Not what the standard says.
    pub backed: Option<u64>,
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

impl MemoryReport {
    /// Bytes that are there at first.
    fn accessible(&self) -> u64 {
        self.backed.unwrap_or(self.min)
    }
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
                backed: (memory.backed != 0).then_some(memory.backed.into()),
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
        let own_memories = memories.iter().filter(|memory| !memory.imported).map(MemoryReport::accessible);
        let own_tables = tables.iter().filter(|table| !table.imported);
        let own_tables = own_tables.map(|table| table.min.saturating_mul(table.element_size.into()));
        let least = own_memories.chain(own_tables).fold(context, u64::saturating_add);
        let storage = StorageReport::new(module, &memories, &tables);
        InstanceReport { context, memories, tables, least, storage }
    }
}

impl StorageReport {
    fn new(module: &AnyModule<'_>, memories: &[MemoryReport], tables: &[TableReport]) -> StorageReport {
        let (pointer_width, context) = (module.image().header().pointer_width, module.header().context_size);
        let memories: Vec<_> = memories.iter().filter(|memory| !memory.imported).collect();
        let tables: Vec<_> = tables.iter().filter(|table| !table.imported).collect();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let block = BlockSizes::new(pointer_width).total(count(memories.len()), count(tables.len()), context);
        let block = block.map_or(u64::MAX, |block| block as u64);
        let element = |table: &TableReport| u8::try_from(table.element_size).unwrap_or(u8::MAX);
        let tables = tables.iter().map(|table| table_size(table.min, element(table)).unwrap_or(u64::MAX));
        let tables = tables.fold(0, u64::saturating_add);
        let memories = memories.iter().map(|memory| memory_size(memory.accessible()).unwrap_or(u64::MAX));
        let memories = memories.fold(0, u64::saturating_add);
        let total = block.saturating_add(tables).saturating_add(memories);
        StorageReport { block, align: BLOCK_ALIGN as u64, tables, memories, total, types: module.types().len() }
    }
}
