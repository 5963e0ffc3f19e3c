//! A small generator of pseudo-random numbers, the same on every run (splitmix64).

/// Numbers that depend on the seed alone, or on bytes as long as there are any.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
    /// What a fuzzer decides, last byte first.
    bytes: Vec<u8>,
}

/// Mixes the bits of a number.
#[must_use]
pub fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl Random {
    /// The sequence of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        Random { state: mix(seed ^ 0x5eed_0f57_1170_0001), bytes: Vec::new() }
    }

    /// The sequence that bytes describe; when they are used up, that of their number.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Random {
        Random { bytes: bytes.iter().rev().copied().collect(), ..Random::new(bytes.len() as u64) }
    }

    /// A number of as few bytes as a choice among `bound` needs, if there are bytes.
    fn choice(&mut self, bound: u64) -> u64 {
        if self.bytes.is_empty() {
            return self.draw() % bound;
        }
        let mut value = 0u64;
        let mut reach = 1u64;
        while reach < bound {
            value = value << 8 | u64::from(self.bytes.pop().unwrap_or(0));
            reach = reach.saturating_mul(256);
        }
        value % bound
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        if !self.bytes.is_empty() {
            return (0..8).fold(0, |value, _| value << 8 | u64::from(self.bytes.pop().unwrap_or(0)));
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// The next 32 bits.
    pub fn draw32(&mut self) -> u32 {
        let [_, _, _, _, bytes @ ..] = self.draw().to_le_bytes();
        u32::from_le_bytes(bytes)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.choice(bound as u64)).expect("below a usize")
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Yes once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.choice(n) == 0
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let words = (0..count.div_ceil(8)).flat_map(|_| self.draw().to_le_bytes());
        words.take(count).collect()
    }
}
