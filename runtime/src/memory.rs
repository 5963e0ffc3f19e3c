//! [`Memory`]: a linear memory.

use core::fmt;

use stilt_vm::{MemoryPtr, MemoryShape};

use crate::module::vm_error;
use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Engine, Error, MemoryType, Result, StoreContext, StoreContextMut};

/// A linear memory of a store. A handle: with another store its functions fail, or find nothing where they cannot fail.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    ptr: MemoryPtr,
}

impl Memory {
    /// A memory of this type.
    ///
    /// # Errors
    /// There can be no memory of this type; it is shared, which is not supported yet; memory is lacking; a limit of the store.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory> {
        let store = store.as_context_mut();
        ty.validate()?;
        if ty.is_shared() {
            return Err(Error::fixed(&"shared memories are not supported yet"));
        }
        let engine = store.engine().clone();
        let shape = shape(&engine, &ty);
        let inner = store.0;
        inner.may_add(0, 1, 0)?;
        let bytes = |pages: u64| shape.bytes(pages).unwrap_or(usize::MAX);
        if !inner.may_grow_memory(0, bytes(shape.min), shape.max.map(bytes))? {
            return Err(Error::fixed(&"memory minimum size exceeds a limit of the store"));
        }
        let (vm, mut rooms) = inner.opaque.parts()?;
        let ptr = vm.add_memory(shape, &mut rooms).map_err(vm_error)?;
        inner.opaque.memories = inner.opaque.memories.saturating_add(1);
        Ok(Memory { ptr })
    }

    pub(crate) const fn from_ptr(ptr: MemoryPtr) -> Memory {
        Memory { ptr }
    }

    pub(crate) const fn ptr(&self) -> MemoryPtr {
        self.ptr
    }

    fn shape(&self, store: &StoreOpaque) -> Option<MemoryShape> {
        store.vm()?.memory_shape(self.ptr)
    }

    /// Its type, with its present size as the minimum. With another store, that of an empty memory.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        self.try_ty(store.as_context().opaque()).unwrap_or(MemoryType::new(0, None))
    }

    pub(crate) fn try_ty(&self, store: &StoreOpaque) -> Option<MemoryType> {
        let vm = store.vm()?;
        let len = vm.memory_len(self.ptr)?;
        Some(MemoryType::of_shape(&vm.memory_shape(self.ptr)?, len))
    }

    /// Its size in pages. With another store, 0. Of a memory that is compiled to be there in part only (`--memory-bytes`), what its type
    /// says; all else here is about the bytes that are there.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let store = store.as_context();
        let Some(shape) = self.shape(store.opaque()) else { return 0 };
        shape.pages(self.data_size(store)).unwrap_or(0)
    }

    /// Bytes of a page. With another store, 0.
    pub fn page_size(&self, store: impl AsContext) -> u64 {
        self.shape(store.as_context().opaque()).map_or(0, |shape| 1u64.checked_shl(shape.page_log2.into()).unwrap_or(0))
    }

    /// Its size in bytes. With another store, 0.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        let store = store.as_context();
        store.opaque().vm().and_then(|vm| vm.memory_len(self.ptr)).unwrap_or(0)
    }

    /// Where its bytes are. They may move when it grows. With another store, null.
    pub fn data_ptr(&self, store: impl AsContext) -> *mut u8 {
        let store = store.as_context();
        let range = store.opaque().vm().and_then(|vm| vm.memory_range(self.ptr));
        range.map_or(core::ptr::null_mut(), |(base, _)| base)
    }

    /// Its bytes. With another store, none.
    pub fn data<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let store = store.into();
        store.opaque().vm().and_then(|vm| vm.memory_bytes(self.ptr)).unwrap_or_default()
    }

    /// Its bytes, for writing. With another store, none.
    pub fn data_mut<'a, T: 'static>(&self, store: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// Its bytes, for writing, and the embedder's data. With another store, no bytes.
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let inner = store.into().0;
        let bytes = inner.opaque.vm_if_any().and_then(|vm| vm.memory_bytes_mut(self.ptr)).unwrap_or_default();
        (bytes, &mut inner.data)
    }

    /// Copies bytes out of the memory.
    ///
    /// # Errors
    /// They do not all lie within it, or it is of another store.
    pub fn read(&self, store: impl AsContext, offset: usize, buffer: &mut [u8]) -> Result<(), MemoryAccessError> {
        let store = store.as_context();
        let bytes = self.data(store).get(offset..).and_then(|bytes| bytes.get(..buffer.len()));
        for (to, from) in buffer.iter_mut().zip(bytes.ok_or(MemoryAccessError(()))?) {
            *to = *from;
        }
        Ok(())
    }

    /// Copies bytes into the memory.
    ///
    /// # Errors
    /// They do not all lie within it, or it is of another store.
    pub fn write(&self, mut store: impl AsContextMut, offset: usize, buffer: &[u8]) -> Result<(), MemoryAccessError> {
        let store = store.as_context_mut();
        let bytes = self.data_mut(store).get_mut(offset..).and_then(|bytes| bytes.get_mut(..buffer.len()));
        for (to, from) in bytes.ok_or(MemoryAccessError(()))?.iter_mut().zip(buffer) {
            *to = *from;
        }
        Ok(())
    }

    /// Makes it larger by `delta` pages; its old size in pages.
    ///
    /// # Errors
    /// It cannot, or may not, grow so far; it is there in part only; or it is of another store.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let store = store.as_context_mut();
        if !store.opaque().owns(self.ptr.store()) {
            return Err(StoreOpaque::foreign());
        }
        let grown = store.0.memory_grow(self.ptr, delta)?;
        grown.ok_or(Error::fixed(&"failed to grow memory"))
    }
}

/// How a memory of the host's is made.
fn shape(engine: &Engine, ty: &MemoryType) -> MemoryShape {
    let config = engine.config();
    let can_reserve = cfg!(all(feature = "virtual-memory", target_pointer_width = "64"));
    let reserve = can_reserve && !engine.is_pulley() && !ty.is_64() && ty.page_size_log2() == 16;
    let (reservation, guard) = if reserve { config.host_memory() } else { (0, 0) };
    MemoryShape {
        min: ty.minimum(),
        max: ty.maximum(),
        page_log2: ty.page_size_log2(),
        index64: ty.is_64(),
        shared: ty.is_shared(),
        fixed_base: !config.may_move() || ty.maximum() == Some(ty.minimum()),
        reservation,
        guard,
        backed: 0,
    }
}

/// Bytes that do not lie within a memory.
#[derive(Debug)]
#[non_exhaustive]
pub struct MemoryAccessError(());

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of bounds memory access")
    }
}

impl core::error::Error for MemoryAccessError {}
