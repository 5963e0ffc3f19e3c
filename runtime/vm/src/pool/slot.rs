//! A slot that has been taken: what its memory does with it, and how it is made clean for the next one (INV-SLOT in `pool`).

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use stilt_collections::TryArc;
use stilt_platform_abi::PlatformError;
use stilt_platform_abi::image::MemoryImage;
use stilt_platform_abi::memory::{self, Protection};

use super::{Ground, ImageKey, Placed, Pool, SlotState, Tenant};
use crate::error::VmError;
use crate::memory::PADDING;

/// A slot that a memory has. Dropping it cleans it and gives it back.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) pool: TryArc<Pool>,
    /// One of the pool's, which lies still.
    pub(super) state: NonNull<SlotState>,
    pub(super) number: u32,
}

impl Slot {
    /// Its first byte.
    pub(crate) fn base(&self) -> NonNull<u8> {
        self.pool.base(self.number)
    }

    /// Most bytes of the memory.
    pub(crate) fn capacity(&self) -> usize {
        self.pool.shape.room
    }

    /// Notes that the memory may be written to from now on.
    pub(crate) fn touch(&self) {
        self.update(|tenant| tenant.touched = true);
    }

    /// Whether an address can only fault because of this memory: its reservation and guards.
    pub(crate) fn owns(&self, address: usize) -> bool {
        match self.pool.ground {
            Ground::Reserved { guard, .. } => {
                let start = self.base().as_ptr().addr().wrapping_sub(guard);
                address.wrapping_sub(start) < self.pool.stride.wrapping_add(guard)
            }
            Ground::Given => false,
        }
    }

    /// Makes more bytes of the memory accessible, so that there are `len`; whether that could be done. They are zero.
    pub(crate) fn grow(&self, len: usize) -> bool {
        len <= self.capacity() && self.open(len).is_ok()
    }

    fn state(&self) -> &SlotState {
        // SAFETY: the pool, which this keeps, never changes its list of slots.
        unsafe { self.state.as_ref() }
    }

    fn tenant(&self) -> Tenant {
        self.state().tenant.get()
    }

    fn update(&self, change: impl FnOnce(&mut Tenant)) {
        let mut tenant = self.tenant();
        change(&mut tenant);
        self.state().tenant.set(tenant);
    }

    fn set_image(&self, image: Option<Placed>) {
        self.state().image.set(image);
        self.state().hint.store(image.map_or(0, |image| image.key.images.get()), Ordering::Relaxed);
    }

    /// Bytes that must be accessible for a memory of `len`.
    fn needed(&self, len: usize) -> usize {
        match self.pool.ground {
            Ground::Reserved { page, .. } if self.tenant().plain => {
                len.saturating_add(PADDING).checked_next_multiple_of(page).unwrap_or(len)
            }
            Ground::Reserved { .. } => len,
            Ground::Given => len.saturating_add(PADDING),
        }
    }

    /// Makes `len` bytes accessible, and no more where there are pages.
    pub(super) fn prepare(&self, len: usize, wants: Option<ImageKey>) -> Result<(), VmError> {
        if let Some(other) = self.state().image.get().filter(|image| Some(image.key) != wants) {
            self.remap(other.start, other.end(), Protection::ReadWrite)?;
            self.set_image(None);
        }
        let (ready, needed) = (self.state().ready.get(), self.needed(len));
        if matches!(self.pool.ground, Ground::Reserved { .. }) && ready > needed {
            self.protect(needed, ready, Protection::None)?;
            self.state().ready.set(needed);
        }
        self.open(len)
    }

    /// Makes what a memory of `len` bytes needs accessible, if it is not yet.
    fn open(&self, len: usize) -> Result<(), VmError> {
        let (ready, needed) = (self.state().ready.get(), self.needed(len));
        if needed > ready {
            match self.pool.ground {
                Ground::Reserved { .. } => {
                    if let Err(error) = self.protect(ready, needed, Protection::ReadWrite) {
                        // Some of it may be open now. A platform that cannot close it again leaves the guest zeroes of its own.
                        let _ = self.protect(ready, needed, Protection::None);
                        return Err(error);
                    }
                }
                Ground::Given => self.zero(ready, needed),
            }
            self.state().ready.set(needed);
        }
        self.update(|tenant| tenant.most_len = tenant.most_len.max(len));
        Ok(())
    }

    /// Places an image, unless it is there; whether that can be done here.
    ///
    /// # Safety
    /// `start` and the length of the image lie within the memory, in whole pages, and nothing refers to its bytes. Image and
    /// bytes live longer than the slot's memory, and are the same.
    pub(crate) unsafe fn place(
        &self,
        start: usize,
        image: &MemoryImage,
        key: ImageKey,
        bytes: &[u8],
    ) -> Result<bool, VmError> {
        let placed = match self.state().image.get() {
            Some(placed) if placed.key == key => placed,
            Some(_) => return Ok(false),
            None if matches!(self.pool.ground, Ground::Given) => return Ok(false),
            None => {
                let placed = Placed { key, start, len: image.size() };
                // SAFETY: the range lies within the slot.
                let place = unsafe { self.base().add(start) };
                // SAFETY: the range lies within the accessible bytes of the mapping, to which nothing refers.
                if let Err(error) = unsafe { image.map_at(place, placed.len) } {
                    self.update(|tenant| tenant.broken = true);
                    // What lies there now, if anything, is not known, and compiled code counts on the bytes that a memory
                    // starts with: it gets zeroes.
                    let _ = self.remap(start, placed.end(), Protection::ReadWrite);
                    return Err(error.into());
                }
                placed
            }
        };
        self.update(|tenant| tenant.source = Some((NonNull::from(image), NonNull::from(bytes))));
        self.set_image(Some(placed));
        Ok(true)
    }

    /// Takes away an image that lay there and was not placed for this memory: its instance could not be initialised so far.
    pub(crate) fn forget_image(&self) {
        if let Some(image) = self.state().image.get().filter(|_| self.tenant().source.is_none()) {
            // A failure closes the slot when it comes back.
            let _ = self.remap(image.start, image.end(), Protection::ReadWrite);
            self.set_image(None);
        }
    }

    /// Makes the slot as it was when its memory was made.
    fn clean(&self) -> Result<(), VmError> {
        let tenant = self.tenant();
        let Ground::Reserved { page, .. } = self.pool.ground else {
            // All that was ever accessible stays so, and is zero.
            if tenant.touched {
                self.zero(0, tenant.most_len);
            }
            return Ok(());
        };
        let (first, ready) = (self.needed(tenant.first_len), self.state().ready.get());
        if ready > first {
            self.remap(first, ready, Protection::None)?;
            self.state().ready.set(first);
        }
        if !tenant.touched {
            return Ok(());
        }
        let len = tenant.most_len.checked_next_multiple_of(page).unwrap_or(first).min(first);
        let Some(image) = self.state().image.get() else { return self.clear(0, len) };
        self.clear(0, image.start)?;
        // SAFETY: the image's range lies within the slot.
        let place = unsafe { self.base().add(image.start) };
        match tenant.source {
            Some((_, bytes)) if image.end() <= self.pool.shape.keep && bytes.len() == image.len => {
                // SAFETY: the range is accessible and this memory's alone (INV-SLOT); the module's bytes live and are elsewhere.
                unsafe { place.copy_from_nonoverlapping(bytes.cast(), image.len) };
            }
            Some((source, _)) => {
                // SAFETY: the module lives longer than the memories of its instance.
                let source = unsafe { source.as_ref() };
                // SAFETY: the range is of this memory alone (INV-SLOT), which goes.
                unsafe { source.map_at(place, image.len) }?;
            }
            None => {
                self.remap(image.start, image.end(), Protection::ReadWrite)?;
                self.set_image(None);
            }
        }
        self.clear(image.end(), len)
    }

    /// Makes accessible bytes zero: the first ones of the slot by writing, those behind by giving them back to the system.
    fn clear(&self, from: usize, to: usize) -> Result<(), VmError> {
        let middle = self.pool.shape.keep.min(to).max(from);
        self.zero(from, middle);
        self.remap(middle, to, Protection::ReadWrite)
    }

    /// Whether all of the slot is closed and empty now.
    fn close(&self) -> bool {
        let Ground::Reserved { reservation, .. } = self.pool.ground else { return false };
        let closed = self.remap(0, reservation, Protection::None).is_ok();
        if closed {
            self.state().ready.set(0);
            self.set_image(None);
        }
        closed
    }

    /// Writes zeroes to accessible bytes.
    fn zero(&self, from: usize, to: usize) {
        let Some(len) = to.checked_sub(from) else { return };
        // SAFETY: within the slot.
        let place = unsafe { self.base().add(from) };
        // SAFETY: the bytes are accessible, and this slot's alone (INV-SLOT).
        unsafe { place.write_bytes(0, len) };
    }

    /// Makes whole pages of the slot fresh.
    fn remap(&self, from: usize, to: usize, protection: Protection) -> Result<(), VmError> {
        let len = to.saturating_sub(from);
        if len == 0 {
            return Ok(());
        }
        // SAFETY: within the slot.
        let place = unsafe { self.base().add(from) };
        // SAFETY: whole pages of the pool's mapping, this slot's alone (INV-SLOT), whose content nobody expects any more.
        let done = unsafe { memory::remap(place, len, protection) };
        self.note(done)
    }

    /// Opens or closes whole pages of the slot.
    fn protect(&self, from: usize, to: usize, protection: Protection) -> Result<(), VmError> {
        // SAFETY: within the slot.
        let place = unsafe { self.base().add(from) };
        // SAFETY: whole pages of the pool's mapping, this slot's alone (INV-SLOT), which no memory needs open if they are closed.
        let done = unsafe { memory::protect(place, to.saturating_sub(from), protection) };
        self.note(done)
    }

    fn note(&self, done: Result<(), PlatformError>) -> Result<(), VmError> {
        if done.is_err() {
            self.update(|tenant| tenant.broken = true);
        }
        Ok(done?)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let whole = !self.tenant().broken && self.clean().is_ok();
        let free = whole || self.close();
        // What it points to goes.
        self.state().tenant.set(Tenant::default());
        if free {
            self.pool.free.give(self.number);
        }
    }
}
