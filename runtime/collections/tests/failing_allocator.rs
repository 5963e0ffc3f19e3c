//! Fails the N-th allocation for every N: each failure is an error that leaves
//! nothing behind, and what succeeded before still holds.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::error::Error;
use std::alloc::System;

use stilt_collections::{
    OutOfMemory, Storage, TryArc, TryBox, TryString, TryVec, try_format, try_to_box_str, unsize_arc, unsize_box,
};

/// The system's allocator, counting per thread, and failing on request.
struct Counting;

thread_local! {
    /// Blocks of this thread that are not freed yet.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    /// Allocations that still succeed.
    static FUEL: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn may_allocate() -> bool {
    let left = FUEL.get();
    if left == 0 {
        return false;
    }
    if left != usize::MAX {
        FUEL.set(left - 1);
    }
    true
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every block comes from `System` and goes back to it with the same layout.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !may_allocate() {
            return core::ptr::null_mut();
        }
        LIVE.set(LIVE.get() + 1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get() - 1);
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !may_allocate() {
            return core::ptr::null_mut();
        }
        // SAFETY: the caller's promise, passed on.
        unsafe { System.realloc(block, layout, size) }
    }
}

/// Everything that allocates, in one go.
fn everything() -> Result<usize, OutOfMemory> {
    let boxed = unsize_box!(TryBox::new(TryString::try_from_str("in a box")?)? => dyn core::fmt::Debug);
    let shared = unsize_arc!(TryArc::new(try_to_box_str("shared")?)? => dyn core::fmt::Display);
    let also_shared = shared.clone();
    let mut texts = TryVec::new();
    for n in 0..20 {
        texts.try_push(try_format(format_args!("{n} {boxed:?} {also_shared}"))?)?;
    }
    texts.try_insert(0, TryString::try_from_str("first")?)?;
    let texts = texts.try_into_boxed_slice()?;
    let mut storage = Storage::try_with_size(64, 32)?;
    storage.try_resize(1 << 16)?;
    let copies = TryVec::try_from_iter(texts.iter().map(|text| text.len()))?;
    let errors = unsize_box!(TryBox::new(OutOfMemory::new(1))? => dyn Error + Send + Sync);
    Ok(copies.into_iter().sum::<usize>() + errors.downcast::<OutOfMemory>().map_or(0, |e| e.size()))
}

#[test]
fn every_failure_is_an_error_without_a_leak() {
    let before = LIVE.get();
    let complete = everything();
    assert!(complete.is_ok());
    assert_eq!(LIVE.get(), before, "leak without a failure");

    let mut failures = 0;
    for fuel in 0.. {
        FUEL.set(fuel);
        let outcome = everything();
        let used_up = FUEL.replace(usize::MAX) == 0;
        assert_eq!(LIVE.get(), before, "leak when allocation {fuel} failed");
        match outcome {
            Ok(sum) => {
                assert_eq!(Ok(sum), complete);
                if !used_up {
                    break;
                }
            }
            Err(error) => {
                assert!(error.size() > 0);
                failures += 1;
            }
        }
    }
    assert!(failures > 50, "only {failures} places could fail");
}

#[test]
fn a_failed_growth_changes_nothing() {
    let mut vec = TryVec::try_from_slice(&[1u32, 2, 3, 4]).expect("there is memory");
    let mut storage = Storage::try_with_size(4, 4).expect("there is memory");
    FUEL.set(0);
    let pushed = vec.try_push(5);
    let inserted = vec.try_insert(0, 0);
    let extended = vec.try_extend_from_slice(&[5, 6]);
    let resized = storage.try_resize(8);
    FUEL.set(usize::MAX);
    assert!(pushed.is_err() && inserted.is_err() && extended.is_err() && resized.is_err());
    assert_eq!(vec.as_slice(), [1, 2, 3, 4]);
    assert_eq!(storage.as_slice(), [0; 4]);
}
