//! Memory that runs out, at every single allocation in turn, over all of `life.rs`: an error that says so each time, the same step
//! succeeds afterwards, and all is given back.
#![expect(clippy::unwrap_used, reason = "tests")]

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};

use stilt::OutOfMemory;
use stilt_embedding_tests::Ground;
use stilt_fault_tests::life::{Images, Refused, life};

thread_local! {
    /// Allocations until the one that fails; `None` fails none.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    /// Whether it has failed.
    static FAILED: Cell<bool> = const { Cell::new(false) };
    /// Allocations, and their bytes, that were not given back.
    static ALIVE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Failing;

impl Failing {
    fn fails() -> bool {
        let left = LEFT.get();
        LEFT.set(left.and_then(|left| left.checked_sub(1)));
        FAILED.set(FAILED.get() || left == Some(0));
        left == Some(0)
    }

    fn came(place: *mut u8, size: usize) -> *mut u8 {
        if !place.is_null() {
            let (count, bytes) = ALIVE.get();
            ALIVE.set((count.wrapping_add(1), bytes.wrapping_add(size)));
        }
        place
    }

    fn went(size: usize) {
        let (count, bytes) = ALIVE.get();
        ALIVE.set((count.wrapping_sub(1), bytes.wrapping_sub(size)));
    }
}

// SAFETY: it is the system's allocator, or fails.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if Failing::fails() {
            return core::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        Failing::came(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if Failing::fails() {
            return core::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        Failing::came(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if Failing::fails() {
            return core::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        let new = unsafe { System.realloc(place, layout, size) };
        if !new.is_null() {
            Failing::went(layout.size());
        }
        Failing::came(new, size)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        Failing::went(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

#[test]
fn every_allocation_fails_once() {
    for (ground, pooled) in Ground::ALL.into_iter().flat_map(|ground| [(ground, false), (ground, true)]) {
        let images = Images::new(ground, pooled).unwrap();
        life(&images).unwrap();
        let (mut errors, mut silent) = (0, 0);
        for fail in 0.. {
            let before = ALIVE.get();
            FAILED.set(false);
            LEFT.set(Some(fail));
            let result = life(&images);
            LEFT.set(None);
            match result {
                Ok(()) if !FAILED.get() => break,
                // What only helps may be missing: a backtrace, the message of an error.
                Ok(()) => silent += 1,
                Err(error) => {
                    assert!(
                        error.is::<OutOfMemory>() || error.is::<Refused>(),
                        "{ground:?}, pooled {pooled}, allocation {fail}: {error}"
                    );
                    errors += 1;
                }
            }
            assert_eq!(
                ALIVE.get(),
                before,
                "{ground:?}, pooled {pooled}, allocation {fail}: allocations and bytes not given back"
            );
            assert!(fail < 10_000);
        }
        assert!(errors > 100 && errors > silent, "{ground:?}, pooled {pooled}: {errors} errors, {silent} without");
    }
}
