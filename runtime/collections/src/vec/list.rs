//! `TryVec`: values in a row, growable.
//!
//! INV-VEC: the first `len` values of the buffer are initialised and owned by
//! the vector, and `len <= capacity`.

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::slice_from_raw_parts_mut;

use super::IntoIter;
use super::buffer::Buffer;
use crate::{OutOfMemory, Source, TryBox};

/// Owns values in a row; growing it may run out of memory.
///
/// It is a slice to read from and sort. What `try_push` and its like could not
/// store is dropped; whoever needs it back calls [`TryVec::try_reserve`], then
/// [`TryVec::push_within_capacity`].
pub struct TryVec<T> {
    buffer: Buffer<T>,
    len: usize,
}

impl<T> TryVec<T> {
    /// Empty, without an allocation.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffer: Buffer::new(), len: 0 }
    }

    /// Empty, with room for exactly `capacity` values.
    pub fn try_with_capacity(capacity: usize) -> Result<Self, OutOfMemory> {
        let mut buffer = Buffer::new();
        buffer.resize(capacity)?;
        Ok(Self { buffer, len: 0 })
    }

    /// The same from `source`. What comes from an arena grows only by [`TryVec::try_reserve_in`].
    pub fn try_with_capacity_in(capacity: usize, source: Source<'_>) -> Result<Self, OutOfMemory> {
        match source {
            Source::Heap => Self::try_with_capacity(capacity),
            Source::Given(mut arena) => Ok(Self { buffer: Buffer::with_capacity_in(capacity, &mut arena)?, len: 0 }),
        }
    }

    /// Makes room for `additional` more values, if need be in another block of `source`. In an arena the old one stays behind.
    pub fn try_reserve_in(&mut self, additional: usize, source: Source<'_>) -> Result<(), OutOfMemory> {
        match self.len.checked_add(additional) {
            Some(needed) => self.buffer.grow_in(needed, source),
            None => Err(OutOfMemory::new(usize::MAX)),
        }
    }

    /// All that `values` gives, or an error.
    pub fn try_from_iter(values: impl IntoIterator<Item = T>) -> Result<Self, OutOfMemory> {
        let mut vec = Self::new();
        vec.try_extend(values)?;
        Ok(vec)
    }

    /// A copy of `values`.
    pub fn try_from_slice(values: &[T]) -> Result<Self, OutOfMemory>
    where
        T: Copy,
    {
        let mut vec = Self::try_with_capacity(values.len())?;
        vec.try_extend_from_slice(values)?;
        Ok(vec)
    }

    /// Makes room for `additional` more values.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        match self.len.checked_add(additional) {
            Some(needed) => self.buffer.grow(needed),
            None => Err(OutOfMemory::new(usize::MAX)),
        }
    }

    /// How many values fit without another allocation.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// How many values there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends `value`, or drops it when there is no room.
    pub fn try_push(&mut self, value: T) -> Result<(), OutOfMemory> {
        self.try_reserve(1)?;
        // SAFETY: room for one more was just made.
        unsafe { self.push_unchecked(value) };
        Ok(())
    }

    /// Appends `value`, or gives it back when the reserved room is used up.
    pub fn push_within_capacity(&mut self, value: T) -> Result<(), T> {
        if self.len == self.buffer.capacity() {
            return Err(value);
        }
        // SAFETY: `len` is below the capacity.
        unsafe { self.push_unchecked(value) };
        Ok(())
    }

    /// Inserts `value` in front of the one at `index`; an index past the end appends.
    pub fn try_insert(&mut self, index: usize, value: T) -> Result<(), OutOfMemory> {
        self.try_reserve(1)?;
        let index = index.min(self.len);
        // SAFETY: `index <= len`, which is below the capacity now.
        let slot = unsafe { self.buffer.as_ptr().add(index) };
        // SAFETY: `index + 1` is at most the capacity.
        let next = unsafe { slot.add(1) };
        // SAFETY: the values `index..len` are initialised and have room one further up.
        unsafe { slot.copy_to(next, self.len.wrapping_sub(index)) };
        // SAFETY: within the capacity; what was there has been moved away.
        unsafe { slot.write(value) };
        self.len = self.len.wrapping_add(1);
        Ok(())
    }

    /// Appends all that `values` gives; after an error those before it stay appended.
    pub fn try_extend(&mut self, values: impl IntoIterator<Item = T>) -> Result<(), OutOfMemory> {
        let values = values.into_iter();
        self.try_reserve(values.size_hint().0)?;
        for value in values {
            self.try_push(value)?;
        }
        Ok(())
    }

    /// Appends copies of `values`, or none.
    pub fn try_extend_from_slice(&mut self, values: &[T]) -> Result<(), OutOfMemory>
    where
        T: Copy,
    {
        self.try_reserve(values.len())?;
        // SAFETY: `len` is within the capacity.
        let end = unsafe { self.buffer.as_ptr().add(self.len) };
        // SAFETY: room for all of them was just made, behind the values that the
        // vector owns, so that a borrowed `values` cannot overlap it.
        unsafe { end.copy_from_nonoverlapping(values.as_ptr(), values.len()) };
        self.len = self.len.wrapping_add(values.len());
        Ok(())
    }

    /// Cuts to `len` values, or appends copies of `value` up to it.
    pub fn try_resize(&mut self, len: usize, value: T) -> Result<(), OutOfMemory>
    where
        T: Copy,
    {
        self.try_reserve(len.saturating_sub(self.len))?;
        while self.len < len {
            // SAFETY: room for `len` values was just made.
            unsafe { self.push_unchecked(value) };
        }
        self.truncate(len);
        Ok(())
    }

    /// Takes the last value off.
    pub fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        // SAFETY: the new `len` is below the old one.
        let slot = unsafe { self.buffer.as_ptr().add(self.len) };
        // SAFETY: initialised (INV-VEC), and behind the new `len`: not read again.
        Some(unsafe { slot.read() })
    }

    /// Takes out the value at `index`; those behind it move down.
    pub fn remove(&mut self, index: usize) -> Option<T> {
        if index >= self.len {
            return None;
        }
        self.len = self.len.wrapping_sub(1);
        // SAFETY: `index` is below the old `len`.
        let slot = unsafe { self.buffer.as_ptr().add(index) };
        // SAFETY: initialised (INV-VEC); the move below overwrites it, or it is behind `len`.
        let value = unsafe { slot.read() };
        // SAFETY: `index + 1` is at most the old `len`.
        let next = unsafe { slot.add(1) };
        // SAFETY: the values behind `index` up to the old `len` are initialised.
        unsafe { slot.copy_from(next, self.len.wrapping_sub(index)) };
        Some(value)
    }

    /// Takes out the value at `index`; the last one takes its place.
    pub fn swap_remove(&mut self, index: usize) -> Option<T> {
        if index >= self.len {
            return None;
        }
        let last = self.pop()?;
        match self.get_mut(index) {
            Some(slot) => Some(core::mem::replace(slot, last)),
            None => Some(last),
        }
    }

    /// Drops the values from `len` on.
    pub fn truncate(&mut self, len: usize) {
        let Some(count) = self.len.checked_sub(len) else {
            return;
        };
        self.len = len;
        // SAFETY: `len` is at most the old one.
        let first = unsafe { self.buffer.as_ptr().add(len) };
        // SAFETY: initialised up to the old `len` (INV-VEC); behind the new one, not used again.
        unsafe { slice_from_raw_parts_mut(first, count).drop_in_place() };
    }

    /// Drops all values and keeps the room.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Keeps the values for which `keep` answers true, in order.
    pub fn retain(&mut self, mut keep: impl FnMut(&mut T) -> bool) {
        let mut kept = 0;
        let mut at = 0;
        while let Some(value) = self.get_mut(at) {
            if keep(value) {
                // Both are below `len`, so this swaps, and never panics.
                if let Ok([first, second]) = self.get_disjoint_mut([kept, at]) {
                    core::mem::swap(first, second);
                }
                kept = kept.wrapping_add(1);
            }
            at = at.wrapping_add(1);
        }
        self.truncate(kept);
    }

    /// The values.
    #[must_use]
    pub const fn as_slice(&self) -> &[T] {
        // SAFETY: the first `len` values are initialised (INV-VEC) and borrowed
        // no longer than the vector.
        unsafe { core::slice::from_raw_parts(self.buffer.as_ptr(), self.len) }
    }

    /// The values, for writing.
    #[must_use]
    pub const fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: as in `as_slice`; the vector is borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.buffer.as_ptr(), self.len) }
    }

    /// The values in a block of exactly their size.
    pub fn try_into_boxed_slice(mut self) -> Result<TryBox<[T]>, OutOfMemory> {
        self.buffer.stands_alone()?;
        self.buffer.resize(self.len)?;
        let this = ManuallyDrop::new(self);
        let values = slice_from_raw_parts_mut(this.buffer.as_ptr(), this.len);
        // SAFETY: the block has the layout of `len` values, all initialised
        // (INV-VEC), and the vector has forgotten it: what INV-BOX asks.
        Ok(unsafe { TryBox::from_raw(values) })
    }

    /// # Safety
    /// `len` is below the capacity.
    unsafe fn push_unchecked(&mut self, value: T) {
        // SAFETY: within the capacity, by the caller's promise.
        let slot = unsafe { self.buffer.as_ptr().add(self.len) };
        // SAFETY: within the capacity, and ours alone.
        unsafe { slot.write(value) };
        self.len = self.len.wrapping_add(1);
    }
}

impl<T> Drop for TryVec<T> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<T> Default for TryVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for TryVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T> DerefMut for TryVec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.as_mut_slice()
    }
}

impl<T> IntoIterator for TryVec<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the vector is not used again, so this moves its buffer out.
        let buffer = unsafe { core::ptr::read(&raw const this.buffer) };
        // SAFETY: the first `len` values are initialised (INV-VEC) and given up here.
        unsafe { IntoIter::new(buffer, this.len) }
    }
}

impl<'a, T> IntoIterator for &'a TryVec<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> core::slice::Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut TryVec<T> {
    type Item = &'a mut T;
    type IntoIter = core::slice::IterMut<'a, T>;

    fn into_iter(self) -> core::slice::IterMut<'a, T> {
        self.iter_mut()
    }
}

impl<T: fmt::Debug> fmt::Debug for TryVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T: PartialEq> PartialEq for TryVec<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Eq> Eq for TryVec<T> {}
