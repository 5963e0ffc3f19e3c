//! Numbers that are taken and given back: which slots of a pool are free.

use super::replace;
use crate::{OutOfMemory, TryVec};
use core::sync::atomic::{AtomicUsize, Ordering};

/// A set of small numbers, a bit each. Whoever takes one out has it alone until it is given back, and then sees all that was done by
/// who had it before.
#[derive(Debug)]
pub struct FreeSet {
    words: TryVec<AtomicUsize>,
}

impl FreeSet {
    /// All numbers below `count`.
    pub fn try_full(count: u32) -> Result<Self, OutOfMemory> {
        let words = count.div_ceil(usize::BITS);
        let mut set = Self { words: TryVec::try_with_capacity(words as usize)? };
        for word in 0..words {
            let rest = count.saturating_sub(word.saturating_mul(usize::BITS));
            let bits = if rest >= usize::BITS { usize::MAX } else { 1usize.wrapping_shl(rest).wrapping_sub(1) };
            set.words.try_push(AtomicUsize::new(bits))?;
        }
        Ok(set)
    }

    /// Takes a number out: of the first `look` that are in the set the one that `rank` ranks lowest, where 0 ends the
    /// search. `None`: the set is empty. (A number that others take meanwhile is looked for again.)
    pub fn take(&self, look: u32, mut rank: impl FnMut(u32) -> u8) -> Option<u32> {
        loop {
            let (number, word, bits) = self.best(look, &mut rank)?;
            let bit = 1usize.wrapping_shl(number % usize::BITS);
            if replace(word, bits, bits & !bit) {
                return Some(number);
            }
        }
    }

    /// The best number, its word, and what was read there.
    fn best(&self, look: u32, rank: &mut impl FnMut(u32) -> u8) -> Option<(u32, &AtomicUsize, usize)> {
        let mut best: Option<(u8, u32, &AtomicUsize, usize)> = None;
        let mut seen = 0u32;
        for (word, first) in self.words.iter().zip((0u32..).step_by(usize::BITS as usize)) {
            let bits = word.load(Ordering::Relaxed);
            let mut rest = bits;
            while rest != 0 {
                let number = first.saturating_add(rest.trailing_zeros());
                rest &= rest.wrapping_sub(1);
                let this = rank(number);
                if best.is_none_or(|(best, ..)| this < best) {
                    best = Some((this, number, word, bits));
                }
                seen = seen.saturating_add(1);
                if this == 0 || seen >= look {
                    return best.map(|(_, number, word, bits)| (number, word, bits));
                }
            }
        }
        best.map(|(_, number, word, bits)| (number, word, bits))
    }

    /// Gives a number back, which the caller has taken out.
    pub fn give(&self, number: u32) {
        let Some(word) = self.words.get((number / usize::BITS) as usize) else { return };
        let bit = 1usize.wrapping_shl(number % usize::BITS);
        loop {
            let bits = word.load(Ordering::Relaxed);
            if replace(word, bits, bits | bit) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use core::sync::atomic::AtomicU32;

    #[test]
    fn every_number_once() {
        for count in [0, 1, 31, 32, 33, 63, 64, 65, 200] {
            let set = FreeSet::try_full(count).expect("memory");
            for number in 0..count {
                assert_eq!(set.take(1, |_| 0), Some(number), "the lowest first");
            }
            assert_eq!(set.take(1, |_| 0), None);
            if count > 0 {
                set.give(count / 2);
                assert_eq!(set.take(9, |_| 7), Some(count / 2));
                assert_eq!(set.take(9, |_| 7), None);
            }
        }
    }

    #[test]
    fn the_best_of_those_looked_at() {
        let set = FreeSet::try_full(100).expect("memory");
        assert_eq!(set.take(16, |number| if number == 70 { 0 } else { 1 }), Some(0), "70 is too far");
        assert_eq!(set.take(100, |number| if number == 70 { 0 } else { 1 }), Some(70));
        assert_eq!(set.take(100, |number| if number == 70 { 0 } else { 1 }), Some(1));
    }

    #[test]
    fn threads_never_share_a_number() {
        let set = FreeSet::try_full(70).expect("memory");
        let held: std::vec::Vec<AtomicU32> = (0..70).map(|_| AtomicU32::new(0)).collect();
        std::thread::scope(|scope| {
            for thread in 0..4u8 {
                let (set, held) = (&set, &held);
                scope.spawn(move || {
                    for round in 0..5000u32 {
                        let rank = |number: u32| u8::from(!(number ^ round).is_multiple_of(u32::from(thread) + 2));
                        let number = set.take(8, rank).expect("more numbers than threads");
                        let holders = held.get(number as usize).expect("in range");
                        assert_eq!(holders.fetch_add(1, Ordering::Relaxed), 0);
                        holders.fetch_sub(1, Ordering::Relaxed);
                        set.give(number);
                    }
                });
            }
        });
    }
}
