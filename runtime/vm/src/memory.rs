//! Linear memories, of two kinds: a mapping with guards on both sides, reserved as far as compiled code relies on it, which
//! grows in place; and plain storage, which compiled code tests every access of, and which may move when it grows. Either may be a
//! slot of a pool, where it grows in place; what is movable and grows by much goes to a mapping without guards (`memory/paged.rs`).
//!
//! INV-MEMORY: `base` points to `len` accessible bytes that belong to this memory alone. In a mapping, the bytes up to
//! `reservation`, and `guard` bytes on both sides of that, belong to it too, and fault. Behind a plain memory are
//! [`PADDING`] more bytes of its storage, since an access may be widened up to 16 bytes.
//!
//! INV-BACK: a `VmMemory` (or `VmTable`) lies in one allocation with its block in this crate, `index` bytes behind it.

#[cfg_attr(not(feature = "virtual-memory"), path = "memory/paged_disabled.rs")]
mod paged;

use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::ptr::NonNull;

use stilt_artifact::tables::{FLAG_FIXED_BASE, FLAG_HAS_MAX, FLAG_INDEX64, FLAG_SHARED, MemoryEntry};
use stilt_collections::Storage;
use stilt_platform_abi::memory::{self, Protection};

use crate::block::{Block, Rooms};
use crate::error::VmError;
use crate::id::MemoryPtr;
use crate::init;
use crate::memory::paged::Paged;
use crate::module::ImageOf;
use crate::pool::{ImageKey, Pool, Slot};
use crate::store::{Store, StoreBlock};
use crate::structs::VmMemory;

/// Bytes behind a plain memory.
pub(crate) const PADDING: usize = 16;
/// Alignment of a plain memory.
pub(crate) const ALIGN: usize = 16;

pub(crate) const SMALL_PAGES: VmError =
    VmError::unsupported("a memory of smaller pages than the machine's cannot have guards");

/// What a memory is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShape {
    /// Pages at first.
    pub min: u64,
    /// Most pages.
    pub max: Option<u64>,
    /// Base-2 logarithm of the page size.
    pub page_log2: u8,
    /// Whether addresses are 64 bits wide.
    pub index64: bool,
    /// Whether it is shared between threads.
    pub shared: bool,
    /// Whether its base must never change.
    pub fixed_base: bool,
    /// Bytes of address space to reserve; 0 for plain storage.
    pub reservation: u64,
    /// Bytes that fault on both sides of the reservation.
    pub guard: u64,
    /// If not 0, only so many bytes of the first pages are there, and it never grows.
    pub backed: u32,
}

impl From<&MemoryEntry> for MemoryShape {
    fn from(entry: &MemoryEntry) -> Self {
        MemoryShape {
            min: entry.min,
            max: (entry.flags & FLAG_HAS_MAX != 0).then_some(entry.max),
            page_log2: entry.page_log2,
            index64: entry.flags & FLAG_INDEX64 != 0,
            shared: entry.flags & FLAG_SHARED != 0,
            fixed_base: entry.flags & FLAG_FIXED_BASE != 0,
            reservation: entry.reservation,
            guard: entry.guard,
            backed: entry.backed,
        }
    }
}

impl MemoryShape {
    /// The most pages it may ever have: its maximum, or what its index type can address; if it is a part, what it has.
    #[must_use]
    pub fn most(&self) -> u64 {
        if self.backed != 0 {
            return self.min;
        }
        let bits = if self.index64 { 63u32 } else { 32 };
        let addressable = 1u64 << bits.saturating_sub(self.page_log2.into()).min(63);
        self.max.map_or(addressable, |max| max.min(addressable))
    }

    /// Pages that it has with so many accessible bytes.
    #[must_use]
    pub fn pages(&self, bytes: usize) -> Option<u64> {
        if self.backed != 0 { Some(self.min) } else { (bytes as u64).checked_shr(self.page_log2.into()) }
    }

    /// Accessible bytes of so many pages, if this machine can address them; of a part, there are always as many.
    #[must_use]
    pub fn bytes(&self, pages: u64) -> Option<usize> {
        if self.backed != 0 {
            return usize::try_from(self.backed).ok();
        }
        usize::try_from(pages.checked_mul(1u64.checked_shl(self.page_log2.into())?)?).ok()
    }
}

/// A memory's part in this crate.
#[repr(C)]
pub(crate) struct MemoryBlock {
    pub(crate) shape: MemoryShape,
    pub(crate) next: Cell<Option<NonNull<MemoryBlock>>>,
    backing: UnsafeCell<Backing>,
}

enum Backing {
    None,
    Mapping(Mapping),
    Plain(Storage),
    Paged(Paged),
    Slot(Slot),
}

/// A reservation with guards.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub(crate) start: NonNull<u8>,
    pub(crate) size: usize,
    pub(crate) guard: usize,
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: a whole mapping of ours; the memory's store goes (or the pool, which its memories keep), so nothing uses it any more. A platform that fails
        // leaks the range, as its contract says; there is nobody to tell.
        let _ = unsafe { memory::unmap(self.start, self.size) };
    }
}

impl MemoryBlock {
    /// A memory without bytes yet: [`MemoryBlock::fill`] gives it some.
    pub(crate) const fn empty(shape: MemoryShape) -> MemoryBlock {
        MemoryBlock { shape, next: Cell::new(None), backing: UnsafeCell::new(Backing::None) }
    }

    /// Gives the memory its first bytes; in a slot, if possible one where the wanted image lies already.
    ///
    /// # Safety
    /// The block and `vm` fulfil INV-BACK; nobody else uses them yet.
    pub(crate) unsafe fn fill(
        &self,
        vm: &VmMemory,
        wants: Option<ImageKey>,
        rooms: &mut dyn Rooms,
    ) -> Result<(), VmError> {
        const TOO_LARGE: VmError = VmError::unsupported("the memory is too large for this machine");
        let shape = &self.shape;
        let len = shape.bytes(shape.min).ok_or(TOO_LARGE)?;
        let (backing, base, capacity) = if let Some(pool) = rooms.pool() {
            let slot = Pool::take(pool, shape, len, wants)?;
            let (base, capacity) = (slot.base(), slot.capacity());
            (Backing::Slot(slot), base, capacity)
        } else if shape.reservation == 0 {
            // What is never to move gets all its room at once.
            let capacity = if shape.fixed_base { shape.bytes(shape.most()).ok_or(TOO_LARGE)? } else { len };
            let size = capacity.checked_add(PADDING).ok_or(TOO_LARGE)?;
            let layout = Layout::from_size_align(size, ALIGN).map_err(|_| TOO_LARGE)?;
            let storage = rooms.room_for(layout, true)?;
            let base = storage.as_ptr();
            (Backing::Plain(storage), base, capacity)
        } else {
            let page = memory::page_size()?;
            if 1usize.checked_shl(shape.page_log2.into()).is_none_or(|size| !size.is_multiple_of(page)) {
                return Err(SMALL_PAGES);
            }
            let pages = |bytes: u64| usize::try_from(bytes).ok()?.checked_next_multiple_of(page);
            let guard = pages(shape.guard).ok_or(TOO_LARGE)?;
            let reserved = pages(shape.reservation).ok_or(TOO_LARGE)?;
            if len > reserved {
                return Err(VmError::mismatch("the memory is larger than its reservation"));
            }
            let size = guard.checked_mul(2).and_then(|guards| guards.checked_add(reserved)).ok_or(TOO_LARGE)?;
            let start = memory::map(size, Protection::None)?;
            let mapping = Mapping { start, size, guard };
            // SAFETY: the guard is part of the mapping.
            let base = unsafe { start.add(guard) };
            if len != 0 {
                // SAFETY: `len` bytes from the base are part of the mapping, and new.
                unsafe { memory::protect(base, len, Protection::ReadWrite) }?;
            }
            (Backing::Mapping(mapping), base, reserved)
        };
        // SAFETY: nobody else uses the block yet.
        unsafe { *self.backing.get() = backing };
        vm.base.set(base.as_ptr());
        vm.len.set(len);
        vm.capacity.set(capacity);
        Ok(())
    }

    /// Whether code that was compiled for `wanted` can use this memory.
    pub(crate) fn serves(&self, wanted: &MemoryShape) -> bool {
        let same = self.shape.page_log2 == wanted.page_log2
            && self.shape.index64 == wanted.index64
            && self.shape.shared == wanted.shared;
        let moves = !self.shape.fixed_base && self.shape.reservation == 0;
        let reserved = self.shape.reservation >= wanted.reservation && self.shape.guard >= wanted.guard;
        same && !(wanted.fixed_base && moves) && (wanted.reservation == 0 || reserved)
    }

    /// Maps a copy-on-write image over bytes of this memory; whether that can be done here.
    ///
    /// # Safety
    /// The memory is this block's (INV-BACK), and nothing refers to its bytes.
    pub(crate) unsafe fn place(&self, vm: &VmMemory, to: u64, image: ImageOf<'_>) -> Result<bool, VmError> {
        let ImageOf { image, key, bytes } = image;
        let len = image.size();
        let Some(place) = init::range(vm, to, len as u64) else { return Ok(false) };
        // SAFETY: nobody changes the backing meanwhile.
        let backing = unsafe { &*self.backing.get() };
        if matches!(backing, Backing::Plain(_) | Backing::Paged(_) | Backing::None)
            || place.as_ptr().addr() & memory::page_size()?.wrapping_sub(1) != 0
        {
            return Ok(false);
        }
        if let (Backing::Slot(slot), Ok(start)) = (backing, usize::try_from(to)) {
            // SAFETY: the range lies within the memory, at a page; nothing refers to it. The image is of the instance's module.
            return unsafe { slot.place(start, image, key, bytes) };
        }
        // SAFETY: the range lies within the accessible bytes of the mapping, to which nothing refers.
        if let Err(error) = unsafe { image.map_at(place, len) } {
            // What lies there now, if anything, is not known, and compiled code counts on the bytes that a memory starts with: it
            // gets zeroes.
            // SAFETY: as above.
            let _ = unsafe { memory::remap(place, len, Protection::ReadWrite) };
            return Err(error.into());
        }
        Ok(true)
    }

    /// Notes that somebody may write to the memory.
    pub(crate) fn touch(&self) {
        if let Some(slot) = self.slot() {
            slot.touch();
        }
    }

    /// The slot that the memory lies in, if it does.
    pub(crate) fn slot(&self) -> Option<&Slot> {
        // SAFETY: only `fill` and `grow` change the backing, to whom nobody gives the reference.
        match unsafe { &*self.backing.get() } {
            Backing::Slot(slot) => Some(slot),
            _ => None,
        }
    }

    /// The addresses that fault for this memory and no other reason: reservation and guards.
    pub(crate) fn owns(&self, address: usize) -> bool {
        // SAFETY: the backing changes only in `grow` and `fill`, during which no compiled code runs and faults.
        match unsafe { &*self.backing.get() } {
            Backing::Mapping(mapping) => address.wrapping_sub(mapping.start.as_ptr().addr()) < mapping.size,
            Backing::Slot(slot) => slot.owns(address),
            Backing::None | Backing::Plain(_) | Backing::Paged(_) => false,
        }
    }
}

/// The block of a memory.
///
/// # Safety
/// The memory fulfils INV-BACK and lives for `'a`.
pub(crate) unsafe fn block_of<'a>(memory: NonNull<VmMemory>) -> &'a MemoryBlock {
    // SAFETY: the memory lives.
    let back = unsafe { memory.as_ref() }.index.get();
    // SAFETY: the block lies this far in front of it, in the same allocation (INV-BACK).
    let block = unsafe { memory.byte_sub(back as usize) }.cast::<MemoryBlock>();
    // SAFETY: it lives as long as the memory; all that changes in it is in cells.
    unsafe { block.as_ref() }
}

#[repr(C)]
struct LooseMemory {
    block: Block,
    memory: MemoryBlock,
    vm: VmMemory,
}

unsafe fn drop_loose(block: NonNull<Block>) {
    // SAFETY: it is a `LooseMemory`'s (INV-BLOCK).
    let memory = unsafe { block.byte_add(core::mem::offset_of!(LooseMemory, memory)) }.cast::<MemoryBlock>();
    // SAFETY: dropped once, with its block. It follows no pointers into the store.
    unsafe { memory.drop_in_place() };
}

impl Store {
    fn memory(&self, memory: MemoryPtr) -> Option<&VmMemory> {
        if memory.store() != self.id() {
            return None;
        }
        // SAFETY: it is of this store, which lives (INV-HANDLE).
        Some(unsafe { memory.ptr().as_ref() })
    }

    /// Makes a memory that no instance owns.
    ///
    /// # Errors
    /// There is no memory or address space for it, or the platform cannot do it.
    pub fn add_memory(&mut self, shape: MemoryShape, rooms: &mut dyn Rooms) -> Result<MemoryPtr, VmError> {
        let storage = rooms.room(Layout::new::<LooseMemory>())?;
        let place = storage.as_ptr().cast::<LooseMemory>();
        let zero = || Cell::new(0usize);
        let back = const { core::mem::offset_of!(LooseMemory, vm) - core::mem::offset_of!(LooseMemory, memory) };
        let value = LooseMemory {
            block: Block::new(storage, drop_loose),
            memory: MemoryBlock::empty(shape),
            vm: VmMemory {
                base: Cell::new(core::ptr::null_mut()),
                len: zero(),
                capacity: zero(),
                index: Cell::new(u32::try_from(back).unwrap_or(0)),
                flags: Cell::new(0),
            },
        };
        // SAFETY: the storage was asked for with this layout, and is ours.
        unsafe { place.write(value) };
        // SAFETY: it was just written.
        let loose = unsafe { place.as_ref() };
        // SAFETY: the two stand in one allocation at the distance that `index` says.
        if let Err(error) = unsafe { loose.memory.fill(&loose.vm, None, rooms) } {
            // SAFETY: it is in no list, and nothing points to it.
            unsafe { crate::block::Blocks::discard(place.cast()) };
            return Err(error);
        }
        // SAFETY: the block was just made, with the drop that fits it (INV-BLOCK), and is in no list.
        unsafe { self.block().blocks.push(place.cast()) };
        // SAFETY: the field lies within the block.
        let memory = unsafe { place.byte_add(core::mem::offset_of!(LooseMemory, memory)) };
        // SAFETY: as above.
        let vm = unsafe { place.byte_add(core::mem::offset_of!(LooseMemory, vm)) };
        link(self.block(), memory.cast());
        Ok(MemoryPtr::new(vm.cast(), self.id()))
    }

    /// What the memory is like; `None` for one of another store.
    #[must_use]
    pub fn memory_shape(&self, memory: MemoryPtr) -> Option<MemoryShape> {
        self.memory(memory)?;
        // SAFETY: it is of this store, and lives (INV-HANDLE).
        Some(unsafe { block_of(memory.ptr()) }.shape)
    }

    /// How many bytes it has. `None` for a memory of another store.
    #[must_use]
    pub fn memory_len(&self, memory: MemoryPtr) -> Option<usize> {
        Some(self.memory(memory)?.len.get())
    }

    /// Its accessible bytes: where and how many. `None` for a memory of another store.
    #[must_use]
    pub fn memory_range(&self, memory: MemoryPtr) -> Option<(*mut u8, usize)> {
        let vm = self.memory(memory)?;
        // SAFETY: it is of this store, and lives (INV-HANDLE).
        unsafe { block_of(memory.ptr()) }.touch();
        Some((vm.base.get(), vm.len.get()))
    }

    /// Its bytes. `None` for a memory of another store.
    #[must_use]
    pub fn memory_bytes(&self, memory: MemoryPtr) -> Option<&[u8]> {
        let vm = self.memory(memory)?;
        let (base, len) = (vm.base.get(), vm.len.get());
        // SAFETY: the bytes are accessible and this memory's alone (INV-MEMORY). They change only through `&mut Store`, or by
        // compiled code, which is entered with one.
        Some(unsafe { core::slice::from_raw_parts(base, len) })
    }

    /// Its bytes, for writing. `None` for a memory of another store.
    #[must_use]
    pub fn memory_bytes_mut(&mut self, memory: MemoryPtr) -> Option<&mut [u8]> {
        let (base, len) = self.memory_range(memory)?;
        // SAFETY: as above; the store is borrowed exclusively.
        Some(unsafe { core::slice::from_raw_parts_mut(base, len) })
    }

    /// Makes a memory `delta` pages larger: its old size in pages, or `None` if it cannot grow so far. Limits of the
    /// embedder's are for the caller to ask.
    pub fn memory_grow(&mut self, memory: MemoryPtr, delta: u64, rooms: &mut dyn Rooms) -> Option<u64> {
        let vm = self.memory(memory)?;
        // SAFETY: it is of this store, and lives (INV-HANDLE).
        let block = unsafe { block_of(memory.ptr()) };
        let shape = &block.shape;
        let old_len = vm.len.get();
        let old = shape.pages(old_len)?;
        let pages = old.checked_add(delta)?;
        if pages > shape.most() {
            return None;
        }
        if delta == 0 {
            return Some(old);
        }
        let len = shape.bytes(pages)?;
        let added = len.checked_sub(old_len)?;
        // SAFETY: the store is borrowed exclusively, so no compiled code of it runs but what waits for this call, and
        // nobody else has a reference to the backing.
        match unsafe { &mut *block.backing.get() } {
            Backing::None => return None,
            Backing::Mapping(mapping) => {
                if len > vm.capacity.get() {
                    return None;
                }
                // SAFETY: the guard and the old length lie within the mapping.
                let start = unsafe { mapping.start.add(mapping.guard.checked_add(old_len)?) };
                // SAFETY: the new length is at most the reservation; the added bytes were never accessible, so they are zero.
                if unsafe { memory::protect(start, added, Protection::ReadWrite) }.is_err() {
                    // Some of it may be open now. A platform that cannot close it again leaves the guest bytes of its own.
                    // SAFETY: as above; nothing lies there yet.
                    let _ = unsafe { memory::protect(start, added, Protection::None) };
                    return None;
                }
            }
            Backing::Slot(slot) => {
                if !slot.grow(len) {
                    return None;
                }
            }
            backing @ (Backing::Plain(_) | Backing::Paged(_)) => {
                grow_movable(backing, shape, vm, len, rooms)?;
            }
        }
        vm.len.set(len);
        Some(old)
    }
}

/// Makes what has no guards longer, in place or elsewhere. `backing` is that of `vm`.
fn grow_movable(
    backing: &mut Backing,
    shape: &MemoryShape,
    vm: &VmMemory,
    len: usize,
    rooms: &mut dyn Rooms,
) -> Option<()> {
    let old_len = vm.len.get();
    let most = shape.bytes(shape.most()).unwrap_or(len);
    let moved = match backing {
        Backing::Plain(_) if len > vm.capacity.get() && shape.fixed_base => return None,
        Backing::Plain(storage) if len > vm.capacity.get() => {
            let paged = Paged::instead_of(storage.as_slice().get(..old_len)?, len, most);
            if paged.is_none() {
                rooms.resize(storage, len.checked_add(PADDING)?).ok()?;
                vm.capacity.set(len);
            }
            paged
        }
        Backing::Paged(paged) => {
            if paged.open(len) {
                None
            } else {
                Some(Paged::with(paged.bytes().get(..old_len)?, len, most)?)
            }
        }
        _ => None,
    };
    if let Some(paged) = moved {
        *backing = Backing::Paged(paged);
    }
    let bytes = match backing {
        Backing::Plain(storage) => storage.as_mut_slice(),
        Backing::Paged(paged) => paged.bytes(),
        _ => return None,
    };
    // The padding behind the old end becomes memory.
    let end = bytes.len().min(old_len.saturating_add(PADDING));
    if let Some(padding) = bytes.get_mut(old_len..end) {
        padding.fill(0);
    }
    vm.base.set(bytes.as_mut_ptr());
    Some(())
}

/// Puts a memory into the store's list, which the trap handler looks through.
pub(crate) fn link(store: &StoreBlock, memory: NonNull<MemoryBlock>) {
    // SAFETY: the memory was just made and lives.
    let block = unsafe { memory.as_ref() };
    block.next.set(store.memories.get());
    store.memories.set(Some(memory));
}
