//! [`Source`]: where the block behind a container comes from.

use crate::{Arena, ArenaMut, Lent, OutOfMemory, TryVec};

/// Where the block behind a container comes from; the container remembers which it was, and frees a block of the allocator's
/// only.
#[derive(Debug)]
pub enum Source<'a> {
    /// The embedder's allocator.
    Heap,
    /// Storage that the embedder has given.
    Given(ArenaMut<'a>),
}

impl<'a> Source<'a> {
    /// The arena, if there is one, else the allocator.
    #[inline]
    #[must_use]
    pub fn of(arena: Option<&'a mut Arena>) -> Source<'a> {
        match arena {
            Some(arena) => Source::Given(arena.into()),
            None => Source::Heap,
        }
    }

    /// A list with room for `capacity` values, until it is taken back.
    pub fn lend<T>(&mut self, capacity: usize) -> Result<Lent<T>, OutOfMemory> {
        match self {
            Source::Heap => Ok(TryVec::try_with_capacity(capacity)?.into()),
            Source::Given(arena) => arena.lend(capacity),
        }
    }

    /// Takes a list back: an arena has its room again if it has lent nothing since, and taken from its end.
    pub fn take_back<T>(&mut self, lent: Lent<T>) {
        match self {
            Source::Heap => drop(lent),
            Source::Given(arena) => arena.take_back(lent),
        }
    }

    /// The same source for a shorter time.
    #[inline]
    #[must_use]
    pub fn reborrow(&mut self) -> Source<'_> {
        match self {
            Source::Heap => Source::Heap,
            Source::Given(arena) => Source::Given((&mut **arena).into()),
        }
    }
}
