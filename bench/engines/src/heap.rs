//! Counts the bytes that are allocated.

use core::sync::atomic::{AtomicIsize, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;
static LIVE: AtomicIsize = AtomicIsize::new(0);

/// Bytes that are allocated now, give or take what other threads do.
pub(crate) fn live() -> isize {
    LIVE.load(Ordering::Relaxed)
}

/// Not one atomic step: other threads allocate only while modules are compiled, when nobody counts, and a locked instruction
/// would weigh on what is measured.
fn add(bytes: isize) {
    LIVE.store(LIVE.load(Ordering::Relaxed).wrapping_add(bytes), Ordering::Relaxed);
}

// SAFETY: every call is the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size().cast_signed());
        // SAFETY: handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        add(-layout.size().cast_signed());
        // SAFETY: handed on.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size().cast_signed());
        // SAFETY: handed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: handed on.
        unsafe { System.realloc(place, layout, size) }
    }
}
