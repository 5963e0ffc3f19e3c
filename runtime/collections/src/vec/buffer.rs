//! The block behind a `TryVec`: room for values, knowing nothing of which exist.
//!
//! INV-BUFFER: `block` fulfils INV-ALLOC for an array of `capacity` values of
//! `T`; for values of size zero nothing is allocated and the capacity is endless.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::OutOfMemory;
use crate::raw::{deallocate, reallocate};

pub(super) struct Buffer<T> {
    block: NonNull<T>,
    capacity: usize,
    owns: PhantomData<T>,
}

// SAFETY: the buffer is the only owner of its block (INV-BUFFER).
unsafe impl<T: Send> Send for Buffer<T> {}
// SAFETY: a shared buffer gives nothing but a raw pointer.
unsafe impl<T: Sync> Sync for Buffer<T> {}

impl<T> Buffer<T> {
    const IS_ZERO_SIZED: bool = size_of::<T>() == 0;

    /// The least capacity worth an allocation.
    const FIRST: usize = match size_of::<T>() {
        0..=1 => 8,
        2..=1024 => 4,
        _ => 1,
    };

    pub(super) const fn new() -> Self {
        Self {
            block: NonNull::dangling(),
            capacity: if Self::IS_ZERO_SIZED { usize::MAX } else { 0 },
            owns: PhantomData,
        }
    }

    pub(super) const fn as_ptr(&self) -> *mut T {
        self.block.as_ptr()
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Makes room for at least `needed` values: twice the room if there is
    /// memory for it, else just the room that is needed.
    pub(super) fn grow(&mut self, needed: usize) -> Result<(), OutOfMemory> {
        if needed <= self.capacity {
            return Ok(());
        }
        let ample = self.capacity.saturating_mul(2).max(Self::FIRST);
        if ample > needed && self.resize(ample).is_ok() {
            return Ok(());
        }
        self.resize(needed)
    }

    /// Makes the capacity `capacity`; values beyond it are forgotten.
    pub(super) fn resize(&mut self, capacity: usize) -> Result<(), OutOfMemory> {
        if Self::IS_ZERO_SIZED || capacity == self.capacity {
            return Ok(());
        }
        let Ok(wanted) = Layout::array::<T>(capacity) else {
            return Err(OutOfMemory::new(usize::MAX));
        };
        // SAFETY: the block has this layout (INV-BUFFER), and after success the
        // buffer forgets it.
        let block = unsafe { reallocate(self.block.cast(), self.layout(), wanted.size()) }?;
        self.block = block.cast();
        self.capacity = capacity;
        Ok(())
    }

    /// The layout of the block.
    fn layout(&self) -> Layout {
        let size = if Self::IS_ZERO_SIZED { 0 } else { size_of::<T>().wrapping_mul(self.capacity) };
        // SAFETY: the alignment is a type's, and `resize` has found that an
        // array of this capacity has a layout (capacity zero needs no proof).
        unsafe { Layout::from_size_align_unchecked(size, align_of::<T>()) }
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        // SAFETY: the block has this layout (INV-BUFFER) and is not used again.
        unsafe { deallocate(self.block.cast(), self.layout()) };
    }
}
