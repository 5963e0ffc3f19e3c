//! How much storage an instance takes, so that an embedder can know it before anything runs. The precompiler writes it into
//! the C header of an object; the runtime compares its own structures with these numbers at compile time.

/// What an instance's block has beside its context, in bytes. The runtime may take less, never more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSizes {
    /// What is there in any case, in front of the parts below.
    pub block: usize,
    /// For each own memory.
    pub memory: usize,
    /// For each own table.
    pub table: usize,
    /// In front of the context, which starts at a multiple of [`BLOCK_ALIGN`].
    pub head: usize,
}

/// Alignment of an instance's block, in bytes.
pub const BLOCK_ALIGN: usize = 16;

/// Bytes behind a memory that is not in reserved address space: an access may be widened as far.
pub const MEMORY_PADDING: usize = 16;

/// Bytes that so many elements of a table take, each of this many, where storage is given.
pub const fn table_size(elements: u64, element: u8) -> Option<u64> {
    let Some(bytes) = elements.checked_mul(element as u64) else { return None };
    bytes.checked_next_multiple_of(BLOCK_ALIGN as u64)
}

/// Bytes that a memory of so many bytes takes, where storage is given.
pub const fn memory_size(bytes: u64) -> Option<u64> {
    let Some(bytes) = bytes.checked_add(MEMORY_PADDING as u64) else { return None };
    bytes.checked_next_multiple_of(BLOCK_ALIGN as u64)
}

impl BlockSizes {
    /// For pointers of this many bytes.
    pub const fn new(pointer_width: u8) -> BlockSizes {
        match pointer_width {
            4 => BlockSizes { block: 24, memory: 72, table: 48, head: 48 },
            _ => BlockSizes { block: 48, memory: 88, table: 56, head: 80 },
        }
    }

    /// The block of an instance with so many own memories and tables, and a context of so many bytes.
    pub const fn total(&self, memories: u32, tables: u32, context: u32) -> Option<usize> {
        let Some(memories) = (memories as usize).checked_mul(self.memory) else { return None };
        let Some(tables) = (tables as usize).checked_mul(self.table) else { return None };
        let Some(size) = self.block.checked_add(memories) else { return None };
        let Some(size) = size.checked_add(tables) else { return None };
        let Some(size) = size.checked_next_multiple_of(BLOCK_ALIGN) else { return None };
        let Some(size) = size.checked_add(self.head) else { return None };
        let Some(size) = size.checked_add(context as usize) else { return None };
        size.checked_next_multiple_of(BLOCK_ALIGN)
    }
}

const _: () = assert!(
    BlockSizes::new(4).head.is_multiple_of(BLOCK_ALIGN) && BlockSizes::new(8).head.is_multiple_of(BLOCK_ALIGN),
    "the context follows the head",
);
