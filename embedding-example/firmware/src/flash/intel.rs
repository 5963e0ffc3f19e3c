//! Two 16-bit chips with Intel's commands (CFI command set 1), side by side, as QEMU's `virt` has them.

use super::{Flash, FlashError};

/// A part of such a pair.
pub struct IntelFlash {
    start: *mut u32,
    size: usize,
    sector: usize,
}

/// Each command goes to both chips.
const fn both(command: u32) -> u32 {
    command | command << 16
}

const READ: u32 = both(0xff);
const CLEAR_STATUS: u32 = both(0x50);
const PROGRAM: u32 = both(0xe8);
const ERASE: u32 = both(0x20);
const CONFIRM: u32 = both(0xd0);
const READY: u32 = 0x80;
/// Bits of the status that say that something went wrong.
const ERRORS: u32 = 0x3a;

impl IntelFlash {
    /// `size` bytes from an address on, in sectors.
    ///
    /// # Safety
    /// Such chips are there, and nobody else uses these sectors, but to read; and no code runs from these chips.
    pub unsafe fn new(address: usize, size: usize, sector: usize) -> IntelFlash {
        IntelFlash { start: core::ptr::with_exposed_provenance_mut(address), size, sector }
    }

    /// Writes to the chips at an offset.
    fn write(&mut self, offset: usize, value: u32) {
        // SAFETY: a word of the chips, as all callers have seen to; this is their only user. Writes are commands.
        unsafe { self.start.wrapping_byte_add(offset).write_volatile(value) };
    }

    /// Waits until both chips are ready, and goes back to reading.
    fn finish(&mut self, offset: usize) -> Result<(), FlashError> {
        let status = loop {
            // SAFETY: as for writing; what is read is the status.
            let status = unsafe { self.start.wrapping_byte_add(offset).read_volatile() };
            if status & READY != 0 {
                break status;
            }
        };
        self.write(offset, READ);
        if status & ERRORS == 0 { Ok(()) } else { Err(FlashError::Failed) }
    }
}

impl Flash for IntelFlash {
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
        for command in [CLEAR_STATUS, ERASE, CONFIRM] {
            self.write(offset, command);
        }
        self.finish(offset)
    }

    fn program(&mut self, offset: usize, words: &[u32]) -> Result<(), FlashError> {
        self.takes(offset, words)?;
        // Into the chips' buffers: the number of words less one, the words, and then at once into the cells.
        let count = u32::try_from(words.len() - 1).map_err(|_| FlashError::NoSuchPlace)?;
        for command in [CLEAR_STATUS, PROGRAM, both(count)] {
            self.write(offset, command);
        }
        for (index, word) in words.iter().enumerate() {
            self.write(offset + index * 4, *word);
        }
        self.write(offset, CONFIRM);
        self.finish(offset)?;
        self.holds(offset, words)
    }
}
