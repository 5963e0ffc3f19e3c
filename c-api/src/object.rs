//! Objects that C has a pointer to, at the start of the storage that it gave. Each begins with a number that tells what it is, and that it
//! is alive.
//!
//! INV-C-OBJECT: where an object's tag is its kind's, the object is made and not dropped. The tag is written last when it is made, and
//! taken away first when it is dropped.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::Status;
use crate::pointer;

/// An object of a kind.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Object<V> {
    tag: AtomicUsize,
    value: UnsafeCell<MaybeUninit<V>>,
}

/// What a kind of objects is recognised by.
pub(crate) trait Tagged {
    const TAG: usize;
}

/// A tag that is not likely to stand somewhere by chance.
pub(crate) const fn tag(letters: [u8; 4]) -> usize {
    (u32::from_be_bytes(letters) ^ 0x5a17_e6b3) as usize
}

impl<V: Tagged> Object<V> {
    /// Makes an object at a place.
    ///
    /// # Safety
    /// The place is storage for it, which is the object's from now on.
    pub(crate) unsafe fn make(place: NonNull<Self>, value: V) {
        let object = Object { tag: AtomicUsize::new(V::TAG), value: UnsafeCell::new(MaybeUninit::new(value)) };
        // SAFETY: the caller's promise.
        unsafe { place.write(object) };
    }

    /// The object there, if it is alive.
    ///
    /// # Safety
    /// It is null, or leads to storage in which an object of this kind was made, or to memory that can be read (INV-C-CALLER).
    pub(crate) unsafe fn alive<'a>(place: *const Self) -> Result<&'a Self, Status> {
        // Nothing but the tag is looked at before it is known.
        // SAFETY: the tag is a word that can be read.
        let tag = unsafe { pointer::given(place.cast::<AtomicUsize>()) }?;
        if tag.load(Ordering::Relaxed) != V::TAG {
            return Err(Status::NOT_ALIVE);
        }
        // SAFETY: the tag says that it is such an object (INV-C-OBJECT).
        unsafe { pointer::given(place) }
    }

    /// Where its value is.
    pub(crate) const fn value(&self) -> *mut V {
        self.value.get().cast()
    }

    /// Its value.
    pub(crate) const fn as_ref(&self) -> &V {
        // SAFETY: it is alive (INV-C-OBJECT); what changes in values of which references are given is in cells.
        unsafe { &*self.value() }
    }

    /// Drops it: its storage is C's again.
    ///
    /// # Safety
    /// Nobody uses it, now or later.
    pub(crate) unsafe fn end(&self) {
        self.tag.store(!V::TAG, Ordering::Relaxed);
        // SAFETY: it was alive (INV-C-OBJECT), and this is its one end.
        unsafe { self.value().drop_in_place() };
    }
}
