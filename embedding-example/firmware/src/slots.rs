//! Images in two slots of a chip. What is installed goes into the slot that is not in use, is checked there, and becomes the one in
//! use with the last word of its header; so there is a valid image at any time, whenever the power fails.
//!
//! A slot: a header of [`HEADER`] bytes, then the image, aligned for running in place. The header is valid if its words fit
//! each other, which they do not before the last one is programmed. Of two valid ones the later is in use.

use crate::flash::{Flash, FlashError};

/// Bytes in front of an image.
pub const HEADER: usize = 64;

/// Bytes that are programmed at a time: pages are a multiple, so that none is crossed behind a header.
const CHUNK: usize = 64;

/// What the first word of a header is.
const MAGIC: u32 = 0x544c_4953;

/// Why an image was not installed. The one that was in use still is.
#[derive(Debug)]
pub enum InstallError<E> {
    /// It does not fit.
    TooLarge {
        /// Bytes of the image.
        image: usize,
        /// Bytes that a slot has for one.
        slot: usize,
    },
    /// The chip failed.
    Flash(FlashError),
    /// It was refused, where it lies in the slot.
    Refused(E),
}

impl<E> From<FlashError> for InstallError<E> {
    fn from(error: FlashError) -> Self {
        InstallError::Flash(error)
    }
}

/// What is known of a slot from its header.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// 0 or 1.
    pub number: usize,
    /// Counts what was installed.
    pub sequence: u32,
    length: usize,
}

/// The slots of a chip, a half each.
pub struct Slots<F> {
    chip: F,
}

impl<F: Flash> Slots<F> {
    /// The slots of this chip, as they are.
    pub fn new(chip: F) -> Self {
        Slots { chip }
    }

    /// The chip.
    pub fn chip(&mut self) -> &mut F {
        &mut self.chip
    }

    /// Bytes that an image can have.
    pub fn capacity(&self) -> usize {
        self.half() - HEADER
    }

    fn half(&self) -> usize {
        self.chip.size() / 2
    }

    /// The slot, if its header is valid.
    pub fn slot(&self, number: usize) -> Option<Slot> {
        let start = number * self.half();
        let word = |index: usize| self.chip.word(start + index * 4).ok();
        let (sequence, length) = (word(1)?, word(2)?);
        let valid = word(0)? == MAGIC && word(3)? == seal(sequence, length) && length as usize <= self.capacity();
        valid.then_some(Slot { number, sequence, length: length as usize })
    }

    /// The image in a slot. It stays there until something else is installed in that slot.
    ///
    /// # Safety
    /// Nothing is installed in the slot while the bytes are in use.
    pub unsafe fn image(&self, slot: Slot) -> &'static [u8] {
        // SAFETY: within the chip, which stays where it is, as the header says, whose length was compared.
        unsafe { self.bytes(slot.number, slot.length) }
    }

    /// # Safety
    /// As for [`Slots::image`]; and so many bytes are in a slot.
    unsafe fn bytes(&self, number: usize, length: usize) -> &'static [u8] {
        let start = self.chip.start().wrapping_add(number * self.half() + HEADER);
        // SAFETY: the caller's promise.
        unsafe { core::slice::from_raw_parts(start, length) }
    }

    /// Valid slots, the latest first.
    pub fn latest_first(&self) -> impl Iterator<Item = Slot> {
        let (first, second) = (self.slot(0), self.slot(1));
        let later = match (first, second) {
            (Some(first), Some(second)) => second.sequence.wrapping_sub(first.sequence).cast_signed() > 0,
            (first, _) => first.is_none(),
        };
        let both = if later { [second, first] } else { [first, second] };
        both.into_iter().flatten()
    }

    /// Puts an image into the slot that is not `in_use`, has it checked where it then lies, and makes it the latest.
    ///
    /// # Errors
    /// Nothing has changed for who looks for the latest.
    ///
    /// # Safety
    /// Nobody uses the image of the other slot.
    pub unsafe fn install<E>(
        &mut self,
        image: &[u8],
        in_use: Option<Slot>,
        check: impl FnOnce(&'static [u8]) -> Result<(), E>,
    ) -> Result<Slot, InstallError<E>> {
        if image.len() > self.capacity() {
            return Err(InstallError::TooLarge { image: image.len(), slot: self.capacity() });
        }
        let number = in_use.map_or(0, |slot| 1 - slot.number);
        let start = number * self.half();
        // From the header on: what is half erased has none.
        let end = start + HEADER + image.len();
        for sector in (start..end).step_by(self.chip.sector()) {
            self.chip.erase(sector)?;
        }
        for (index, bytes) in image.chunks(CHUNK).enumerate() {
            let mut words = [u32::MAX; CHUNK / 4];
            let mut count = 0;
            for (to, from) in words.iter_mut().zip(bytes.chunks(4)) {
                let mut word = [0xff; 4];
                word.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                *to = u32::from_ne_bytes(word);
                count += 1;
            }
            self.chip.program(start + HEADER + index * CHUNK, words.get(..count).unwrap_or_default())?;
        }
        // SAFETY: it was just programmed, and nobody else changes it.
        check(unsafe { self.bytes(number, image.len()) }).map_err(InstallError::Refused)?;

        let sequence = in_use.map_or(0, |slot| slot.sequence).wrapping_add(1);
        // No image is as long as 4 GiB.
        let length = u32::try_from(image.len()).unwrap_or(u32::MAX);
        for (index, word) in [sequence, length, seal(sequence, length), MAGIC].into_iter().enumerate() {
            self.chip.program(start + [4, 8, 12, 0][index], &[word])?;
        }
        Ok(Slot { number, sequence, length: image.len() })
    }
}

/// A word that fits the two others, and does not if bits of one are missing.
fn seal(sequence: u32, length: u32) -> u32 {
    let mixed = (sequence ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b) ^ length.rotate_left(16);
    mixed.wrapping_mul(0xc2b2_ae35) ^ mixed >> 15
}
