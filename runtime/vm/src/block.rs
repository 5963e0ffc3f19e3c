//! Blocks: the rooms of a store. Each is a [`Storage`] that the caller made, which holds its own owner in its [`Block`]; all
//! blocks of a store form a list, which is walked once, when the store goes.
//!
//! INV-BLOCK: a block in the list starts where its storage starts, `drop` fits what it holds, and nobody else owns its
//! storage. Blocks are neither moved nor taken out while the store lives.

use core::alloc::Layout;
use core::cell::Cell;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use stilt_collections::{OutOfMemory, Storage, TryArc};

use crate::pool::Pool;

/// Where storage comes from: the crate above, which allocates.
pub trait Rooms {
    /// Zeroed storage.
    ///
    /// # Errors
    /// There is no memory for it.
    fn room(&mut self, layout: Layout) -> Result<Storage, OutOfMemory> {
        self.room_for(layout, false)
    }

    /// The same, for the bytes of a memory if `memory`.
    ///
    /// # Errors
    /// There is no memory for it.
    fn room_for(&mut self, layout: Layout, memory: bool) -> Result<Storage, OutOfMemory>;

    /// Makes storage longer, with zeroes, maybe elsewhere.
    ///
    /// # Errors
    /// There is no memory for it; then nothing has changed.
    fn resize(&mut self, storage: &mut Storage, size: usize) -> Result<(), OutOfMemory>;

    /// The pool that memories come from, in place of storage or mappings of their own.
    fn pool(&self) -> Option<&TryArc<Pool>> {
        None
    }
}

/// What every block starts with.
#[repr(C)]
pub(crate) struct Block {
    next: Cell<Option<NonNull<Block>>>,
    storage: ManuallyDrop<Storage>,
    /// Drops all that the block holds, but not its storage.
    drop: unsafe fn(NonNull<Block>),
}

impl Block {
    /// The head of a block that is to lie at the start of `storage`.
    pub(crate) const fn new(storage: Storage, drop: unsafe fn(NonNull<Block>)) -> Block {
        Block { next: Cell::new(None), storage: ManuallyDrop::new(storage), drop }
    }
}

/// The list of a store's blocks.
#[derive(Default)]
pub(crate) struct Blocks(Cell<Option<NonNull<Block>>>);

impl Blocks {
    /// Takes a block over.
    ///
    /// # Safety
    /// It fulfils INV-BLOCK and is in no list.
    pub(crate) unsafe fn push(&self, block: NonNull<Block>) {
        // SAFETY: by the caller's promise a block is there; its fields that change are cells.
        let head = unsafe { block.as_ref() };
        head.next.set(self.0.get());
        self.0.set(Some(block));
        // Compiled code hands addresses within the block back as integers.
        block.as_ptr().expose_provenance();
    }

    /// Drops every block, the newest first.
    ///
    /// # Safety
    /// Nothing points into a block any more but other blocks, which do not follow such pointers when they are dropped.
    pub(crate) unsafe fn clear(&self) {
        while let Some(block) = self.0.get() {
            // SAFETY: blocks in the list are alive (INV-BLOCK).
            let head = unsafe { block.as_ref() };
            self.0.set(head.next.get());
            // SAFETY: it is out of the list now, so nobody uses its head again.
            unsafe { Block::free(block) };
        }
    }

    /// Drops a block that was not taken over after all, and gives its storage back.
    ///
    /// # Safety
    /// As for [`Blocks::push`]; nothing points to it.
    pub(crate) unsafe fn discard(block: NonNull<Block>) {
        // SAFETY: the caller's promise.
        unsafe { Block::free(block) };
    }
}

impl Block {
    /// # Safety
    /// The block fulfils INV-BLOCK, is in no list, and is not used again.
    unsafe fn free(block: NonNull<Block>) {
        // SAFETY: the block is alive.
        let head = unsafe { block.read() };
        // SAFETY: `drop` fits what the block holds (INV-BLOCK), and this is its one call.
        unsafe { (head.drop)(block) };
        drop(ManuallyDrop::into_inner(head.storage));
    }
}
