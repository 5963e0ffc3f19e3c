//! Engines, modules and stores in storage that the embedder gives, where there is no allocator, or none is wanted: with
//! [`NoHeap`](crate::NoHeap) as the global allocator nothing is ever allocated.
//!
//! Storage is given for good, as its type says. What is made in it is dropped as elsewhere; a field update ends with a reset, or with
//! an embedder who promises (`unsafe`) that storage whose owners are all dropped is free again.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use stilt_collections::{Arena, OutOfMemory, Source, TryArc};
use stilt_vm::VmError;

use crate::module::peek;
use crate::registry::Registry;
use crate::store::Given;
use crate::{Config, Engine, Error, LinkedImage, Module, Refusal, Result, Store, compatibility};

/// Storage that is given for good.
pub type GivenStorage = &'static mut [MaybeUninit<u8>];

/// Bytes up to the end of `count` things of this size and alignment, behind `start` bytes from an aligned address.
const fn behind(start: Option<usize>, count: usize, size: usize, align: usize) -> Option<usize> {
    let Some(start) = start else { return None };
    let Some(start) = start.checked_next_multiple_of(align) else { return None };
    let Some(size) = size.checked_mul(count) else { return None };
    start.checked_add(size)
}

/// The same for one thing of this layout.
const fn one_behind(start: Option<usize>, layout: Layout) -> Option<usize> {
    behind(start, 1, layout.size(), layout.align())
}

impl Engine {
    /// An engine in `storage`, for at most as many function types as [`Config::max_function_types`] says: there is room for these
    /// at once. Types of more than 20 values take their bytes from what is left, and stay there when nobody has them any more.
    ///
    /// # Errors
    /// The storage is too small: [`OutOfMemory`]. A pool's lists still come from the allocator.
    pub fn new_in(config: &Config, storage: GivenStorage) -> Result<Engine> {
        let mut arena = Arena::new(storage);
        let mut place = arena.part(Engine::LAYOUT)?;
        let registry = Registry::new_in(config.function_types(), arena)?;
        Engine::of(config, registry, Source::of(Some(&mut place)))
    }

    /// Bytes that [`Engine::new_in`] takes of storage that is aligned to 16; `None`: more than there can be.
    pub const fn storage_size(config: &Config) -> Option<usize> {
        let types = config.function_types() as usize;
        let entries =
            behind(one_behind(Some(0), Engine::LAYOUT), types, Registry::ENTRY.size(), Registry::ENTRY.align());
        behind(entries, types, size_of::<u32>(), align_of::<u32>())
    }
}

impl Module {
    /// As [`Module::deserialize_raw`], with what a module takes beside its image in `storage`. Memories are not copy-on-write.
    ///
    /// # Errors
    /// Why it will not load, as a plain value.
    ///
    /// # Safety
    /// As there.
    #[expect(unsafe_code, reason = "the caller's promise about the image is handed on")]
    pub unsafe fn deserialize_raw_in(
        engine: &Engine,
        memory: NonNull<[u8]>,
        storage: GivenStorage,
    ) -> Result<Module, Refusal> {
        // SAFETY: the bytes are readable, as the caller promises.
        let bytes = unsafe { memory.as_ref() };
        if let Some(header) = peek(bytes) {
            compatibility::check(engine.config(), &header).map_err(Refusal::Ground)?;
        }
        // SAFETY: the caller's promises.
        let vm = unsafe { stilt_vm::Module::in_place(memory) };
        Module::new_in(engine, vm, storage)
    }

    /// As [`Module::from_linked`], with what a module takes beside its image in `storage`. Memories are not copy-on-write.
    ///
    /// # Errors
    /// Why it will not load, as a plain value.
    ///
    /// # Safety
    /// As there.
    #[expect(unsafe_code, reason = "the caller's promise about the image is handed on")]
    pub unsafe fn from_linked_in(
        engine: &Engine,
        image: &'static LinkedImage,
        storage: GivenStorage,
    ) -> Result<Module, Refusal> {
        if let Some(header) = peek(&image.headers) {
            compatibility::check(engine.config(), &header).map_err(Refusal::Ground)?;
        }
        // SAFETY: the caller's promises.
        let vm = unsafe { stilt_vm::Module::linked(&image.headers) };
        Module::new_in(engine, vm, storage)
    }

    fn new_in(
        engine: &Engine,
        vm: Result<stilt_vm::Module, VmError>,
        storage: GivenStorage,
    ) -> Result<Module, Refusal> {
        let vm = vm.map_err(refusal)?;
        compatibility::check(engine.config(), &vm.image().image().header()).map_err(Refusal::Ground)?;
        let types = vm.image().types().len();
        let needed = Module::storage_size(types).unwrap_or(usize::MAX);
        let enough = storage.len() >= needed;
        let made = Module::made_in(engine, vm, Source::of(Some(&mut Arena::new(storage))));
        made.map_err(|error| match error.downcast_ref::<OutOfMemory>() {
            Some(_) if !enough => Refusal::Storage { needed },
            // Also where the engine's storage has no room for a long type.
            _ => Refusal::Types,
        })
    }

    /// Bytes that a module with so many function types takes of storage that is aligned to 16; `None`: more than there can be.
    pub const fn storage_size(types: u32) -> Option<usize> {
        one_behind(behind(Some(0), types as usize, size_of::<u32>(), align_of::<u32>()), Module::LAYOUT)
    }
}

/// An error of loading, as a plain value.
fn refusal(error: VmError) -> Refusal {
    match error {
        VmError::Image(error) => Refusal::Image(error),
        VmError::Alignment { what, address, align } => Refusal::Place { what, address, align },
        VmError::Platform(error) => Refusal::Platform(error),
        VmError::Unsupported(text) | VmError::Mismatch(text) => Refusal::Other(text),
        VmError::OutOfMemory(error) => Refusal::Storage { needed: error.size() },
        _ => Refusal::Other(""),
    }
}

impl<T> Store<T> {
    /// A store with this data in `storage`: it, its instances, and all that belongs to these take their room there, one behind
    /// the other. Memories and tables grow if they were made last. Nothing is free again before the store goes.
    ///
    /// # Errors
    /// The storage is too small: [`OutOfMemory`]; the stack has no bound.
    pub fn new_in(engine: &Engine, data: T, storage: GivenStorage) -> Result<Store<T>> {
        Store::bounded_in(engine, data, storage, 0, 0)
    }

    /// The same with bounds of the stack of its own, where they are not 0.
    #[doc(hidden)]
    pub fn bounded_in(
        engine: &Engine,
        data: T,
        storage: GivenStorage,
        stack: usize,
        lowest: usize,
    ) -> Result<Store<T>> {
        let mut store = Store::new(engine, data);
        store.inner.opaque.give(Given { arena: Arena::new(storage), memories: None });
        store.inner.opaque.set_bounds(stack, lowest);
        store.inner.opaque.vm_mut()?;
        Ok(store)
    }

    /// Gives the store other storage for the bytes of memories that are made from now on. The one that is made last can grow as
    /// far as it reaches.
    ///
    /// # Errors
    /// The store has no given storage itself.
    pub fn memories_in(&mut self, storage: GivenStorage) -> Result<()> {
        let given = self.inner.opaque.given_mut().ok_or(Error::fixed(&"the store is not in storage that was given"))?;
        given.memories = Some(Arena::new(storage));
        Ok(())
    }

    /// Bytes that [`Store::new_in`] takes of storage that is aligned to 16, before there is anything in the store; `None`: more than
    /// there can be.
    pub fn storage_size(engine: &Engine) -> Option<usize> {
        Store::<T>::storage_size_for(engine.config().backtrace_frames())
    }

    /// The same for backtraces of so many frames.
    #[doc(hidden)]
    pub const fn storage_size_for(frames: usize) -> Option<usize> {
        let words = if frames == 0 { Some(0) } else { frames.checked_add(2) };
        let Some(words) = words else { return None };
        let frames = behind(Some(stilt_vm::Store::SIZE), words, size_of::<u32>(), align_of::<u32>());
        let block = behind(frames, 0, 0, stilt_vm::Store::ALIGN);
        one_behind(block, TryArc::<stilt_collections::Storage>::LAYOUT)
    }

    /// Bytes that are left of the storage that was given to the store, and to its memories.
    pub fn storage_left(&self) -> (usize, usize) {
        self.inner.opaque.storage_left()
    }
}
