//! A chip whose power fails after so many operations, in the middle of one: what updates are tried with.

use super::{Flash, FlashError};

/// Passes on what it is asked for, until the power fails.
pub struct Cut<'a, F> {
    chip: &'a mut F,
    left: usize,
}

impl<'a, F: Flash> Cut<'a, F> {
    /// The power lasts for so many operations.
    pub fn after(chip: &'a mut F, operations: usize) -> Self {
        Cut { chip, left: operations }
    }

    fn spend(&mut self) -> bool {
        let powered = self.left > 0;
        if powered {
            self.left -= 1;
        }
        powered
    }
}

impl<F: Flash> Flash for Cut<'_, F> {
    fn sector(&self) -> usize {
        self.chip.sector()
    }

    fn size(&self) -> usize {
        self.chip.size()
    }

    fn start(&self) -> *const u8 {
        self.chip.start()
    }

    fn erase(&mut self, offset: usize) -> Result<(), FlashError> {
        if self.spend() {
            return self.chip.erase(offset);
        }
        // Some bits have changed, others not yet.
        let word = self.chip.word(offset)?;
        let _ = self.chip.program(offset, &[word & 0xf0f0_f0f0]);
        Err(FlashError::PowerFailed)
    }

    fn program(&mut self, offset: usize, words: &[u32]) -> Result<(), FlashError> {
        if self.spend() {
            return self.chip.program(offset, words);
        }
        // Half of the words are there, and half of the bits of the next one.
        if let Some((next, whole)) = words.get(..words.len() / 2 + 1).and_then(<[u32]>::split_last) {
            let _ = self.chip.program(offset, whole);
            let _ = self.chip.program(offset + whole.len() * 4, &[next | 0xffff_0000]);
        }
        Err(FlashError::PowerFailed)
    }
}
