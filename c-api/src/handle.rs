//! Handles: values of the runtime's in structures of C's, recognised by a number in front.
//!
//! INV-C-HANDLE: where a handle's tag is its kind's, its value was written by this library, or is a copy of such a one.

use core::mem::MaybeUninit;

use stilt::raw::RawFunc;
use stilt::{Global, Instance, Memory, Table};

use crate::Status;
use crate::object::tag;
use crate::pointer;

/// A value of the runtime's.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Handle<V: Copy> {
    tag: usize,
    value: MaybeUninit<V>,
}

/// What a kind of handles is recognised by.
pub(crate) trait Kind: Copy {
    const TAG: usize;
}

impl<V: Kind> Handle<V> {
    pub(crate) const fn new(value: V) -> Handle<V> {
        Handle { tag: V::TAG, value: MaybeUninit::new(value) }
    }

    /// The value of a handle of C's.
    ///
    /// # Safety
    /// It is null, or leads to a structure of this kind of the header.
    pub(crate) unsafe fn read(place: *const Handle<V>) -> Result<V, Status> {
        // SAFETY: the caller's promise.
        let handle = unsafe { pointer::given(place) }?;
        if handle.tag != V::TAG {
            return Err(Status::NOT_ALIVE);
        }
        // SAFETY: the tag says that it was written by this library (INV-C-HANDLE).
        Ok(unsafe { handle.value.assume_init() })
    }
}

macro_rules! handles {
    ($( $(#[$meta:meta])* $name:ident = $value:ty, $tag:literal, $words:literal; )*) => {
        $(
            $(#[$meta])*
            pub(crate) type $name = Handle<$value>;

            impl Kind for $value {
                const TAG: usize = tag(*$tag);
            }

            const _: () = assert!(size_of::<$name>() <= $words * size_of::<usize>(), "the header's structure is large enough");
            const _: () = assert!(align_of::<$name>() <= align_of::<usize>(), "the header's structure is aligned as it needs");
        )*
    };
}

handles! {
    /// `stilt_instance`.
    InstanceHandle = Instance, b"inst", 4;
    /// `stilt_func`.
    FuncHandle = RawFunc, b"func", 12;
    /// `stilt_memory`.
    MemoryHandle = Memory, b"memo", 4;
    /// `stilt_table`.
    TableHandle = Table, b"tabl", 4;
    /// `stilt_global`.
    GlobalHandle = Global, b"glob", 4;
}
