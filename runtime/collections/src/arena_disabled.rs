//! The twin of `arena.rs` for builds without the feature `given-storage`: there are no arenas, and whatever deals with one is left
//! out of the program.

use core::alloc::Layout;
use core::convert::Infallible;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use crate::{OutOfMemory, TryVec};

/// There is none.
#[derive(Debug)]
pub enum Arena {}

/// There is none, so that whoever could have one takes no room and no time for it. (A reference would.)
#[derive(Debug)]
pub struct ArenaMut<'a>(Infallible, PhantomData<&'a ()>);

impl<'a> From<&'a mut Arena> for ArenaMut<'a> {
    fn from(arena: &'a mut Arena) -> Self {
        match *arena {}
    }
}

impl Deref for ArenaMut<'_> {
    type Target = Arena;

    fn deref(&self) -> &Arena {
        match self.0 {}
    }
}

impl DerefMut for ArenaMut<'_> {
    fn deref_mut(&mut self) -> &mut Arena {
        match self.0 {}
    }
}

/// Values in room that was lent for a while: the allocator's.
#[derive(Debug)]
pub struct Lent<T> {
    /// The values. There is room for as many as was asked for.
    pub values: TryVec<T>,
}

impl<T> From<TryVec<T>> for Lent<T> {
    fn from(values: TryVec<T>) -> Self {
        Lent { values }
    }
}

/// Size and alignment of a block.
pub(crate) type Shape = Layout;

/// The shape of a block that is a part of an arena: there is none.
pub(crate) const fn given(layout: Layout) -> Shape {
    layout
}

/// The shape of a block of the allocator's.
pub(crate) const fn allocated(layout: Layout) -> Shape {
    layout
}

/// Whether it is a part of an arena.
pub(crate) const fn is_given(_shape: &Shape) -> bool {
    false
}

impl Arena {
    /// Whether this build has arenas.
    pub const SUPPORTED: bool = false;

    /// There is none.
    #[must_use]
    pub const fn left(&self) -> usize {
        match *self {}
    }

    pub(crate) fn lend<T>(&mut self, _capacity: usize) -> Result<Lent<T>, OutOfMemory> {
        match *self {}
    }

    pub(crate) fn take_back<T>(&mut self, _lent: Lent<T>) {
        match *self {}
    }

    pub(crate) const fn take(&mut self, _layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        match *self {}
    }

    pub(crate) const fn take_zeroed(&mut self, _layout: Layout) -> Result<NonNull<u8>, OutOfMemory> {
        match *self {}
    }

    pub(crate) const fn extend_zeroed(&mut self, _end: NonNull<u8>, _added: usize) -> Result<(), OutOfMemory> {
        match *self {}
    }
}
