//! The iterator that takes a `TryVec` apart.
//!
//! INV-INTO-ITER: the values `start..end` of the buffer are initialised, no others.

use core::ptr::slice_from_raw_parts_mut;

use super::buffer::Buffer;

/// Gives the values of a [`TryVec`](crate::TryVec), in order.
pub struct IntoIter<T> {
    buffer: Buffer<T>,
    start: usize,
    end: usize,
}

impl<T> IntoIter<T> {
    /// # Safety
    /// The first `len` values of the buffer are initialised; the iterator owns them.
    pub(super) unsafe fn new(buffer: Buffer<T>, len: usize) -> Self {
        Self { buffer, start: 0, end: len }
    }

    fn remaining(&self) -> usize {
        self.end.wrapping_sub(self.start)
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.start == self.end {
            return None;
        }
        // SAFETY: `start < end`, which is within the buffer.
        let slot = unsafe { self.buffer.as_ptr().add(self.start) };
        self.start = self.start.wrapping_add(1);
        // SAFETY: initialised (INV-INTO-ITER), and `start` has passed it: not read again.
        Some(unsafe { slot.read() })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining(), Some(self.remaining()))
    }
}

impl<T> DoubleEndedIterator for IntoIter<T> {
    fn next_back(&mut self) -> Option<T> {
        if self.start == self.end {
            return None;
        }
        self.end = self.end.wrapping_sub(1);
        // SAFETY: `end` was above `start` and within the buffer.
        let slot = unsafe { self.buffer.as_ptr().add(self.end) };
        // SAFETY: initialised (INV-INTO-ITER), and `end` has passed it: not read again.
        Some(unsafe { slot.read() })
    }
}

impl<T> ExactSizeIterator for IntoIter<T> {}

impl<T> Drop for IntoIter<T> {
    fn drop(&mut self) {
        // SAFETY: `start <= end`, which is within the buffer.
        let first = unsafe { self.buffer.as_ptr().add(self.start) };
        let rest = slice_from_raw_parts_mut(first, self.remaining());
        // SAFETY: initialised (INV-INTO-ITER), ours, and not used again.
        unsafe { rest.drop_in_place() };
    }
}
