//! A pool of slots for linear memories: room that is prepared once and used by one memory after the other. Feature
//! `pooling-allocator`; `pool_disabled.rs` is the twin without it.
//!
//! A slot is a part of one large reservation with guards between the slots, or of storage that the embedder gave, which has none.
//!
//! INV-SLOT: the number of a slot is in the set of free ones, or one [`Slot`] has it, or it is retired. Only that `Slot` uses the
//! slot's bytes and its [`State`]. While a slot is free, the bytes that its state says to be accessible, and no others, are
//! so, and all of them are zero but those of the copy-on-write image that the state names, which are the image's. (In given
//! storage all bytes are accessible, and those that the state says to be clean are zero.)
//!
//! So no guest sees what another one wrote. A platform that fails while a slot is prepared or cleaned has its slot closed as a whole;
//! if that fails, too, the slot is retired: nobody gets it again.

mod slot;

use core::cell::Cell;
use core::num::NonZeroUsize;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

use stilt_collections::atomic::FreeSet;
use stilt_collections::{TryArc, TryVec};
use stilt_platform_abi::image::MemoryImage;
use stilt_platform_abi::memory::{self, Protection};

use crate::error::VmError;
use crate::memory::{ALIGN, Mapping, MemoryShape, PADDING, SMALL_PAGES};

pub(crate) use slot::Slot;

/// How many free slots are looked at for one that has what is wanted.
const LOOK: u32 = 16;

/// What a pool is to be like.
#[derive(Clone, Copy, Debug)]
pub struct PoolShape {
    /// Slots.
    pub slots: u32,
    /// Most bytes of a memory.
    pub room: usize,
    /// Bytes at the start of a memory that are cleaned by writing to them; those behind are given back to the system.
    pub keep: usize,
    /// Bytes of address space for each slot.
    pub reservation: u64,
    /// Bytes that fault on both sides of it.
    pub guard: u64,
}

/// What is known of a slot.
#[derive(Debug, Default)]
pub struct SlotState {
    /// The number of the module whose image lies in a free slot, or 0: read by who looks for a slot, as a hint.
    hint: AtomicUsize,
    /// In a reservation: bytes from the start that are accessible. In given storage: those that are zero while the slot is free.
    ready: Cell<usize>,
    image: Cell<Option<Placed>>,
    tenant: Cell<Tenant>,
}

// SAFETY: only who has taken the slot's number uses the cells (INV-SLOT), and taking synchronises with giving back.
unsafe impl Sync for SlotState {}
// SAFETY: `tenant` has pointers only while a memory is there, and they have no thread.
unsafe impl Send for SlotState {}

/// What is known of the memory in a slot.
#[derive(Clone, Copy, Debug, Default)]
struct Tenant {
    /// Whether every access to it is tested.
    plain: bool,
    /// Whether anybody may have written to it.
    touched: bool,
    /// Whether the platform has failed, so that the slot may be other than its state says.
    broken: bool,
    /// Its bytes at first.
    first_len: usize,
    /// The most bytes that it had.
    most_len: usize,
    /// The image that was placed for it, and its bytes; both belong to the module of the memory's instance, which lets go of it after its
    /// memories.
    source: Option<(NonNull<MemoryImage>, NonNull<[u8]>)>,
}

/// Where an image lies in a slot.
#[derive(Clone, Copy, Debug)]
struct Placed {
    key: ImageKey,
    start: usize,
    len: usize,
}

impl Placed {
    const fn end(self) -> usize {
        self.start.saturating_add(self.len)
    }
}

/// Which image it is: never the same for two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImageKey {
    /// The number of the module's images.
    pub(crate) images: NonZeroUsize,
    /// Which of them.
    pub(crate) index: usize,
}

/// Slots for memories, shared by the stores of an engine.
#[derive(Debug)]
pub struct Pool {
    first: NonNull<u8>,
    stride: usize,
    shape: PoolShape,
    ground: Ground,
    free: FreeSet,
    slots: TryVec<SlotState>,
}

#[derive(Debug)]
enum Ground {
    /// Address space, in whole pages.
    Reserved { page: usize, reservation: usize, guard: usize, _mapping: Mapping },
    /// The embedder's storage.
    Given,
}

// SAFETY: the addresses have no thread, and each part of them is used by one `Slot` at a time (INV-SLOT).
unsafe impl Send for Pool {}
// SAFETY: as above.
unsafe impl Sync for Pool {}

/// Storage of the embedder's.
#[derive(Clone, Copy, Debug)]
pub struct GivenStorage(NonNull<[u8]>);

// SAFETY: bytes without a thread, which nobody else uses.
unsafe impl Send for GivenStorage {}
// SAFETY: as above.
unsafe impl Sync for GivenStorage {}

impl GivenStorage {
    /// # Safety
    /// The bytes are readable and writable, and as long as any pool is made of them nobody else uses them.
    #[must_use]
    pub const unsafe fn new(bytes: NonNull<[u8]>) -> GivenStorage {
        GivenStorage(bytes)
    }

    /// Bytes of it.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// All slots of a pool are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolConcurrencyLimitError {
    slots: u32,
}

impl core::fmt::Display for PoolConcurrencyLimitError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "all {} memory slots of the pool are in use: drop a store, or give the pool more of them \
             (PoolingAllocationConfig::total_memories)",
            self.slots
        )
    }
}

impl core::error::Error for PoolConcurrencyLimitError {}

const TOO_LARGE: VmError = VmError::Unsupported(
    "the pool does not fit into the address space: fewer slots (PoolingAllocationConfig::total_memories) or smaller ones \
     (max_memory_size, Config::memory_reservation) would",
);

impl Pool {
    /// Bytes of storage that a slot takes for memories of at most `room` bytes.
    #[must_use]
    pub const fn given_size(room: usize) -> Option<usize> {
        match room.checked_add(PADDING) {
            Some(size) => size.checked_next_multiple_of(ALIGN),
            None => None,
        }
    }

    /// Most bytes of a memory if `len` bytes of storage are for so many slots.
    #[must_use]
    pub const fn given_room(len: usize, slots: u32) -> Option<usize> {
        // The first slot may have to start later than the storage.
        match len.saturating_sub(ALIGN - 1).checked_div(slots as usize) {
            Some(each) => (each & !(ALIGN - 1)).checked_sub(PADDING),
            None => None,
        }
    }

    /// A pool in address space of its own. `states` and `free` are as many as there are slots.
    ///
    /// # Errors
    /// The pool does not fit into the address space, or the platform failed or cannot do it.
    pub fn reserve(shape: PoolShape, states: TryVec<SlotState>, free: FreeSet) -> Result<Pool, VmError> {
        let page = memory::page_size()?;
        let pages = |bytes: u64| usize::try_from(bytes).ok()?.checked_next_multiple_of(page);
        // The bytes behind a plain memory lie within its own reservation.
        let room = shape.room.checked_add(PADDING).ok_or(TOO_LARGE)?;
        let reservation = pages(shape.reservation.max(room as u64)).ok_or(TOO_LARGE)?;
        let guard = pages(shape.guard).ok_or(TOO_LARGE)?;
        let stride = reservation.checked_add(guard).ok_or(TOO_LARGE)?;
        let size =
            stride.checked_mul(shape.slots as usize).and_then(|size| size.checked_add(guard)).ok_or(TOO_LARGE)?;
        let start = memory::map(size, Protection::None)?;
        let mapping = Mapping { start, size, guard };
        // SAFETY: the guard is part of the mapping.
        let first = unsafe { start.add(guard) };
        let ground = Ground::Reserved { page, reservation, guard, _mapping: mapping };
        let shape = PoolShape { keep: shape.keep.checked_next_multiple_of(page).unwrap_or(shape.room), ..shape };
        Ok(Pool { first, stride, shape, ground, free, slots: states })
    }

    /// A pool in storage of the embedder's, for memories whose every access is tested.
    ///
    /// # Errors
    /// There is not enough storage.
    pub fn given(
        shape: PoolShape,
        storage: GivenStorage,
        states: TryVec<SlotState>,
        free: FreeSet,
    ) -> Result<Pool, VmError> {
        const SMALL: VmError = VmError::mismatch("the storage given to the pool is too small for its slots");
        let first = storage.0.cast::<u8>();
        let front = first.as_ptr().addr().checked_next_multiple_of(ALIGN).ok_or(SMALL)?;
        let front = front.wrapping_sub(first.as_ptr().addr());
        let stride = Pool::given_size(shape.room).ok_or(SMALL)?;
        let size = stride.checked_mul(shape.slots as usize).and_then(|size| size.checked_add(front));
        if size.is_none_or(|size| size > storage.len()) {
            return Err(SMALL);
        }
        // SAFETY: the front lies within the storage, as compared.
        let first = unsafe { first.add(front) };
        Ok(Pool { first, stride, shape, ground: Ground::Given, free, slots: states })
    }

    /// Takes a slot for a memory of `len` bytes; if possible one where the wanted image lies.
    pub(crate) fn take(
        pool: &TryArc<Pool>,
        shape: &MemoryShape,
        len: usize,
        wants: Option<ImageKey>,
    ) -> Result<Slot, VmError> {
        let plain = shape.reservation == 0;
        match pool.ground {
            Ground::Given if !plain => {
                return Err(VmError::Mismatch(
                    "the image relies on guard pages, which storage given to a pool has not: compile it with `--traps explicit`",
                ));
            }
            Ground::Reserved { reservation, guard, .. }
                if shape.reservation > reservation as u64 || (!plain && shape.guard > guard as u64) =>
            {
                return Err(VmError::Mismatch(
                    "the image relies on a larger reservation or guard than the pool's slots have \
                     (Config::memory_reservation, memory_guard_size)",
                ));
            }
            _ => {}
        }
        if len > pool.shape.room {
            return Err(VmError::Mismatch(
                "the memory is larger than the pool's slots (PoolingAllocationConfig::max_memory_size)",
            ));
        }
        if let Ground::Reserved { page, .. } = pool.ground
            && !plain
            && 1usize.checked_shl(shape.page_log2.into()).is_none_or(|size| !size.is_multiple_of(page))
        {
            return Err(SMALL_PAGES);
        }
        let hint = wants.map_or(0, |key| key.images.get());
        let number = pool.free.take(LOOK, |number| {
            let has = pool.slots.get(number as usize).map_or(0, |slot| slot.hint.load(Ordering::Relaxed));
            // Best is what is wanted, then what has nothing.
            u8::from(has != hint).saturating_add(u8::from(has != hint && has != 0))
        });
        let number = number.ok_or(VmError::Pool(PoolConcurrencyLimitError { slots: pool.shape.slots }))?;
        let Some(state) = pool.slots.get(number as usize) else {
            return Err(VmError::mismatch("the pool has fewer slots than numbers"));
        };
        state.tenant.set(Tenant { plain, first_len: len, ..Tenant::default() });
        let slot = Slot { pool: pool.clone(), state: NonNull::from(state), number };
        slot.prepare(len, wants)?;
        Ok(slot)
    }

    fn base(&self, number: u32) -> NonNull<u8> {
        // SAFETY: numbers come from the free set, which has no others than those of slots; all slots lie within the mapping or storage.
        unsafe { self.first.add(self.stride.wrapping_mul(number as usize)) }
    }
}
