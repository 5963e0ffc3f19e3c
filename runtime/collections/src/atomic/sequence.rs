//! Numbers that are given once.

use super::replace;
use core::num::NonZeroUsize;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Gives the numbers 1, 2, 3 and so on, none of them twice.
#[derive(Debug)]
pub struct Sequence(AtomicUsize);

impl Sequence {
    /// No number has been given yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// The next number, or `None` when all have been given.
    #[must_use]
    pub fn give(&self) -> Option<NonZeroUsize> {
        loop {
            let last = self.0.load(Ordering::Relaxed);
            let next = NonZeroUsize::new(last.checked_add(1)?)?;
            if replace(&self.0, last, next.get()) {
                return Some(next);
            }
        }
    }
}

impl Default for Sequence {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_never_starts_again() {
        let sequence = Sequence::new();
        assert_eq!(sequence.give().map(NonZeroUsize::get), Some(1));
        assert_eq!(sequence.give().map(NonZeroUsize::get), Some(2));
        let sequence = Sequence(AtomicUsize::new(usize::MAX - 1));
        assert_eq!(sequence.give().map(NonZeroUsize::get), Some(usize::MAX));
        assert_eq!(sequence.give(), None);
        assert_eq!(sequence.give(), None);
    }
}
