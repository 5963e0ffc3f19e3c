//! Everything of the runtime that has to change a word which other threads change, too: the operations that need
//! compare-and-swap, or one of its kin, are here, and in no other file of the runtime's crates. (The registry of
//! function types has a lock besides.)
//!
//! Where the target has no compare-and-swap (thumbv6m, riscv32imc) the embedder enables the feature `single-context`,
//! promising that one execution context at a time uses the runtime; then a load and a store do.

mod free_set;
mod once;
mod refcount;
mod sequence;

pub use free_set::FreeSet;
pub use once::{Once, Turn};
pub use refcount::RefCount;
pub use sequence::Sequence;

use core::sync::atomic::{AtomicUsize, Ordering};

#[cfg(target_has_atomic = "ptr")]
fn add(count: &AtomicUsize, amount: usize, order: Ordering) -> usize {
    count.fetch_add(amount, order)
}

#[cfg(not(target_has_atomic = "ptr"))]
fn add(count: &AtomicUsize, amount: usize, _: Ordering) -> usize {
    let before = count.load(Ordering::Relaxed);
    count.store(before.wrapping_add(amount), Ordering::Relaxed);
    before
}

/// Replaces `old` by `new`; whether `old` was there.
#[cfg(target_has_atomic = "ptr")]
fn replace(word: &AtomicUsize, old: usize, new: usize) -> bool {
    word.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

#[cfg(not(target_has_atomic = "ptr"))]
fn replace(word: &AtomicUsize, old: usize, new: usize) -> bool {
    let found = word.load(Ordering::Relaxed) == old;
    if found {
        word.store(new, Ordering::Relaxed);
    }
    found
}

#[cfg(not(any(target_has_atomic = "ptr", feature = "single-context")))]
compile_error!(
    "this target has no compare-and-swap: enable the feature `single-context` of \
     stilt-collections if one execution context at a time uses the runtime"
);
