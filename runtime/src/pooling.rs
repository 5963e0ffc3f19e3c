//! Pools of slots for memories: [`PoolingAllocationConfig`]. Feature `pooling-allocator`; `pooling_disabled.rs` is the twin without it.

use core::ptr::NonNull;

use stilt_collections::atomic::FreeSet;
use stilt_collections::{OutOfMemory, TryArc, TryVec};
use stilt_vm::{GivenStorage, Pool, PoolShape, SlotState};

use crate::module::vm_error;
use crate::{Config, Error, Result};

pub use stilt_vm::PoolConcurrencyLimitError;

/// Slots of a pool, unless said otherwise.
const SLOTS: u32 = 1000;

/// Where the memories of instances come from.
#[derive(Clone, Debug, Default)]
pub enum InstanceAllocationStrategy {
    /// Each has a reservation, or storage from the heap, of its own.
    #[default]
    OnDemand,
    /// From slots that the engine prepares once, and which one memory uses after the other.
    Pooling(PoolingAllocationConfig),
}

impl From<PoolingAllocationConfig> for InstanceAllocationStrategy {
    fn from(config: PoolingAllocationConfig) -> Self {
        InstanceAllocationStrategy::Pooling(config)
    }
}

/// How a pool of slots for memories is made. Given to [`Config::allocation_strategy`].
///
/// Making an instance whose memory comes from a slot that has been used before asks the platform for nothing, as long as it starts with
/// as many pages as the slot's last memory. What a guest has written is gone before the slot's next one starts: its first bytes
/// ([`linear_memory_keep_resident`](Self::linear_memory_keep_resident)) are written over when the store is dropped, pages behind
/// those are given back to the system. A slot keeps the copy-on-write image of a module's data for the module's next instance.
///
/// Memories that hosts make ([`Memory::new`](crate::Memory::new)) come from the pool, too. Tables, globals and the rest of an
/// instance are of the heap as ever; in that, and in what is not offered here, this differs from Wasmtime's type of the same name.
#[derive(Clone, Debug)]
pub struct PoolingAllocationConfig {
    slots: Option<u32>,
    room: Option<usize>,
    keep: usize,
    storage: Option<GivenStorage>,
}

impl Default for PoolingAllocationConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl PoolingAllocationConfig {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        PoolingAllocationConfig { slots: None, room: None, keep: 64 << 10, storage: None }
    }

    /// How many memories there can be at a time, in all stores of the engine; one more is a [`PoolConcurrencyLimitError`]. Default:
    /// 1000; in given storage as many as there is room for.
    pub const fn total_memories(&mut self, count: u32) -> &mut Self {
        self.slots = Some(count);
        self
    }

    /// The most bytes that a memory can have; it does not grow further, and a module that needs more is refused. Default: 4 GiB, of
    /// which only address space is taken; in given storage an equal part of it.
    pub const fn max_memory_size(&mut self, bytes: usize) -> &mut Self {
        self.room = Some(bytes);
        self
    }

    /// How many bytes of a slot stay with it: they are cleaned by writing over them, which is faster than fresh pages from the
    /// system up to some tens of thousands. Default: 64 KiB. (Wasmtime's is 0.)
    pub const fn linear_memory_keep_resident(&mut self, bytes: usize) -> &mut Self {
        self.keep = bytes;
        self
    }

    /// Makes the slots in this storage, for grounds without virtual memory, or for memory that is to be nowhere else. Only
    /// images that test every access (`--traps explicit`) can have memories there. The bytes need not be zero. Of memories with
    /// [`max_memory_size`](Self::max_memory_size) bytes each takes 16 more, and up to 15 are lost at the start. Wasmtime has nothing
    /// like it.
    ///
    /// # Safety
    /// The bytes are readable and writable, and nobody else uses them until everything of the engine is dropped that is made with
    /// this. Only one engine is.
    #[expect(unsafe_code, reason = "the embedder's promise about the storage is handed on")]
    pub const unsafe fn memory_storage(&mut self, bytes: NonNull<[u8]>) -> &mut Self {
        // SAFETY: the caller's promise.
        self.storage = Some(unsafe { GivenStorage::new(bytes) });
        self
    }

    fn pool(&self, config: &Config) -> Result<Pool> {
        const NONE: Error = Error::fixed(&"a pool of no slots (PoolingAllocationConfig::total_memories)");
        let parts = |slots: u32| -> Result<_> {
            let states = TryVec::try_from_iter((0..slots).map(|_| SlotState::default()))?;
            Ok((states, FreeSet::try_full(slots)?))
        };
        let Some(storage) = self.storage else {
            let slots = self.slots.unwrap_or(SLOTS);
            let (reservation, guard) = config.host_memory();
            let room = self.room.or(usize::try_from(Config::WHOLE).ok()).unwrap_or(1 << 24);
            let shape = PoolShape { slots, room, keep: self.keep, reservation, guard };
            let (states, free) = if slots == 0 { return Err(NONE) } else { parts(slots)? };
            return Pool::reserve(shape, states, free).map_err(vm_error);
        };
        let (slots, room) = match (self.slots, self.room) {
            (slots, None) => {
                let slots = slots.unwrap_or(1);
                (slots, Pool::given_room(storage.len(), slots).unwrap_or(0))
            }
            (Some(slots), Some(room)) => (slots, room),
            (None, Some(room)) => {
                let each = Pool::given_size(room).unwrap_or(usize::MAX);
                let slots = storage.len().saturating_sub(15).checked_div(each).unwrap_or(0);
                (u32::try_from(slots).unwrap_or(u32::MAX).max(1), room)
            }
        };
        if slots == 0 {
            return Err(NONE);
        }
        let all = Pool::given_size(room).and_then(|each| each.checked_mul(slots as usize)?.checked_add(15));
        if room == 0 || all.is_none_or(|all| all > storage.len()) {
            let (found, needed) = (storage.len(), all.unwrap_or(usize::MAX));
            return Err(crate::format_err!(
                "the storage given to the pool has {found} bytes; {slots} slots for memories of {room} bytes need {needed}"
            ));
        }
        let (states, free) = parts(slots)?;
        let shape = PoolShape { slots, room, keep: self.keep, reservation: 0, guard: 0 };
        Pool::given(shape, storage, states, free).map_err(vm_error)
    }
}

impl Config {
    /// Where the memories of instances come from. Default: [`InstanceAllocationStrategy::OnDemand`].
    pub fn allocation_strategy(&mut self, strategy: impl Into<InstanceAllocationStrategy>) -> &mut Self {
        match strategy.into() {
            InstanceAllocationStrategy::OnDemand => self.set_strategy(Strategy::ON_DEMAND, false),
            InstanceAllocationStrategy::Pooling(config) => {
                let config = TryArc::new(config).ok();
                let lost = config.is_none();
                self.set_strategy(Strategy(config), lost);
            }
        }
        self
    }
}

/// What a [`Config`] keeps of it.
#[derive(Clone, Debug)]
pub(crate) struct Strategy(Option<TryArc<PoolingAllocationConfig>>);

impl Strategy {
    pub(crate) const ON_DEMAND: Strategy = Strategy(None);

    /// Whether memories lie in pages of the platform's, where there are any.
    pub(crate) fn has_pages(&self) -> bool {
        self.0.as_ref().is_none_or(|pooling| pooling.storage.is_none())
    }

    /// The pool of a new engine, if it is to have one.
    pub(crate) fn pool(config: &Config) -> Result<Option<TryArc<Pool>>> {
        if config.lost {
            return Err(OutOfMemory::new(size_of::<PoolingAllocationConfig>()).into());
        }
        let Some(pooling) = &config.strategy().0 else { return Ok(None) };
        Ok(Some(TryArc::new(pooling.pool(config)?)?))
    }
}
