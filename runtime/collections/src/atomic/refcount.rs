//! Counts of owners. [`TryArc`](crate::TryArc) counts with it, and so does whatever else needs a count that several threads
//! change.

use super::add;
use crate::Arena;
use core::sync::atomic::{AtomicUsize, Ordering, fence};

/// A count at or above this one is not trusted any more.
const SATURATED: usize = 1 << (usize::BITS - 1);

/// What a saturated count is set to: far from both ends, so that increments
/// and decrements that race with the setting cannot leave the saturated half.
const IMMORTAL: usize = SATURATED | (SATURATED >> 1);

/// What an owner adds. Where values may lie in storage that was given, the lowest bit tells that this one does.
const OWNER: usize = if Arena::SUPPORTED { 2 } else { 1 };
const GIVEN: usize = OWNER.wrapping_sub(1);

/// The number of owners of one value, at first one.
///
/// A count that reaches half of `usize` (only by forgetting that many owners)
/// sticks, and the value is never freed: leaking is safe, wrapping is not.
#[derive(Debug)]
pub struct RefCount(AtomicUsize);

impl RefCount {
    /// One owner.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(OWNER))
    }

    /// One owner of a value in storage that was given.
    pub(crate) const fn new_given() -> Self {
        Self(AtomicUsize::new(OWNER | GIVEN))
    }

    /// Whether the value lies in storage that was given.
    pub(crate) fn is_given(&self) -> bool {
        Arena::SUPPORTED && !self.0.load(Ordering::Relaxed).is_multiple_of(2)
    }

    /// One more owner. The caller is itself an owner, so the count is not zero.
    pub fn increment(&self) {
        // Relaxed: whoever has an owner to copy sees the value already.
        let before = add(&self.0, OWNER, Ordering::Relaxed);
        if before >= SATURATED {
            self.0.store(IMMORTAL | before & GIVEN, Ordering::Relaxed);
        }
    }

    /// One owner less. True for the last one, who now may free the value: all
    /// that other owners did to it has happened before.
    #[must_use]
    pub fn decrement(&self) -> bool {
        let before = add(&self.0, OWNER.wrapping_neg(), Ordering::Release);
        if before >= SATURATED {
            self.0.store(IMMORTAL | before & GIVEN, Ordering::Relaxed);
            return false;
        }
        if before & !GIVEN != OWNER {
            return false;
        }
        // Pairs with the Release above in the other owners' decrements.
        fence(Ordering::Acquire);
        true
    }

    /// Whether there is just one owner. If the caller is that owner, nobody
    /// can add another one meanwhile.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.0.load(Ordering::Acquire) & !GIVEN == OWNER
    }
}

impl Default for RefCount {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_down_to_the_last_owner() {
        let count = RefCount::new();
        assert!(count.is_one());
        count.increment();
        assert!(!count.is_one());
        assert!(!count.decrement());
        assert!(count.decrement());
    }

    #[test]
    fn an_overflowing_count_sticks() {
        let count = RefCount(AtomicUsize::new(SATURATED - OWNER));
        count.increment();
        count.increment();
        assert_eq!(count.0.load(Ordering::Relaxed), IMMORTAL);
        for _ in 0..3 {
            assert!(!count.decrement());
        }
        assert_eq!(count.0.load(Ordering::Relaxed), IMMORTAL);
    }
}
