//! Page tables: trees of frames with 512 entries each, the same on all three machines but for the bits of an entry.
//!
//! An entry whose lowest bit is 0 means nothing to the processor, so the kernel keeps there what it knows of a page: its rights, and the
//! frame that it has although nobody may touch it.

use crate::arch;
use crate::frames::{Frames, NoMemory, PAGE};
use core::ops::Range;

/// What may be done with a page; bits of the header's `WASMTIME_PROT_...`.
pub(crate) const READ: u8 = 1;
pub(crate) const WRITE: u8 = 2;
pub(crate) const EXECUTE: u8 = 4;

const ENTRIES: usize = 512;
/// The processor reads the entry.
const VALID: u64 = 1;
/// In an entry that it does not read: the rights, whether there is a frame, whether others have it too.
const RIGHTS_SHIFT: u32 = 1;
const HAS_FRAME: u64 = 1 << 4;
const SHARED: u64 = 1 << 5;

/// What an entry of the last level says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) frame: Option<usize>,
    pub(crate) rights: u8,
    /// Copied before it is written to, unless it has one user only by then.
    pub(crate) shared: bool,
}

impl Page {
    pub(crate) const NOTHING: Page = Page { frame: None, rights: 0, shared: false };

    pub(crate) fn of(entry: u64) -> Page {
        if entry & VALID != 0 {
            let write = if entry & arch::WRITABLE != 0 { WRITE } else { 0 };
            let execute = if arch::executes(entry) { EXECUTE } else { 0 };
            let frame = Some(arch::address(entry));
            return Page { frame, rights: READ | write | execute, shared: entry & arch::SHARED != 0 };
        }
        let frame = (entry & HAS_FRAME != 0).then_some(address(entry));
        let [rights, ..] = (entry >> RIGHTS_SHIFT & 7).to_le_bytes();
        Page { frame, rights, shared: entry & SHARED != 0 }
    }

    pub(crate) fn entry(self) -> u64 {
        let shared = |bit| if self.shared { bit } else { 0 };
        match self.frame {
            Some(frame) if self.rights != 0 => {
                let write = self.rights & WRITE != 0;
                let soft = shared(arch::SHARED) | if write { arch::WRITABLE } else { 0 };
                arch::leaf(frame, write && !self.shared, self.rights & EXECUTE != 0, false) | soft
            }
            Some(frame) => frame as u64 | HAS_FRAME | shared(SHARED),
            None => u64::from(self.rights) << RIGHTS_SHIFT,
        }
    }

    /// Whether touching it may take a frame.
    pub(crate) fn needs_a_frame(self) -> bool {
        if self.frame.is_some() { self.shared && self.rights & WRITE != 0 } else { self.rights != 0 }
    }
}

/// Bits 12 to 47 of an entry that the processor does not read.
fn address(entry: u64) -> usize {
    usize::try_from(entry & 0x0000_ffff_ffff_f000).unwrap_or(0)
}

/// A tree of tables.
#[derive(Clone, Copy)]
pub(crate) struct Tree {
    root: usize,
}

/// What is done with an entry of the last level, given the address that it is for.
type Change<'a> = dyn FnMut(usize, &mut u64, &mut Frames) -> Result<(), NoMemory> + 'a;

impl Tree {
    pub(crate) fn new(frames: &mut Frames) -> Result<Tree, NoMemory> {
        Ok(Tree { root: frames.take()? })
    }

    /// The tree whose first table lies at this address.
    pub(crate) const fn at(root: usize) -> Tree {
        Tree { root }
    }

    pub(crate) const fn root(self) -> usize {
        self.root
    }

    /// Changes the entry of each page of a range, in order. `make` says whether missing tables are made; if not, their pages are
    /// left out, and tables that have become empty are released.
    pub(crate) fn visit(
        self,
        range: Range<usize>,
        frames: &mut Frames,
        make: bool,
        change: &mut Change<'_>,
    ) -> Result<(), NoMemory> {
        visit(self.root, arch::LEVELS - 1, range, frames, make, change).map(|_| ())
    }

    /// Enters a page of the kernel's own, which stays as it is.
    pub(crate) fn enter(self, page: usize, entry: u64, frames: &mut Frames) -> Result<(), NoMemory> {
        self.visit(page..page + PAGE, frames, true, &mut |_, place, _| {
            *place = entry;
            Ok(())
        })
    }
}

/// Visits the part of a range that a table of this level (0 is the last) covers. Answers whether the table is empty afterwards, if
/// it was looked at.
fn visit(
    table: usize,
    level: usize,
    range: Range<usize>,
    frames: &mut Frames,
    make: bool,
    change: &mut Change<'_>,
) -> Result<bool, NoMemory> {
    let size = PAGE << (9 * level);
    let mut at = range.start;
    while at < range.end {
        let index = at / size % ENTRIES;
        let next = (at / size + 1) * size;
        let place = core::ptr::with_exposed_provenance_mut::<u64>(table).wrapping_add(index);
        // SAFETY: an entry of a table of this tree, which the caller has to himself; the processor only reads it, as a whole.
        let mut entry = unsafe { place.read_volatile() };
        let before = entry;
        if level == 0 {
            change(at, &mut entry, frames)?;
        } else if entry != 0 || make {
            if entry == 0 {
                entry = arch::table(frames.take()?);
                // SAFETY: as above.
                unsafe { place.write_volatile(entry) };
            }
            let below = arch::address(entry);
            if visit(below, level - 1, at..range.end.min(next), frames, make, change)? {
                frames.release(below);
                entry = 0;
            }
        }
        if entry != before {
            // SAFETY: as above.
            unsafe { place.write_volatile(entry) };
        }
        at = next;
    }
    Ok(!make && is_empty(table))
}

fn is_empty(table: usize) -> bool {
    let first = core::ptr::with_exposed_provenance::<u64>(table);
    // SAFETY: the entries of a table, as above.
    (0..ENTRIES).all(|index| unsafe { first.wrapping_add(index).read_volatile() } == 0)
}
