//! Where a movable memory goes that grows by much at once, if the platform has virtual memory: a mapping with room to grow in. Its
//! bytes cost nothing until they are used, and it moves no more. `memory.rs` calls this where storage of the heap would be made
//! longer, which writes every byte of it. `paged_disabled.rs` is the twin without the feature.

use core::ptr::NonNull;

use stilt_platform_abi::memory::{self, Protection};

use super::PADDING;

/// Bytes that a memory is to grow by in one step: below, zeroes are written sooner than a mapping is made.
const STEP: usize = 1 << 20;

/// A mapping without guards, open from its start as far as the memory and what lies behind it reach (INV-MEMORY).
pub(super) struct Paged {
    start: NonNull<u8>,
    size: usize,
    open: usize,
}

impl Drop for Paged {
    fn drop(&mut self) {
        // SAFETY: a whole mapping of ours, which nobody uses any more: its memory has moved, or goes. What a platform that fails
        // does not take back is leaked, as its contract says.
        let _ = unsafe { memory::unmap(self.start, self.size) };
    }
}

impl Paged {
    /// The mapping that a memory of `old` bytes goes to when it grows to `len`, if it should: `most` is what it may ever have.
    pub(super) fn instead_of(old: &[u8], len: usize, most: usize) -> Option<Paged> {
        if len.checked_sub(old.len())? < STEP { None } else { Paged::with(old, len, most) }
    }

    /// A mapping of `len` bytes that begin with `old`, and room for as many as possible of `most`.
    pub(super) fn with(old: &[u8], len: usize, most: usize) -> Option<Paged> {
        let room = [Some(most), len.checked_mul(2), Some(len)].into_iter().flatten().filter(|room| *room >= len);
        let (start, size) = room.filter_map(whole_pages).find_map(|size| {
            let start = memory::map(size, Protection::None).ok()?;
            Some((start, size))
        })?;
        let mut paged = Paged { start, size, open: 0 };
        if !paged.open(len) {
            return None;
        }
        let page = memory::page_size().ok()?;
        // SAFETY: the first `open` bytes of the mapping are accessible, zero, and nobody else's.
        let new = unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), paged.open) };
        // Pages that were never used stay so.
        let used = |old: &[u8]| old.iter().fold(0, |all, byte| all | byte) != 0;
        for (new, old) in new.chunks_mut(page).zip(old.chunks(page)) {
            if let Some(new) = new.get_mut(..old.len()).filter(|_| used(old)) {
                new.copy_from_slice(old);
            }
        }
        Some(paged)
    }

    /// Makes `len` bytes accessible, and what lies behind them; whether that can be done in place.
    pub(super) fn open(&mut self, len: usize) -> bool {
        let Some(wanted) = whole_pages(len).filter(|wanted| *wanted <= self.size) else { return false };
        let Some(added) = wanted.checked_sub(self.open).filter(|added| *added != 0) else { return true };
        // SAFETY: what is open lies within the mapping.
        let start = unsafe { self.start.add(self.open) };
        // SAFETY: the range lies within the mapping. It was never accessible, so nobody uses it and it is zero.
        if unsafe { memory::protect(start, added, Protection::ReadWrite) }.is_err() {
            return false;
        }
        self.open = wanted;
        true
    }

    /// All that is accessible.
    pub(super) fn bytes(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes of the mapping are accessible, and its owner's alone (INV-MEMORY).
        unsafe { core::slice::from_raw_parts_mut(self.start.as_ptr(), self.open) }
    }
}

/// Whole pages for so many bytes and those behind them.
fn whole_pages(len: usize) -> Option<usize> {
    len.checked_add(PADDING)?.checked_next_multiple_of(memory::page_size().ok()?)
}
