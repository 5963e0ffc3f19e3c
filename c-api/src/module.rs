//! `stilt_module`.

use core::ffi::c_void;
use core::ptr::NonNull;

use stilt::raw::{self, RawType};
use stilt::{GivenStorage, LinkedImage, Module};

use crate::engine::EngineObject;
use crate::failure::{ErrorInfo, Failure, answer};
use crate::object::{Object, Tagged, tag};
use crate::{Status, Text, pointer, sizes};

/// `stilt_module`.
pub(crate) type ModuleObject = Object<Module>;

impl Tagged for Module {
    const TAG: usize = tag(*b"modu");
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER; the image is one of the precompiler's, as the header asks.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_module_load(
    engine: *const EngineObject,
    image: *const u8,
    length: usize,
    storage: *mut c_void,
    size: usize,
    module: *mut *const ModuleObject,
    error: *mut ErrorInfo,
) -> Status {
    let load = |engine: &stilt::Engine, storage| {
        // SAFETY: INV-C-CALLER.
        let bytes = unsafe { pointer::bytes(image, length) }?;
        // SAFETY: the caller's promise.
        Ok(unsafe { Module::deserialize_raw_in(engine, NonNull::from(bytes), storage) }?)
    };
    // SAFETY: INV-C-CALLER.
    let made = unsafe { new(engine, storage, size, module, load) };
    // SAFETY: INV-C-CALLER.
    unsafe { answer(made, error) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER; the image is a symbol of an object of the precompiler's, as the header asks.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_module_link(
    engine: *const EngineObject,
    image: *const LinkedImage,
    storage: *mut c_void,
    size: usize,
    module: *mut *const ModuleObject,
    error: *mut ErrorInfo,
) -> Status {
    let load = |engine: &stilt::Engine, storage| {
        // SAFETY: INV-C-CALLER; the image stays.
        let image: &'static LinkedImage = unsafe { pointer::given(image) }?;
        // SAFETY: the caller's promise.
        Ok(unsafe { Module::from_linked_in(engine, image, storage) }?)
    };
    // SAFETY: INV-C-CALLER.
    let made = unsafe { new(engine, storage, size, module, load) };
    // SAFETY: INV-C-CALLER.
    unsafe { answer(made, error) }
}

/// # Safety
/// INV-C-CALLER.
unsafe fn new(
    engine: *const EngineObject,
    storage: *mut c_void,
    size: usize,
    out: *mut *const ModuleObject,
    load: impl FnOnce(&stilt::Engine, GivenStorage) -> Result<Module, Failure>,
) -> Result<(), Failure> {
    // SAFETY: INV-C-CALLER.
    let owner = unsafe { Object::alive(engine) }?;
    pointer::place(out)?;
    owner.leaves(storage, size)?;
    // SAFETY: INV-C-CALLER.
    let (place, rest) = unsafe { pointer::storage::<ModuleObject>(storage, size, Module::storage_size(0)) }?;
    let front = size.wrapping_sub(rest.len());
    let module = load(owner.engine(), rest).map_err(|failure| match failure.status {
        Status::STORAGE_SIZE => Failure { needed_size: failure.needed_size.saturating_add(front), ..failure },
        _ => failure,
    })?;
    // SAFETY: INV-C-CALLER.
    unsafe { pointer::put(out, place.as_ptr().cast_const()) }?;
    // SAFETY: the place is storage for it.
    unsafe { Object::make(place, module) };
    Ok(())
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_module_verify(module: *const ModuleObject) -> Status {
    // SAFETY: INV-C-CALLER.
    match unsafe { Object::alive(module) } {
        Ok(module) if module.as_ref().verify().is_err() => Status::IMAGE,
        found => found.into(),
    }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_module_drop(module: *const ModuleObject) -> Status {
    // SAFETY: INV-C-CALLER.
    let object = match unsafe { Object::alive(module) } {
        Ok(object) => object,
        Err(status) => return status,
    };
    if !raw::module_is_only(object.as_ref()) {
        return Status::IN_USE;
    }
    // SAFETY: nobody else has it, and C does not use it any more.
    unsafe { object.end() };
    Status::OK
}

/// `stilt_needs`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Needs {
    imports: u32,
    exports: u32,
    types: u32,
    reserved: u32,
    instance_size: usize,
    memories_size: usize,
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_module_needs(module: *const ModuleObject, needs: *mut Needs) -> Status {
    // SAFETY: INV-C-CALLER.
    let module = match unsafe { Object::alive(module) } {
        Ok(module) => module.as_ref(),
        Err(status) => return status,
    };
    let (imports, exports, types) = raw::counts(module);
    let (instance_size, memories_size) = raw::instance_size(module).unwrap_or((usize::MAX, usize::MAX));
    let found = Needs {
        imports,
        exports,
        types,
        reserved: 0,
        instance_size: instance_size.saturating_add(sizes::INSTANCE),
        memories_size,
    };
    // SAFETY: INV-C-CALLER.
    unsafe { pointer::put(needs, found) }.into()
}

/// `stilt_item`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Item {
    kind: u32,
    module: Text,
    name: Text,
    params: *const u8,
    params_length: usize,
    results: *const u8,
    results_length: usize,
    ty: u8,
    is_mutable: u8,
    min: u64,
    max: u64,
}

impl Item {
    fn of(module: &str, name: &str, ty: RawType<'_>) -> Item {
        let mut item = Item {
            kind: 0,
            module: Text::of(module),
            name: Text::of(name),
            params: core::ptr::null(),
            params_length: 0,
            results: core::ptr::null(),
            results_length: 0,
            ty: 0,
            is_mutable: 0,
            min: 0,
            max: 0,
        };
        match ty {
            RawType::Func(params, results) => {
                (item.params, item.params_length) = (params.as_ptr(), params.len());
                (item.results, item.results_length) = (results.as_ptr(), results.len());
            }
            RawType::Table(ty, min, max) => {
                (item.kind, item.ty, item.min, item.max) = (1, ty, min, max.unwrap_or(u64::MAX));
            }
            RawType::Memory(min, max) => (item.kind, item.min, item.max) = (2, min, max.unwrap_or(u64::MAX)),
            RawType::Global(ty, mutable) => (item.kind, item.ty, item.is_mutable) = (3, ty, mutable.into()),
        }
        item
    }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_module_import(
    module: *const ModuleObject,
    index: u32,
    item: *mut Item,
) -> Status {
    // SAFETY: INV-C-CALLER.
    match unsafe { Object::alive(module) } {
        Err(status) => status,
        Ok(module) => match raw::import(module.as_ref(), index) {
            None => Status::BOUNDS,
            // SAFETY: INV-C-CALLER.
            Some((from, name, ty)) => unsafe { pointer::put(item, Item::of(from, name, ty)) }.into(),
        },
    }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_module_export(
    module: *const ModuleObject,
    index: u32,
    item: *mut Item,
) -> Status {
    // SAFETY: INV-C-CALLER.
    match unsafe { Object::alive(module) } {
        Err(status) => status,
        Ok(module) => match raw::export(module.as_ref(), index) {
            None => Status::BOUNDS,
            // SAFETY: INV-C-CALLER.
            Some((name, ty)) => unsafe { pointer::put(item, Item::of("", name, ty)) }.into(),
        },
    }
}
