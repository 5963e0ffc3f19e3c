//! Where the storage of a store's things comes from: the embedder's allocator, or what the embedder has given.

use core::alloc::Layout;

use stilt_collections::{Arena, OutOfMemory, Source, Storage, TryArc};
use stilt_vm::{Pool, Rooms};

use crate::Engine;

/// Storage that was given for all that belongs to a store.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) arena: Arena,
    /// For the bytes of memories, if there is some for these alone.
    pub(crate) memories: Option<Arena>,
}

/// Where storage comes from, and with the engine's pool for memories.
pub(crate) struct StoreRooms<'a> {
    pub(crate) source: Source<'a>,
    /// For the bytes of memories, if that is given.
    pub(crate) memories: Source<'a>,
    pub(crate) engine: &'a Engine,
}

impl Rooms for StoreRooms<'_> {
    fn room_for(&mut self, layout: Layout, memory: bool) -> Result<Storage, OutOfMemory> {
        match &mut self.memories {
            Source::Given(arena) if memory => Storage::try_new_in(layout, Source::of(Some(arena))),
            _ => Storage::try_new_in(layout, self.source.reborrow()),
        }
    }

    fn resize(&mut self, storage: &mut Storage, size: usize) -> Result<(), OutOfMemory> {
        let Source::Given(arena) = &mut self.source else { return storage.try_resize(size) };
        // What lies last in its arena grows there; nothing moves, as its old place would be lost.
        if let Source::Given(memories) = &mut self.memories
            && storage.try_extend(size, memories).is_ok()
        {
            return Ok(());
        }
        storage.try_extend(size, arena)
    }

    fn pool(&self) -> Option<&TryArc<Pool>> {
        self.engine.pool()
    }
}
