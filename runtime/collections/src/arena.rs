//! [`Arena`]: storage that the embedder has given, of which parts are taken one behind the other, and none is given back.
//!
//! Whoever owns such a part knows that it is given, and frees nothing: see [`Source`](crate::Source).
//!
//! INV-ARENA: the `left` bytes from `next` on are the arena's alone, and valid for reads and writes for good.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use crate::{OutOfMemory, Source, TryVec};

/// Storage that was given.
#[derive(Debug)]
pub struct Arena {
    next: NonNull<u8>,
    left: usize,
}

// SAFETY: the arena is the only owner of what is left of it (INV-ARENA), which has no thread.
unsafe impl Send for Arena {}
// SAFETY: a shared arena gives nothing but numbers.
unsafe impl Sync for Arena {}

/// An arena that somebody takes from for a while.
#[derive(Debug)]
pub struct ArenaMut<'a>(&'a mut Arena);

impl<'a> From<&'a mut Arena> for ArenaMut<'a> {
    fn from(arena: &'a mut Arena) -> Self {
        ArenaMut(arena)
    }
}

impl Deref for ArenaMut<'_> {
    type Target = Arena;

    fn deref(&self) -> &Arena {
        self.0
    }
}

impl DerefMut for ArenaMut<'_> {
    fn deref_mut(&mut self) -> &mut Arena {
        self.0
    }
}

/// Size and alignment of a block, and whether it is a part of an arena: in no more room than a layout takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    size: usize,
    /// With a bit that no alignment has for what is a part of an arena.
    align: usize,
}

/// The bit.
const GIVEN: usize = 1 << (usize::BITS - 1);

/// The shape of a block that is a part of an arena.
pub(crate) const fn given(layout: Layout) -> Shape {
    Shape { size: layout.size(), align: layout.align() | GIVEN }
}

/// The shape of a block of the allocator's.
pub(crate) const fn allocated(layout: Layout) -> Shape {
    Shape { size: layout.size(), align: layout.align() }
}

/// Whether it is a part of an arena.
pub(crate) const fn is_given(shape: &Shape) -> bool {
    shape.align & GIVEN != 0
}

impl Shape {
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    pub(crate) const fn align(&self) -> usize {
        self.align & !GIVEN
    }
}

impl<T> From<TryVec<T>> for Lent<T> {
    fn from(values: TryVec<T>) -> Self {
        Lent { values, end: 0, size: 0 }
    }
}

/// Values in room that was lent for a while.
#[derive(Debug)]
pub struct Lent<T> {
    /// The values. There is room for as many as was asked for.
    pub values: TryVec<T>,
    end: usize,
    size: usize,
}

impl Arena {
    /// Whether this build has arenas.
    pub const SUPPORTED: bool = true;

    /// An arena over all of `storage`, which nobody can use any more.
    #[must_use]
    pub fn new(storage: &'static mut [MaybeUninit<u8>]) -> Self {
        let left = storage.len();
        Self { next: NonNull::from(storage).cast(), left }
    }

    /// Bytes that are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.left
    }

    /// The next part of this layout, as an arena of its own.
    pub fn part(&mut self, layout: Layout) -> Result<Arena, OutOfMemory> {
        Ok(Arena { next: self.take(layout)?, left: layout.size() })
    }

    /// Room at the end for `capacity` values, until they are taken back.
    pub fn lend<T>(&mut self, capacity: usize) -> Result<Lent<T>, OutOfMemory> {
        let layout = Layout::array::<T>(capacity).map_err(|_| OutOfMemory::new(usize::MAX))?;
        let start = self.next.as_ptr().addr();
        let end = start.wrapping_add(self.left);
        let place = end.checked_sub(layout.size()).map_or(0, |place| place & layout.align().wrapping_neg());
        let left = place.checked_sub(start).ok_or(OutOfMemory::new(layout.size()))?;
        let size = self.left.wrapping_sub(left);
        // SAFETY: `left` is at most what is left (INV-ARENA).
        let next = unsafe { self.next.add(left) };
        self.left = left;
        let values = TryVec::try_with_capacity_in(capacity, Source::of(Some(&mut Arena { next, left: size })))?;
        Ok(Lent { values, end, size })
    }

    /// Takes room back that this arena has lent last; other room is lost.
    pub fn take_back<T>(&mut self, lent: Lent<T>) {
        let Lent { values, end, size } = lent;
        drop(values);
        let left = self.left.wrapping_add(size);
        if self.next.as_ptr().addr().wrapping_add(left) == end {
            self.left = left;
        }
    }

    /// The next part of this layout. The error says how many bytes that would have taken, with what alignment costs.
    pub(crate) fn take(&mut self, layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        let address = self.next.as_ptr().addr();
        let gap = address.wrapping_neg() & layout.align().wrapping_sub(1);
        let taken = gap.checked_add(layout.size()).ok_or(OutOfMemory::new(usize::MAX))?;
        let left = self.left.checked_sub(taken).ok_or(OutOfMemory::new(taken))?;
        // SAFETY: `gap` is at most `taken`, of which there are as many bytes left (INV-ARENA).
        let part = unsafe { self.next.add(gap) };
        // SAFETY: as above.
        self.next = unsafe { self.next.add(taken) };
        self.left = left;
        Ok(part)
    }

    /// The same, with zeroes.
    pub(crate) fn take_zeroed(&mut self, layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        let part = self.take(layout)?;
        // SAFETY: the part is that long, writable, and was nobody's (INV-ARENA).
        unsafe { part.write_bytes(0, layout.size()) };
        Ok(part)
    }

    /// Makes the part that ends at `end` longer by `added` zeroes, if it was taken last.
    pub(crate) fn extend_zeroed(&mut self, end: NonNull<u8>, added: usize) -> Result<(), OutOfMemory> {
        if end != self.next {
            return Err(OutOfMemory::new(added));
        }
        let left = self.left.checked_sub(added).ok_or(OutOfMemory::new(added))?;
        // SAFETY: so many bytes are left, writable, and nobody's (INV-ARENA).
        unsafe { end.write_bytes(0, added) };
        // SAFETY: as above.
        self.next = unsafe { end.add(added) };
        self.left = left;
        Ok(())
    }
}
