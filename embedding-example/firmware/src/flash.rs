//! Flash: erased by sectors, to ones; programmed by words, some at a time, to zeroes. The chips of both boards, and one whose power fails.

mod cut;
mod intel;
mod memory;

pub use cut::Cut;
pub use intel::IntelFlash;
pub use memory::MemoryFlash;

/// What a chip did not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashError {
    /// The offset is not of a sector, or of a word of the chip.
    NoSuchPlace,
    /// It reports an error, or reads otherwise than it was programmed: it was not erased, or is worn out.
    Failed,
    /// There is no power any more.
    PowerFailed,
}

/// Bytes that are programmed at a time.
pub const PAGE: usize = 256;

/// A chip, read as memory.
pub trait Flash {
    /// Bytes of a sector.
    fn sector(&self) -> usize;
    /// Bytes of all sectors.
    fn size(&self) -> usize;
    /// All bytes, which stay where they are for as long as the firmware runs. Nothing that was read in a sector is relied on once the
    /// sector is erased.
    fn start(&self) -> *const u8;
    /// Erases the sector that begins there.
    fn erase(&mut self, offset: usize) -> Result<(), FlashError>;
    /// Programs words from an offset on, at most [`PAGE`] bytes that do not cross a multiple of [`PAGE`].
    fn program(&mut self, offset: usize, words: &[u32]) -> Result<(), FlashError>;

    /// Reads a word.
    fn word(&self, offset: usize) -> Result<u32, FlashError> {
        if offset % 4 != 0 || offset >= self.size() {
            return Err(FlashError::NoSuchPlace);
        }
        // SAFETY: a word of the chip, as compared; chips are as large as they say.
        Ok(unsafe { self.start().add(offset).cast::<u32>().read_volatile() })
    }

    /// Whether words from an offset on have no zero where one of these has a one.
    fn takes(&self, offset: usize, words: &[u32]) -> Result<(), FlashError> {
        if words.is_empty() || offset % PAGE + words.len() * 4 > PAGE {
            return Err(FlashError::NoSuchPlace);
        }
        for (index, word) in words.iter().enumerate() {
            if self.word(offset + index * 4)? & word != *word {
                return Err(FlashError::Failed);
            }
        }
        Ok(())
    }

    /// Whether these words are there, from an offset on.
    fn holds(&self, offset: usize, words: &[u32]) -> Result<(), FlashError> {
        for (index, word) in words.iter().enumerate() {
            if self.word(offset + index * 4)? != *word {
                return Err(FlashError::Failed);
            }
        }
        Ok(())
    }
}
