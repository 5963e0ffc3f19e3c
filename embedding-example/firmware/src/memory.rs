//! The heap, in storage of its own, and how much of heap and stack was used. Interrupts allocate nothing, so the heap has no lock.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::{NonNull, null_mut};
use linked_list_allocator::Heap;

/// Bytes of the heap: all that engine, linker, store, instance and interpreter take, the interpreter's stack among it.
const SIZE: usize = 5 * 1024;

#[repr(C, align(16))]
struct Room(UnsafeCell<[u8; SIZE]>);

// SAFETY: only the heap uses it.
unsafe impl Sync for Room {}

static ROOM: Room = Room(UnsafeCell::new([0; SIZE]));

struct Counting(UnsafeCell<State>);

struct State {
    heap: Heap,
    most: usize,
}

// SAFETY: there is one thread, and interrupts do not allocate.
unsafe impl Sync for Counting {}

#[global_allocator]
static HEAP: Counting = Counting(UnsafeCell::new(State { heap: Heap::empty(), most: 0 }));

// SAFETY: the heap gives blocks of at least the size and alignment asked for, or null, and takes them back.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: nobody else uses it now: there is one thread, and the allocator calls nothing of ours.
        let state = unsafe { &mut *self.0.get() };
        let block = state.heap.allocate_first_fit(layout).map_or(null_mut(), NonNull::as_ptr);
        state.most = state.most.max(state.heap.used());
        block
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        let state = unsafe { &mut *self.0.get() };
        if let Some(block) = NonNull::new(block) {
            // SAFETY: the block came from `alloc` with this layout.
            unsafe { state.heap.deallocate(block, layout) };
        }
    }
}

unsafe extern "C" {
    static __ebss: u8;
}

/// What a byte of the stack holds that was never used.
const UNUSED: u8 = 0x5a;

/// Once, before anything is allocated: the heap in the firmware's own memory.
pub fn prepare() {
    // SAFETY: the room is the heap's alone, for ever.
    unsafe { prepare_heap(ROOM.0.get().cast(), SIZE) };
}

/// Once, before anything is allocated: the heap elsewhere.
///
/// # Safety
/// The bytes are the heap's alone, for ever.
pub unsafe fn prepare_heap(start: *mut u8, size: usize) {
    // SAFETY: nobody else uses it now.
    let state = unsafe { &mut *HEAP.0.get() };
    // SAFETY: the caller's promise.
    unsafe { state.heap.init(start, size) };
    // The stack grows down to the end of the static data. Not what is in use: this function's own frame.
    let here = 0_u8;
    let end = (&raw const here).addr() - 256;
    let mut place = (&raw const __ebss).cast_mut();
    while place.addr() < end {
        // SAFETY: between static data and stack pointer is nothing.
        unsafe { place.write_volatile(UNUSED) };
        place = place.wrapping_add(1);
    }
}

/// The most bytes of the heap that were in use, and of the stack.
pub fn most_used() -> (usize, usize) {
    // SAFETY: nobody else uses it now.
    let most = unsafe { &*HEAP.0.get() }.most;
    let mut place = &raw const __ebss;
    // SAFETY: the stack is behind it, which was used.
    while unsafe { place.read_volatile() } == UNUSED {
        place = place.wrapping_add(1);
    }
    (most, stack_start() - place.addr())
}

fn stack_start() -> usize {
    unsafe extern "C" {
        static _stack_start: u8;
    }
    (&raw const _stack_start).addr()
}
