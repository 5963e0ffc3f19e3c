//! The block behind a `TryVec`: room for values, knowing nothing of which exist.
//!
//! INV-BUFFER: `block` fulfils INV-ALLOC for an array of `capacity()` values of
//! `T`, or, where the lowest bit of `room` says so, is a part of an arena of this
//! layout; for values of size zero nothing is allocated and the capacity is endless.

use core::alloc::Layout;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::raw::{deallocate, reallocate};
use crate::{Arena, OutOfMemory, Source};

/// Where there are arenas, the lowest bit of the room tells that the block is a part of one.
const SHIFT: u32 = if Arena::SUPPORTED { 1 } else { 0 };
const GIVEN: usize = if Arena::SUPPORTED { 1 } else { 0 };

pub(super) struct Buffer<T> {
    block: NonNull<T>,
    /// The capacity, above the bit that may tell of an arena.
    room: usize,
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
            room: if Self::IS_ZERO_SIZED { usize::MAX & !GIVEN } else { 0 },
            owns: PhantomData,
        }
    }

    pub(super) const fn as_ptr(&self) -> *mut T {
        self.block.as_ptr()
    }

    pub(super) const fn capacity(&self) -> usize {
        self.room >> SHIFT
    }

    const fn is_given(&self) -> bool {
        Arena::SUPPORTED && !self.room.is_multiple_of(2)
    }

    /// With room for exactly `capacity` values, in an arena.
    pub(super) fn with_capacity_in(capacity: usize, arena: &mut Arena) -> Result<Self, OutOfMemory> {
        let mut buffer = Self::new();
        buffer.move_to(capacity, arena)?;
        Ok(buffer)
    }

    /// Makes room for at least `needed` values, if need be in another block of `source`.
    pub(super) fn grow_in(&mut self, needed: usize, source: Source<'_>) -> Result<(), OutOfMemory> {
        match source {
            _ if needed <= self.capacity() => Ok(()),
            Source::Heap => self.grow(needed),
            Source::Given(mut arena) => self.move_to(self.capacity().saturating_mul(2).max(needed), &mut arena),
        }
    }

    /// Moves the values to a part of the arena that has room for `capacity`, which is not less than there is. The old block
    /// stays behind, if it was a part of an arena.
    fn move_to(&mut self, capacity: usize, arena: &mut Arena) -> Result<(), OutOfMemory> {
        if Self::IS_ZERO_SIZED {
            return Ok(());
        }
        let layout = Layout::array::<T>(capacity).map_err(|_| OutOfMemory::new(usize::MAX))?;
        let block = arena.take(layout)?.cast::<T>();
        let kept = self.capacity().min(capacity);
        // SAFETY: both blocks have room for so many values and do not overlap; values that are not initialised are copied as
        // bytes that mean nothing.
        unsafe { block.cast::<MaybeUninit<T>>().copy_from_nonoverlapping(self.block.cast(), kept) };
        self.free();
        self.block = block;
        self.room = capacity.wrapping_shl(SHIFT) | GIVEN;
        Ok(())
    }

    /// Makes room for at least `needed` values: twice the room if there is
    /// memory for it, else just the room that is needed.
    pub(super) fn grow(&mut self, needed: usize) -> Result<(), OutOfMemory> {
        if needed <= self.capacity() {
            return Ok(());
        }
        let ample = self.capacity().saturating_mul(2).max(Self::FIRST);
        if ample > needed && self.resize(ample).is_ok() {
            return Ok(());
        }
        self.resize(needed)
    }

    /// Makes the capacity `capacity`; values beyond it are forgotten. Not for what is a part of an arena.
    pub(super) fn resize(&mut self, capacity: usize) -> Result<(), OutOfMemory> {
        if Self::IS_ZERO_SIZED || capacity == self.capacity() {
            return Ok(());
        }
        if self.is_given() {
            return Err(OutOfMemory::new(size_of::<T>().saturating_mul(capacity)));
        }
        let Ok(wanted) = Layout::array::<T>(capacity) else {
            return Err(OutOfMemory::new(usize::MAX));
        };
        // SAFETY: the block has this layout (INV-BUFFER), and after success the
        // buffer forgets it.
        let block = unsafe { reallocate(self.block.cast(), self.layout(), wanted.size()) }?;
        self.block = block.cast();
        self.room = capacity.wrapping_shl(SHIFT);
        Ok(())
    }

    /// An error if the block is a part of an arena: nobody else may own it then.
    pub(super) fn stands_alone(&self) -> Result<(), OutOfMemory> {
        if self.is_given() { Err(OutOfMemory::new(self.layout().size())) } else { Ok(()) }
    }

    /// The layout of the block.
    fn layout(&self) -> Layout {
        let size = if Self::IS_ZERO_SIZED { 0 } else { size_of::<T>().wrapping_mul(self.capacity()) };
        // SAFETY: the alignment is a type's, and `resize` has found that an
        // array of this capacity has a layout (capacity zero needs no proof).
        unsafe { Layout::from_size_align_unchecked(size, align_of::<T>()) }
    }
}

impl<T> Buffer<T> {
    /// Frees the block, which is not used again.
    fn free(&mut self) {
        if self.is_given() {
            return;
        }
        // SAFETY: the block has this layout (INV-BUFFER) and is not used again: this is called where it is replaced or dropped.
        unsafe { deallocate(self.block.cast(), self.layout()) };
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        self.free();
    }
}
