//! What Rust needs of a ground: an allocator, here C's, and a place for panics to go. There is none: the symbol below is
//! defined nowhere, so that an image which can reach a panic does not link.

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::c_void;

unsafe extern "C" {
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(pointer: *mut c_void);
    fn stilt_a_panic_is_reachable() -> !;
}

struct C;

#[global_allocator]
static ALLOCATOR: C = C;

// SAFETY: C's allocator gives blocks of at least the size and alignment asked for, or null, and takes them back.
unsafe impl GlobalAlloc for C {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = layout.size().checked_next_multiple_of(layout.align()) else {
            return core::ptr::null_mut();
        };
        // SAFETY: the size is a multiple of the alignment, which is a power of two.
        unsafe { aligned_alloc(layout.align(), size) }.cast()
    }
    unsafe fn dealloc(&self, pointer: *mut u8, _layout: Layout) {
        // SAFETY: the pointer came from `alloc`.
        unsafe { free(pointer.cast()) }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: never called: an image in which this is reachable does not link.
    unsafe { stilt_a_panic_is_reachable() }
}
