//! The window: the range of addresses in which the platform makes mappings. Pages get frames when they are touched, and lose them
//! when they are remapped or unmapped; images are trees of frames that mappings share until they write.

use crate::arch;
use crate::frames::{Frames, NoMemory, PAGE};
use crate::lock::Lock;
use crate::paging::{EXECUTE, Page, READ, Tree, WRITE};
use core::ops::Range;

/// Where mappings are made: above all memory and devices, below what three levels of tables reach.
const WINDOW: Range<usize> = 0x10_0000_0000..0x40_0000_0000;
/// The most mappings at a time.
const MOST: usize = 256;
/// All that a tree reaches.
const WHOLE_IMAGE: Range<usize> = 0..WINDOW.end - WINDOW.start;

/// Why the platform says no; the numbers are those of POSIX, for who reads them in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(crate) enum Refusal {
    /// No frames, no addresses, or too many mappings.
    NoMemory = 12,
    /// A range that is not within one mapping, or not whole pages.
    Invalid = 22,
}

impl From<NoMemory> for Refusal {
    fn from(NoMemory: NoMemory) -> Self {
        Refusal::NoMemory
    }
}

/// How memory was touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It was read.
    Read,
    /// It was written to.
    Write,
    /// An instruction was fetched.
    Execute,
}

pub(crate) struct Space {
    tree: Option<Tree>,
    frames: Frames,
    /// In order of addresses.
    mappings: [(usize, usize); MOST],
    count: usize,
}

pub(crate) static SPACE: Lock<Space> =
    Lock::new(Space { tree: None, frames: Frames::new(), mappings: [(0, 0); MOST], count: 0 });

impl Space {
    /// Makes the kernel's tables: each range of its memory at its own address, with these rights, and the machine's devices. The
    /// memory `free` is for frames. Answers the first table.
    pub(crate) fn prepare(&mut self, free: Range<usize>, memory: &[(Range<usize>, u8)]) -> Result<usize, NoMemory> {
        self.frames.add(free.start, free.end);
        let tree = Tree::new(&mut self.frames)?;
        for (range, rights) in memory {
            for page in range.clone().step_by(PAGE) {
                let entry = arch::leaf(page, rights & WRITE != 0, rights & EXECUTE != 0, false);
                tree.enter(page, entry, &mut self.frames)?;
            }
        }
        for range in arch::DEVICES {
            for page in range.clone().step_by(PAGE) {
                tree.enter(page, arch::leaf(page, true, false, true), &mut self.frames)?;
            }
        }
        self.tree = Some(tree);
        Ok(tree.root())
    }

    /// Makes a mapping at the first place that is free.
    pub(crate) fn map(&mut self, size: usize, rights: u8) -> Result<usize, Refusal> {
        if size == 0 || !size.is_multiple_of(PAGE) {
            return Err(Refusal::Invalid);
        }
        if self.count == MOST {
            return Err(Refusal::NoMemory);
        }
        let (mut place, mut start) = (0, WINDOW.start);
        while place < self.count && self.mappings[place].0 - start < size {
            let (begin, len) = self.mappings[place];
            start = begin + len;
            place += 1;
        }
        if WINDOW.end - start < size {
            return Err(Refusal::NoMemory);
        }
        self.mappings.copy_within(place..self.count, place + 1);
        self.mappings[place] = (start, size);
        self.count += 1;
        if rights != 0
            && let Err(refusal) = self.set_rights(start..start + size, rights)
        {
            self.unmap(start, size)?;
            return Err(refusal);
        }
        Ok(start)
    }

    /// Ends a mapping.
    pub(crate) fn unmap(&mut self, start: usize, size: usize) -> Result<(), Refusal> {
        let mappings = &self.mappings[..self.count];
        let place = mappings.iter().position(|mapping| *mapping == (start, size)).ok_or(Refusal::Invalid)?;
        self.clear(start..start + size)?;
        self.mappings.copy_within(place + 1..self.count, place);
        self.count -= 1;
        Ok(())
    }

    /// Replaces pages by fresh ones.
    pub(crate) fn remap(&mut self, start: usize, size: usize, rights: u8) -> Result<(), Refusal> {
        let range = self.within(start, size)?;
        self.clear(range.clone())?;
        if rights == 0 { Ok(()) } else { self.set_rights(range, rights) }
    }

    /// Changes what may be done with pages, which keep their contents.
    pub(crate) fn protect(&mut self, start: usize, size: usize, rights: u8) -> Result<(), Refusal> {
        let range = self.within(start, size)?;
        self.set_rights(range, rights)
    }

    /// The frames of an image with these bytes, which the caller vouches for: the address of its first table.
    pub(crate) fn new_image(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let tree = Tree::new(&mut self.frames)?;
        let made = tree.visit(0..bytes.len(), &mut self.frames, true, &mut |at, entry, frames| {
            let frame = frames.take()?;
            let page = &bytes[at..bytes.len().min(at + PAGE)];
            // SAFETY: a new frame, of a page, at its own address.
            unsafe { core::ptr::with_exposed_provenance_mut::<u8>(frame).copy_from(page.as_ptr(), page.len()) };
            *entry = Page { frame: Some(frame), rights: 0, shared: true }.entry();
            Ok(())
        });
        if made.is_err() {
            self.free_image(tree.root());
        }
        Ok(made.map(|()| tree.root())?)
    }

    /// Places the first pages of an image in a mapping.
    pub(crate) fn map_image(&mut self, image: usize, start: usize, size: usize) -> Result<(), Refusal> {
        let range = self.within(start, size)?;
        self.clear(range)?;
        let tree = self.tree.ok_or(Refusal::Invalid)?;
        // The image's entries, one by one: the tables of both trees are walked with the same frames at hand.
        Tree::at(image).visit(0..size, &mut self.frames, false, &mut |at, entry, frames| {
            let Some(frame) = Page::of(*entry).frame else { return Ok(()) };
            let page = Page { frame: Some(frame), rights: READ | WRITE, shared: true };
            tree.visit(start + at..start + at + PAGE, frames, true, &mut |_, place, frames| {
                frames.promise()?;
                frames.share(frame).inspect_err(|_| frames.take_promise_back())?;
                *place = page.entry();
                Ok(())
            })
        })?;
        arch::flush(start, size);
        Ok(())
    }

    /// Ends an image; mappings keep the frames that they use.
    pub(crate) fn free_image(&mut self, image: usize) {
        // Nothing can fail: nothing is made.
        let _ = Tree::at(image).visit(WHOLE_IMAGE, &mut self.frames, false, &mut |_, entry, frames| {
            if let Some(frame) = Page::of(*entry).frame {
                frames.release(frame);
            }
            *entry = 0;
            Ok(())
        });
        self.frames.release(image);
        // No processor has walked an image's tables; its frames may still be in use, which their counts say.
        self.frames.settle();
    }

    /// Two addresses for the same memory: to write, and to execute.
    pub(crate) fn alias(&mut self, size: usize) -> Result<(usize, usize), Refusal> {
        let tree = self.tree.ok_or(Refusal::Invalid)?;
        let (write, execute) = (self.map(size, 0)?, self.map(size, 0));
        let execute = match execute {
            Ok(execute) => execute,
            Err(refusal) => {
                self.unmap(write, size)?;
                return Err(refusal);
            }
        };
        for offset in (0..size).step_by(PAGE) {
            let made = self.frames.take().and_then(|frame| {
                let enter = |at: usize, rights, frames: &mut Frames| {
                    tree.enter(at + offset, Page { frame: Some(frame), rights, shared: false }.entry(), frames)
                };
                enter(write, READ | WRITE, &mut self.frames)?;
                self.frames.share(frame)?;
                enter(execute, READ | EXECUTE, &mut self.frames).inspect_err(|_| self.frames.release(frame))
            });
            if made.is_err() {
                self.unmap(write, size)?;
                self.unmap(execute, size)?;
                return Err(Refusal::NoMemory);
            }
        }
        arch::flush(write, size);
        arch::flush(execute, size);
        Ok((write, execute))
    }

    /// A page of the window was touched and the processor said no: whether it may go on now.
    pub(crate) fn fault(&mut self, address: usize, access: Access) -> bool {
        let Some(tree) = self.tree.filter(|_| WINDOW.contains(&address)) else { return false };
        let right = match access {
            Access::Read => READ,
            Access::Write => WRITE,
            Access::Execute => EXECUTE,
        };
        let start = address & !(PAGE - 1);
        let mut goes_on = false;
        let visited = tree.visit(start..start + PAGE, &mut self.frames, false, &mut |_, entry, frames| {
            let mut page = Page::of(*entry);
            if page.rights & right == 0 {
                return Ok(());
            }
            match page.frame {
                None => page.frame = Some(frames.take_promised()?),
                Some(old) if page.shared && access == Access::Write => {
                    if frames.has_one_user(old) {
                        frames.take_promise_back();
                    } else {
                        let new = frames.take_promised()?;
                        copy_frame(old, new);
                        frames.release(old);
                        page.frame = Some(new);
                    }
                    page.shared = false;
                }
                // Another core was faster, or this one had kept the old entry in mind.
                Some(_) => {}
            }
            *entry = page.entry();
            goes_on = true;
            Ok(())
        });
        arch::flush(start, PAGE);
        self.frames.settle();
        visited.is_ok() && goes_on
    }

    /// Frames that are left, and all that there are.
    pub(crate) const fn left(&self) -> (usize, usize) {
        self.frames.left()
    }

    /// The range, if it is whole pages of one mapping.
    fn within(&self, start: usize, size: usize) -> Result<Range<usize>, Refusal> {
        let end = start.checked_add(size).ok_or(Refusal::Invalid)?;
        let whole = size != 0 && start.is_multiple_of(PAGE) && size.is_multiple_of(PAGE);
        let mut mappings = self.mappings[..self.count].iter();
        let inside = mappings.any(|(begin, len)| *begin <= start && end <= begin + len);
        if whole && inside { Ok(start..end) } else { Err(Refusal::Invalid) }
    }

    /// Takes frames and rights away.
    fn clear(&mut self, range: Range<usize>) -> Result<(), Refusal> {
        let tree = self.tree.ok_or(Refusal::Invalid)?;
        tree.visit(range.clone(), &mut self.frames, false, &mut |_, entry, frames| {
            let page = Page::of(*entry);
            if page.needs_a_frame() {
                frames.take_promise_back();
            }
            if let Some(frame) = page.frame {
                frames.release(frame);
            }
            *entry = Page::NOTHING.entry();
            Ok(())
        })?;
        arch::flush(range.start, range.len());
        self.frames.settle();
        Ok(())
    }

    fn set_rights(&mut self, range: Range<usize>, rights: u8) -> Result<(), Refusal> {
        let tree = self.tree.ok_or(Refusal::Invalid)?;
        // Pages without rights need no tables.
        let visited = tree.visit(range.clone(), &mut self.frames, rights != 0, &mut |_, entry, frames| {
            let old = Page::of(*entry);
            let new = Page { rights, ..old };
            match (old.needs_a_frame(), new.needs_a_frame()) {
                (false, true) => frames.promise()?,
                (true, false) => frames.take_promise_back(),
                _ => {}
            }
            *entry = new.entry();
            Ok(())
        });
        arch::flush(range.start, range.len());
        self.frames.settle();
        Ok(visited?)
    }
}

fn copy_frame(from: usize, to: usize) {
    let from = core::ptr::with_exposed_provenance::<u8>(from);
    // SAFETY: two frames, of a page each, at their own addresses; the second is new.
    unsafe { core::ptr::with_exposed_provenance_mut::<u8>(to).copy_from_nonoverlapping(from, PAGE) };
}
