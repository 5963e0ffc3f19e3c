//! RAM that behaves as flash: programming only clears bits, and erasing sets a whole sector.

use super::{Flash, FlashError};

/// A part of the memory that stands for flash.
pub struct MemoryFlash {
    start: *mut u32,
    size: usize,
    sector: usize,
}

impl MemoryFlash {
    /// `size` bytes from an address on, in sectors.
    ///
    /// # Safety
    /// Nobody else uses them, but to read.
    pub unsafe fn new(address: usize, size: usize, sector: usize) -> MemoryFlash {
        MemoryFlash { start: core::ptr::with_exposed_provenance_mut(address), size, sector }
    }
}

impl Flash for MemoryFlash {
    fn sector(&self) -> usize {
        self.sector
    }

    fn size(&self) -> usize {
        self.size
    }

    fn start(&self) -> *const u8 {
        self.start.cast_const().cast()
    }

    fn erase(&mut self, offset: usize) -> Result<(), FlashError> {
        if !offset.is_multiple_of(self.sector) || offset >= self.size {
            return Err(FlashError::NoSuchPlace);
        }
        for place in (offset..offset + self.sector).step_by(4) {
            // SAFETY: a word of the chip, whose only user this is.
            unsafe { self.start.byte_add(place).write_volatile(u32::MAX) };
        }
        Ok(())
    }

    fn program(&mut self, offset: usize, words: &[u32]) -> Result<(), FlashError> {
        self.takes(offset, words)?;
        for (index, word) in words.iter().enumerate() {
            // SAFETY: a word of the chip, as `takes` has compared; this is its only user.
            unsafe { self.start.byte_add(offset + index * 4).write_volatile(*word) };
        }
        Ok(())
    }
}
