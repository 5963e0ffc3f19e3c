//! `Storage`: plain zeroed bytes of a size and alignment chosen at run time.
//!
//! The rooms for VM contexts, tables and linear memories without virtual memory.
//! INV-STORAGE: `block` fulfils INV-ALLOC for `layout()`, or, where `given`, is a
//! part of an arena that long and so aligned; every byte is initialised, and the
//! storage is its only owner.

use core::alloc::Layout;
use core::ptr::NonNull;

use crate::arena::{self, Shape};
use crate::raw::{Fill, allocate, deallocate, reallocate};
use crate::{Arena, OutOfMemory, Source};

/// An owned block of bytes, zero at first, freed on drop.
#[derive(Debug)]
pub struct Storage {
    block: NonNull<u8>,
    /// Says, too, whether it is a part of an arena, which nobody frees.
    shape: Shape,
}

// SAFETY: the storage is the only owner of its block (INV-STORAGE), which has no thread.
unsafe impl Send for Storage {}
// SAFETY: a shared storage gives only `&[u8]` and a raw pointer.
unsafe impl Sync for Storage {}

impl Storage {
    /// Zeroed bytes of this size and alignment.
    pub fn try_new(layout: Layout) -> Result<Self, OutOfMemory> {
        let block = allocate(layout, Fill::Zeroed)?;
        Ok(Self { block, shape: arena::allocated(layout) })
    }

    /// The same from `source`.
    pub fn try_new_in(layout: Layout, source: Source<'_>) -> Result<Self, OutOfMemory> {
        match source {
            Source::Heap => Self::try_new(layout),
            Source::Given(mut arena) => {
                let block = arena.take_zeroed(layout)?;
                Ok(Self { block, shape: arena::given(layout) })
            }
        }
    }

    /// `size` zeroed bytes; `align` is a power of two, in bytes.
    pub fn try_with_size(size: usize, align: usize) -> Result<Self, OutOfMemory> {
        match Layout::from_size_align(size, align) {
            Ok(layout) => Self::try_new(layout),
            Err(_) => Err(OutOfMemory::new(usize::MAX)),
        }
    }

    /// Makes the block `new_size` bytes long: it may move, the bytes stay, and the
    /// added ones are zero. A smaller size cuts. After an error nothing has changed.
    /// What is a part of an arena cannot become longer so: see [`Storage::try_extend`].
    pub fn try_resize(&mut self, new_size: usize) -> Result<(), OutOfMemory> {
        let Ok(new_layout) = Layout::from_size_align(new_size, self.align()) else {
            return Err(OutOfMemory::new(usize::MAX));
        };
        if self.is_given() {
            if new_size > self.len() {
                return Err(OutOfMemory::new(new_size));
            }
            self.shape = arena::given(new_layout);
            return Ok(());
        }
        // SAFETY: the block is ours with this layout (INV-STORAGE), and after
        // success the next line forgets it.
        self.block = unsafe { reallocate(self.block, self.layout(), new_size) }?;
        let old_size = self.len();
        self.shape = arena::allocated(new_layout);
        if let Some(added) = new_size.checked_sub(old_size) {
            // SAFETY: `old_size <= new_size`, the length of the block.
            let tail = unsafe { self.block.add(old_size) };
            // SAFETY: `old_size + added` is the length of the block, ours alone.
            unsafe { tail.write_bytes(0, added) };
        }
        Ok(())
    }

    /// Makes the block `new_size` bytes long where it lies: it is the last part of `arena`, which has room behind it. The added
    /// bytes are zero. After an error nothing has changed.
    pub fn try_extend(&mut self, new_size: usize, arena: &mut Arena) -> Result<(), OutOfMemory> {
        let added = new_size.checked_sub(self.len()).filter(|_| self.is_given()).ok_or(OutOfMemory::new(new_size))?;
        let layout = Layout::from_size_align(new_size, self.align()).map_err(|_| OutOfMemory::new(usize::MAX))?;
        // SAFETY: the block is so many bytes long (INV-STORAGE).
        let end = unsafe { self.block.add(self.len()) };
        arena.extend_zeroed(end, added)?;
        self.shape = arena::given(layout);
        Ok(())
    }

    const fn is_given(&self) -> bool {
        arena::is_given(&self.shape)
    }

    fn layout(&self) -> Layout {
        // SAFETY: size and alignment are those of a layout that the storage was made or resized with.
        unsafe { Layout::from_size_align_unchecked(self.len(), self.align()) }
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.size()
    }

    /// Whether the length is zero.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Alignment in bytes.
    #[must_use]
    pub fn align(&self) -> usize {
        self.shape.align()
    }

    /// The first byte. Non-null and aligned also for length zero; valid for reads
    /// and writes of [`Storage::len`] bytes until the storage is resized or dropped,
    /// as long as no slice of it is borrowed.
    #[must_use]
    pub fn as_ptr(&self) -> NonNull<u8> {
        self.block
    }

    /// All bytes. Nobody writes through [`Storage::as_ptr`] during the borrow.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the block is this long, initialised, and borrowed no longer
        // than the storage (INV-STORAGE).
        unsafe { core::slice::from_raw_parts(self.block.as_ptr(), self.shape.size()) }
    }

    /// All bytes, for writing. Nobody uses [`Storage::as_ptr`] during the borrow.
    #[must_use]
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: as in `as_slice`; the storage is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.block.as_ptr(), self.shape.size()) }
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if self.is_given() {
            return;
        }
        // SAFETY: the block is ours with this layout (INV-STORAGE) and not used again.
        unsafe { deallocate(self.block, self.layout()) };
    }
}
