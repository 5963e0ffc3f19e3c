//! [`NoHeap`]: a global allocator for programs that have none, where everything is made in storage that was given.

use core::alloc::{GlobalAlloc, Layout};

use crate::interpreter;

/// An allocator that refuses everything but one thing: the stack of Pulley's interpreter, which Pulley asks the allocator for, and which
/// this one has from the storage of the store that makes the interpreter.
///
/// ```ignore
/// #[global_allocator]
/// static NO_HEAP: stilt::NoHeap = stilt::NoHeap;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHeap;

// SAFETY: what it gives is a part of a store's storage, of the size and alignment asked for, that was taken for this; it gives each
// once. Nothing is taken back.
unsafe impl GlobalAlloc for NoHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        interpreter::given_stack(layout)
    }

    unsafe fn dealloc(&self, _place: *mut u8, _layout: Layout) {}
}
