//! `TryBox`: one owned value on the heap.
//!
//! INV-BOX: `pointer` fulfils INV-ALLOC for the layout of the value that it
//! points to, the value is initialised, and the box is its only owner.

use core::alloc::Layout;
use core::any::Any;
use core::error::Error;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use crate::OutOfMemory;
use crate::raw::{Fill, allocate, deallocate};

/// Owns a `T` on the heap; creating one may run out of memory.
///
/// For trait objects and slices see [`unsize_box!`](crate::unsize_box).
pub struct TryBox<T: ?Sized> {
    pointer: NonNull<T>,
    owns: PhantomData<T>,
}

// SAFETY: the box is the only owner of its value (INV-BOX), so sending the box sends the value.
unsafe impl<T: ?Sized + Send> Send for TryBox<T> {}
// SAFETY: a shared box gives only `&T` (INV-BOX).
unsafe impl<T: ?Sized + Sync> Sync for TryBox<T> {}

/// Turns a [`TryBox`] of a sized value into one of a trait object or slice,
/// as `Box` does by itself: `unsize_box!(TryBox::new(value)? => dyn Trait)`.
#[macro_export]
macro_rules! unsize_box {
    ($boxed:expr => $target:ty) => {{
        let sized: *mut _ = $crate::TryBox::into_raw($boxed);
        // A raw pointer coerces in one way only: to the same place, unsized.
        let unsized_: *mut $target = sized;
        // SAFETY: the pointer comes from `into_raw` and was only unsized, which
        // changes neither the place nor the layout of the value.
        unsafe { $crate::TryBox::from_raw(unsized_) }
    }};
}

impl<T> TryBox<T> {
    /// Moves `value` to the heap; `value` is dropped if there is no room.
    pub fn new(value: T) -> Result<Self, OutOfMemory> {
        let pointer = allocate(Layout::new::<T>(), Fill::Uninit)?.cast::<T>();
        // SAFETY: the block has the layout of a `T` and is ours alone.
        unsafe { pointer.write(value) };
        Ok(Self { pointer, owns: PhantomData })
    }

    /// The value, its block freed.
    #[must_use]
    pub fn into_inner(self) -> T {
        let pointer = ManuallyDrop::new(self).pointer;
        // SAFETY: the value is initialised (INV-BOX) and, the box being taken
        // apart, not read again.
        let value = unsafe { pointer.read() };
        // SAFETY: the block has this layout (INV-BOX) and is not used again.
        unsafe { deallocate(pointer.cast(), Layout::new::<T>()) };
        value
    }
}

impl<T: ?Sized> TryBox<T> {
    /// Gives the value up to the caller, who owns it until [`TryBox::from_raw`].
    #[must_use]
    pub fn into_raw(boxed: Self) -> *mut T {
        ManuallyDrop::new(boxed).pointer.as_ptr()
    }

    /// Takes the value back.
    ///
    /// # Safety
    /// `raw` comes from [`TryBox::into_raw`], possibly unsized since, and is
    /// given back once.
    #[must_use]
    pub unsafe fn from_raw(raw: *mut T) -> Self {
        Self {
            // SAFETY: `into_raw` gave a non-null pointer.
            pointer: unsafe { NonNull::new_unchecked(raw) },
            owns: PhantomData,
        }
    }

    /// Where the value lies; it stays there for the life of the box.
    #[must_use]
    pub fn as_ptr(boxed: &Self) -> NonNull<T> {
        boxed.pointer
    }
}

impl TryBox<dyn Any + Send + Sync> {
    /// The value as a `T`, or the box as it was.
    pub fn downcast<T: Any>(self) -> Result<TryBox<T>, Self> {
        if (*self).is::<T>() {
            // SAFETY: the value is a `T`, and the pointer is just given up.
            Ok(unsafe { TryBox::from_raw(Self::into_raw(self).cast::<T>()) })
        } else {
            Err(self)
        }
    }
}

impl TryBox<dyn Error + Send + Sync> {
    /// The error as an `E`, or the box as it was.
    pub fn downcast<E: Error + 'static>(self) -> Result<TryBox<E>, Self> {
        if (*self).is::<E>() {
            // SAFETY: the value is an `E`, and the pointer is just given up.
            Ok(unsafe { TryBox::from_raw(Self::into_raw(self).cast::<E>()) })
        } else {
            Err(self)
        }
    }
}

impl<T: ?Sized> Drop for TryBox<T> {
    fn drop(&mut self) {
        let layout = Layout::for_value::<T>(self);
        // SAFETY: the value is initialised, ours (INV-BOX), and not used again.
        unsafe { self.pointer.drop_in_place() };
        // SAFETY: the block has the value's layout (INV-BOX) and is not used again.
        unsafe { deallocate(self.pointer.cast(), layout) };
    }
}

impl<T: ?Sized> Deref for TryBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: initialised and borrowed no longer than the box (INV-BOX).
        unsafe { self.pointer.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for TryBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: initialised, and the box is its only owner (INV-BOX).
        unsafe { self.pointer.as_mut() }
    }
}

impl<T: ?Sized> AsRef<T> for TryBox<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for TryBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for TryBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
