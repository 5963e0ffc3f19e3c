//! Memory that is tested: read and written byte by byte, in a way that the compiler leaves as it is.

use super::kit::{Outcome, Verdict};
use super::probe::Deed;
use super::traps::{WAY, available, provoke};
use crate::memory::{self, Protection};
use core::ptr::NonNull;

/// A mapping which ends with the clause that made it.
pub(super) struct Mapping {
    pub(super) start: NonNull<u8>,
    pub(super) size: usize,
}

impl Mapping {
    pub(super) fn new(size: usize, protection: Protection) -> Result<Self, Verdict> {
        Ok(Self { start: memory::map(size, protection)?, size })
    }

    /// The address of a byte. `offset` lies within the mapping.
    pub(super) fn at(&self, offset: usize) -> NonNull<u8> {
        NonNull::new(self.start.as_ptr().wrapping_add(offset)).unwrap_or(self.start)
    }

    /// Ends the mapping, and looks at how that went.
    pub(super) fn unmap(self) -> Outcome {
        let (start, size) = (self.start, self.size);
        core::mem::forget(self);
        // SAFETY: a whole mapping, which this value owned and nobody else uses.
        Ok(unsafe { memory::unmap(start, size) }?)
    }

    pub(super) fn protect(&self, offset: usize, size: usize, protection: Protection) -> Outcome {
        // SAFETY: the clause uses this mapping alone, and only as the new protection permits or to see a trap.
        Ok(unsafe { memory::protect(self.at(offset), size, protection) }?)
    }

    pub(super) fn remap(&self, offset: usize, size: usize, protection: Protection) -> Outcome {
        // SAFETY: the clause uses this mapping alone, and keeps no reference into it.
        Ok(unsafe { memory::remap(self.at(offset), size, protection) }?)
    }

    /// Looks whether each page of the range can be accessed, where a trap handler lets that be seen without a crash.
    fn usable(&self, offset: usize, size: usize, deed: Deed) -> Outcome {
        if available().is_err() {
            return Ok(());
        }
        let last = offset.saturating_add(size).saturating_sub(1);
        for index in (offset..last).step_by(memory::page_size()?).chain([last]) {
            if provoke(WAY, deed, self.at(index).as_ptr()).is_some() {
                return Err(Verdict::FailedAt("an access that the protection allows trapped", index));
            }
        }
        Ok(())
    }

    /// Writes a pattern which differs from byte to byte and from page to page.
    pub(super) fn fill(&self, offset: usize, size: usize, seed: u8) -> Outcome {
        self.usable(offset, size, Deed::Write)?;
        for index in offset..offset.saturating_add(size) {
            store(self.at(index), pattern(index, seed));
        }
        Ok(())
    }

    /// Looks for the pattern.
    pub(super) fn expect_pattern(&self, offset: usize, size: usize, seed: u8, otherwise: &'static str) -> Outcome {
        self.usable(offset, size, Deed::Read)?;
        for index in offset..offset.saturating_add(size) {
            if load(self.at(index)) != pattern(index, seed) {
                return Err(Verdict::FailedAt(otherwise, index));
            }
        }
        Ok(())
    }

    /// Looks for zeroes.
    pub(super) fn expect_zero(&self, offset: usize, size: usize, otherwise: &'static str) -> Outcome {
        self.usable(offset, size, Deed::Read)?;
        for index in offset..offset.saturating_add(size) {
            if load(self.at(index)) != 0 {
                return Err(Verdict::FailedAt(otherwise, index));
            }
        }
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // The clause has failed already, or ends with this; that unmapping works is a clause of its own.
        // SAFETY: a whole mapping, which this value owned and nobody else uses.
        let _ = unsafe { memory::unmap(self.start, self.size) };
    }
}

/// Never zero, so that it is never taken for a fresh page.
#[expect(clippy::cast_possible_truncation, reason = "only the low bits are wanted")]
fn pattern(index: usize, seed: u8) -> u8 {
    (index as u8 ^ (index >> 8) as u8 ^ (index >> 12) as u8 ^ seed) | 1
}

/// Reads a byte of a mapping of the kit.
pub(super) fn load(place: NonNull<u8>) -> u8 {
    // SAFETY: the callers pass addresses in readable mappings of theirs.
    unsafe { place.as_ptr().read_volatile() }
}

/// Writes a byte of a mapping of the kit.
pub(super) fn store(place: NonNull<u8>, byte: u8) {
    // SAFETY: the callers pass addresses in writable mappings of theirs.
    unsafe { place.as_ptr().write_volatile(byte) }
}

/// Writes bytes one after the other.
pub(super) fn store_all(start: NonNull<u8>, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate() {
        if let Some(place) = NonNull::new(start.as_ptr().wrapping_add(index)) {
            store(place, *byte);
        }
    }
}
