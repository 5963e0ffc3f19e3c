//! `stilt_memory`.

use core::ffi::c_void;

use stilt::{Extern, Memory, StoreContextMut, raw};

use crate::handle::Handle;
use crate::object::Object;
use crate::store::{Data, StoreObject};
use crate::{MemoryHandle, Status, pointer};

/// Does something with a memory of a store.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn with(
    store: *const StoreObject,
    memory: *const MemoryHandle,
    action: impl FnOnce(StoreContextMut<'_, Data>, Memory) -> Result<(), Status>,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let object = match unsafe { Object::alive(store) } {
        Ok(object) => object,
        Err(status) => return status,
    };
    // SAFETY: INV-C-CALLER.
    let memory: Memory = match unsafe { Handle::read(memory) } {
        Ok(memory) => memory,
        Err(status) => return status,
    };
    object
        .status(|context| {
            if !raw::is_of(&context, &Extern::Memory(memory)) {
                return Err(Status::FOREIGN);
            }
            action(context, memory)
        })
        .into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_memory_size(
    store: *const StoreObject,
    memory: *const MemoryHandle,
    bytes: *mut usize,
    pages: *mut u64,
) -> Status {
    let look = |context: StoreContextMut<'_, Data>, memory: Memory| {
        pointer::place_if_wanted(pages)?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put_if_wanted(bytes, memory.data_size(&context)) }?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put_if_wanted(pages, memory.size(&context)) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, memory, look) }
}

/// The place of a range in bytes.
fn range(offset: u64, length: usize) -> Result<core::ops::Range<usize>, Status> {
    let start = usize::try_from(offset).map_err(|_| Status::BOUNDS)?;
    Ok(start..start.checked_add(length).ok_or(Status::BOUNDS)?)
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_memory_read(
    store: *const StoreObject,
    memory: *const MemoryHandle,
    offset: u64,
    buffer: *mut c_void,
    length: usize,
) -> Status {
    let read = |context: StoreContextMut<'_, Data>, memory: Memory| {
        let bytes = memory.data(&context).get(range(offset, length)?).ok_or(Status::BOUNDS)?.as_ptr();
        // SAFETY: so many bytes of the memory, which stays as it is while the store is used by nobody else; else INV-C-CALLER.
        unsafe { pointer::copy(bytes, buffer.cast(), length) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, memory, read) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_memory_write(
    store: *const StoreObject,
    memory: *const MemoryHandle,
    offset: u64,
    buffer: *const c_void,
    length: usize,
) -> Status {
    let write = |mut context: StoreContextMut<'_, Data>, memory: Memory| {
        let place = memory.data_mut(&mut context).get_mut(range(offset, length)?).ok_or(Status::BOUNDS)?.as_mut_ptr();
        // SAFETY: as above.
        unsafe { pointer::copy(buffer.cast(), place, length) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, memory, write) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_memory_range(
    store: *const StoreObject,
    memory: *const MemoryHandle,
    offset: u64,
    length: usize,
    bytes: *mut *mut u8,
) -> Status {
    let find = |mut context: StoreContextMut<'_, Data>, memory: Memory| {
        let place = memory.data_mut(&mut context).get_mut(range(offset, length)?).ok_or(Status::BOUNDS)?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put(bytes, place.as_mut_ptr()) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, memory, find) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_memory_grow(
    store: *const StoreObject,
    memory: *const MemoryHandle,
    pages: u64,
    old_pages: *mut u64,
) -> Status {
    let grow = |context: StoreContextMut<'_, Data>, memory: Memory| {
        pointer::place_if_wanted(old_pages)?;
        let old = memory.grow(context, pages).map_err(|_| Status::LIMIT)?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put_if_wanted(old_pages, old) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, memory, grow) }
}
