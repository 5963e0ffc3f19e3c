//! Values on their way between compiled code and the host: an array of 64-bit slots, as
//! [`stilt_artifact::types::ValueType::slots`] describes it.
//!
//! Who reads or writes them follows the function's type, so that the slots are enough (INV-TYPES); were they not, zeroes would be
//! read and surplus values dropped.

use core::slice;

/// Takes values from slots, the first one first.
pub struct SlotReader<'a>(slice::Iter<'a, u64>);

/// Puts values into slots, the first one first.
pub struct SlotWriter<'a>(slice::IterMut<'a, u64>);

impl<'a> SlotReader<'a> {
    #[inline]
    pub(crate) fn new(slots: &'a [u64]) -> Self {
        SlotReader(slots.iter())
    }

    #[inline]
    pub(crate) fn slot(&mut self) -> u64 {
        self.0.next().copied().unwrap_or(0)
    }

    /// The lower half of a slot.
    #[inline]
    pub(crate) fn half(&mut self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the value is zero-extended")]
        let half = self.slot() as u32;
        half
    }

    /// Two slots, the less significant first.
    #[inline]
    pub(crate) fn pair(&mut self) -> u128 {
        let low = self.slot();
        u128::from(low) | u128::from(self.slot()) << 64
    }
}

impl<'a> SlotWriter<'a> {
    #[inline]
    pub(crate) fn new(slots: &'a mut [u64]) -> Self {
        SlotWriter(slots.iter_mut())
    }

    #[inline]
    pub(crate) fn slot(&mut self, value: u64) {
        if let Some(slot) = self.0.next() {
            *slot = value;
        }
    }

    /// A value of 32 bits.
    #[inline]
    pub(crate) fn half(&mut self, value: u32) {
        self.slot(value.into());
    }

    /// A value of 128 bits.
    #[inline]
    pub(crate) fn pair(&mut self, value: u128) {
        #[expect(clippy::cast_possible_truncation, reason = "cuts the value into its halves")]
        let halves = (value as u64, (value >> 64) as u64);
        self.slot(halves.0);
        self.slot(halves.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut slots = [u64::MAX; 4];
        let mut writer = SlotWriter::new(&mut slots);
        writer.half(0x8000_0001);
        writer.pair(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        writer.slot(7);
        writer.slot(8);
        assert_eq!(slots, [0x8000_0001, 0x0011_2233_4455_6677, 0x0123_4567_89ab_cdef, 7]);
        let mut reader = SlotReader::new(&slots);
        assert_eq!(reader.half(), 0x8000_0001);
        assert_eq!(reader.pair(), 0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        assert_eq!((reader.slot(), reader.slot()), (7, 0));
    }
}
