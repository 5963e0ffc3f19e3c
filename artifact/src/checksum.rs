//! The checksum of an image: a 64-bit multiplicative hash over little-endian words.
//!
//! It finds accidents, not attackers. Each step is a bijection of the state and of the word, so a change of any bytes within
//! one aligned group of eight is always found; it needs no table, which matters in flash. A long range goes through several
//! states side by side, since each step waits for the multiplication of the one before it.

/// A running checksum.
#[derive(Clone, Copy, Debug)]
pub struct Checksum(u64);

const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// States side by side.
const LANES: usize = 8;

impl Checksum {
    /// The checksum of nothing.
    pub const fn new() -> Self {
        Checksum(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a range of bytes and its length.
    #[must_use]
    pub fn range(self, bytes: &[u8]) -> Self {
        let mut state = self.word(bytes.len() as u64).0;
        let (blocks, rest) = bytes.as_chunks::<{ 8 * LANES }>();
        if !blocks.is_empty() {
            let mut lanes = [state; LANES];
            for block in blocks {
                for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
                    *lane = Checksum(*lane).word(u64::from_le_bytes(*word)).0;
                }
            }
            for lane in lanes {
                state = Checksum(state).word(lane).0;
            }
        }
        let (words, tail) = rest.as_chunks::<8>();
        for word in words {
            state = Checksum(state).word(u64::from_le_bytes(*word)).0;
        }
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(tail) {
            *to = *from;
        }
        Checksum(state).word(u64::from_le_bytes(last))
    }

    #[inline]
    fn word(self, word: u64) -> Self {
        Checksum((self.0 ^ word).wrapping_mul(PRIME).rotate_left(29))
    }

    /// The sum.
    pub const fn finish(self) -> u64 {
        self.0
    }
}

impl Default for Checksum {
    fn default() -> Self {
        Checksum::new()
    }
}
