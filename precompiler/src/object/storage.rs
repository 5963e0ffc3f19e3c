//! The storage that one instance takes.

use super::error::ObjectError;
use crate::image::ImageInput;
use stilt_artifact::storage::{BlockSizes, memory_size, table_size};
use stilt_artifact::types::ValueType;

/// Bytes that one instance takes, by what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Storage {
    /// One block with all that is of fixed size.
    pub(super) block: u64,
    /// The elements of its own tables, as they are at first.
    pub(super) tables: u64,
    /// Its own memories, as they are at first.
    pub(super) memories: u64,
}

impl Storage {
    pub(super) fn new(input: &ImageInput<'_, '_>) -> Result<Storage, ObjectError> {
        let (module, target) = (input.env.module, input.env.target);
        let own = |all: usize, imported: u32| u32::try_from(all).unwrap_or(u32::MAX).saturating_sub(imported);
        let memories = own(module.memories.len(), module.imported_memories);
        let tables = own(module.tables.len(), module.imported_tables);
        let block = BlockSizes::new(target.pointer_width()).total(memories, tables, input.env.context.layout.size);
        let block = block.ok_or_else(|| ObjectError::Writer("an instance that is too large".to_owned()))?;
        let elements = module.tables.values().skip(module.imported_tables as usize).map(|table| {
            let element = if table.element == ValueType::FuncRef { target.pointer_width() } else { 4 };
            table_size(table.min, element).unwrap_or(u64::MAX)
        });
        // In reserved address space they need no padding; but that is not storage of the embedder's anyway.
        let bytes = module.memories.values().skip(module.imported_memories as usize);
        let bytes = bytes.map(|memory| memory_size(memory.min_bytes()).unwrap_or(u64::MAX));
        Ok(Storage {
            block: block as u64,
            tables: elements.fold(0, u64::saturating_add),
            memories: bytes.fold(0, u64::saturating_add),
        })
    }

    /// All of it.
    pub(super) fn total(&self) -> u64 {
        self.block.saturating_add(self.tables).saturating_add(self.memories)
    }
}
