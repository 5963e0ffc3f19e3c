//! The allocator: a linked list of free blocks in a part of the kernel's own memory, which counts what it is asked for.

use crate::lock::Lock;
use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicUsize, Ordering};
use linked_list_allocator::Heap;

const SIZE: usize = 2 << 20;

#[repr(align(4096))]
struct Room(UnsafeCell<[u8; SIZE]>);

// SAFETY: only the heap uses it, behind a lock.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new([0; SIZE]));
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

struct Counting(Lock<Heap>);

#[global_allocator]
static HEAP: Counting = Counting(Lock::new(Heap::empty()));

// SAFETY: the heap gives blocks of at least the size and alignment asked for, or null, and takes them back.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        self.0.with(|heap| heap.allocate_first_fit(layout)).map_or(null_mut(), NonNull::as_ptr)
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the block came from `alloc` with this layout.
            self.0.with(|heap| unsafe { heap.deallocate(block, layout) });
        }
    }
}

/// Once, before anything is allocated.
pub(crate) fn prepare() {
    // SAFETY: the room is the heap's alone, for ever.
    HEAP.0.with(|heap| unsafe { heap.init(ROOM.0.get().cast(), SIZE) });
}

/// How often something was asked of the allocator.
pub fn allocations() -> usize {
    ALLOCATIONS.load(Ordering::Relaxed)
}
