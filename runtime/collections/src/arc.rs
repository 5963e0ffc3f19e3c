//! `TryArc`: one value with several owners, on one thread or many.
//!
//! INV-ARC: `inner` fulfils INV-ALLOC for the layout of the `Inner` that it
//! points to, or, where the count says so, is a part of an arena of this layout;
//! it is initialised and counts at least this owner.

use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::raw::{Fill, allocate, deallocate};
use crate::{OutOfMemory, RefCount, Source};

/// The block behind a [`TryArc`]: opaque outside of this crate.
#[doc(hidden)]
#[repr(C)]
pub struct Inner<T: ?Sized> {
    owners: RefCount,
    value: T,
}

/// Shares a `T` between owners; the last one drops it. There are no weak owners.
///
/// For trait objects see [`unsize_arc!`](crate::unsize_arc).
pub struct TryArc<T: ?Sized> {
    inner: NonNull<Inner<T>>,
    owns: PhantomData<Inner<T>>,
}

// SAFETY: an owner gives `&T` on its thread (so `Sync`) and may be the one that
// drops the `T` (so `Send`); the count is atomic.
unsafe impl<T: ?Sized + Send + Sync> Send for TryArc<T> {}
// SAFETY: as above; a shared owner can be cloned into an owner.
unsafe impl<T: ?Sized + Send + Sync> Sync for TryArc<T> {}

/// Turns a [`TryArc`] of a sized value into one of a trait object or slice:
/// `unsize_arc!(TryArc::new(value)? => dyn Trait)`.
#[macro_export]
macro_rules! unsize_arc {
    ($shared:expr => $target:ty) => {{
        let sized: *mut _ = $crate::TryArc::into_inner_ptr($shared);
        // Only an unsizing of the value can change the type in this position.
        let unsized_ = $crate::TryArc::<$target>::unsized_inner_ptr(sized);
        // SAFETY: the pointer comes from `into_inner_ptr` and was only unsized,
        // which changes neither the place nor the layout of the block.
        unsafe { $crate::TryArc::from_inner_ptr(unsized_) }
    }};
}

impl<T> TryArc<T> {
    /// The block that a value takes.
    pub const LAYOUT: Layout = Layout::new::<Inner<T>>();

    /// Moves `value` to the heap; `value` is dropped if there is no room.
    pub fn new(value: T) -> Result<Self, OutOfMemory> {
        Self::new_in(value, Source::Heap)
    }

    /// Moves `value` to a block of `source`; `value` is dropped if there is no room.
    pub fn new_in(value: T, source: Source<'_>) -> Result<Self, OutOfMemory> {
        let (inner, owners) = match source {
            Source::Heap => (allocate(Self::LAYOUT, Fill::Uninit)?, RefCount::new()),
            Source::Given(mut arena) => (arena.take(Self::LAYOUT)?, RefCount::new_given()),
        };
        let inner = inner.cast::<Inner<T>>();
        // SAFETY: the block has the layout of the `Inner` and is ours alone.
        unsafe { inner.write(Inner { owners, value }) };
        Ok(Self { inner, owns: PhantomData })
    }
}

impl<T: ?Sized> TryArc<T> {
    /// The value for writing, if this is its only owner.
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if !this.inner().owners.is_one() {
            return None;
        }
        // SAFETY: initialised (INV-ARC); this owner, borrowed exclusively, is the only one.
        let inner = unsafe { this.inner.as_mut() };
        Some(&mut inner.value)
    }

    /// Whether this is the value's only owner. If so, nobody else can become one meanwhile.
    #[must_use]
    pub fn is_only(this: &Self) -> bool {
        this.inner().owners.is_one()
    }

    /// Whether both own the same value.
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        core::ptr::addr_eq(this.inner.as_ptr(), other.inner.as_ptr())
    }

    /// Where the value lies; it stays there for the life of its owners.
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const T {
        &raw const **this
    }

    /// For [`unsize_arc!`](crate::unsize_arc): gives this owner up.
    #[doc(hidden)]
    #[must_use]
    pub fn into_inner_ptr(this: Self) -> *mut Inner<T> {
        ManuallyDrop::new(this).inner.as_ptr()
    }

    /// For [`unsize_arc!`](crate::unsize_arc): a place for the coercion to happen.
    #[doc(hidden)]
    #[must_use]
    pub fn unsized_inner_ptr(inner: *mut Inner<T>) -> *mut Inner<T> {
        inner
    }

    /// For [`unsize_arc!`](crate::unsize_arc): takes an owner back.
    ///
    /// # Safety
    /// `inner` comes from `into_inner_ptr`, possibly unsized since, and is
    /// given back once.
    #[doc(hidden)]
    #[must_use]
    pub unsafe fn from_inner_ptr(inner: *mut Inner<T>) -> Self {
        Self {
            // SAFETY: `into_inner_ptr` gave a non-null pointer.
            inner: unsafe { NonNull::new_unchecked(inner) },
            owns: PhantomData,
        }
    }

    fn inner(&self) -> &Inner<T> {
        // SAFETY: initialised, and alive as long as this owner (INV-ARC).
        unsafe { self.inner.as_ref() }
    }
}

impl<T: ?Sized> Clone for TryArc<T> {
    fn clone(&self) -> Self {
        self.inner().owners.increment();
        Self { inner: self.inner, owns: PhantomData }
    }
}

impl<T: ?Sized> Drop for TryArc<T> {
    fn drop(&mut self) {
        if !self.inner().owners.decrement() {
            return;
        }
        let layout = Layout::for_value::<Inner<T>>(self.inner());
        let given = self.inner().owners.is_given();
        // SAFETY: initialised (INV-ARC), and no other owner is left to use it.
        unsafe { self.inner.drop_in_place() };
        if given {
            return;
        }
        // SAFETY: the block has this layout (INV-ARC), and no owner is left.
        unsafe { deallocate(self.inner.cast(), layout) };
    }
}

impl<T: ?Sized> Deref for TryArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T: ?Sized> AsRef<T> for TryArc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for TryArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for TryArc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
