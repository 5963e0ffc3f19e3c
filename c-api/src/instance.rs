//! `stilt_instance`: linking, and what is exported.

use core::ffi::c_char;

use stilt::raw::{self, RawFunc, RawType};
use stilt::{AsContextMut, Extern, Instance, StoreContextMut};

use crate::failure::{ErrorInfo, Failure, Message, answer};
use crate::handle::{Handle, Kind};
use crate::host::{Host, HostFunction, Import};
use crate::module::ModuleObject;
use crate::object::Object;
use crate::pointer;
use crate::store::{Data, StoreObject};
use crate::{FuncHandle, GlobalHandle, InstanceHandle, MemoryHandle, Status, TableHandle, Text, sizes};

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_instantiate(
    store: *const StoreObject,
    module: *const ModuleObject,
    imports: *const Import,
    count: usize,
    instance: *mut InstanceHandle,
    error: *mut ErrorInfo,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let made = unsafe { instantiate(store, module, imports, count, instance) };
    // SAFETY: INV-C-CALLER.
    unsafe { answer(made, error) }
}

/// # Safety
/// INV-C-CALLER.
unsafe fn instantiate(
    store: *const StoreObject,
    module: *const ModuleObject,
    imports: *const Import,
    count: usize,
    out: *mut InstanceHandle,
) -> Result<(), Failure> {
    // SAFETY: INV-C-CALLER.
    let object = unsafe { Object::alive(store) }?;
    // SAFETY: INV-C-CALLER.
    let module = unsafe { Object::alive(module) }?.as_ref();
    // SAFETY: INV-C-CALLER.
    let given = unsafe { pointer::values(imports, count) }?;
    pointer::place(out)?;
    let made = object.with(|mut context| {
        if !stilt::Engine::same(context.engine(), module.engine()) {
            return Err(Status::FOREIGN.into());
        }
        let wanted = raw::counts(module).0;
        for index in 0..wanted {
            // SAFETY: INV-C-CALLER.
            unsafe { check(&mut context, module, index, given) }?;
        }
        room(&context, module, wanted)?;
        let made = raw::instantiate(&mut context, module, &mut |context, index| {
            // SAFETY: INV-C-CALLER.
            unsafe { resolve(context, store, module, index, given) }
        });
        made.map_err(|stopped: Stopped| match stopped {
            Stopped::Before(failure) => failure,
            Stopped::Error(error) => limit(object.control().failure(context.as_context_mut(), error)),
        })
    })?;
    // SAFETY: INV-C-CALLER.
    Ok(unsafe { pointer::put(out, Handle::new(made)) }?)
}

/// Why there is no instance.
enum Stopped {
    Before(Failure),
    Error(stilt::Error),
}

impl From<stilt::Error> for Stopped {
    fn from(error: stilt::Error) -> Stopped {
        Stopped::Error(error)
    }
}

/// What is left over when types, imports and storage have been looked at: a limit of the store's.
fn limit(failure: Failure) -> Failure {
    match (failure.status, &failure.message) {
        // Not what a host function has answered.
        (Status::FAILED, Message::Error(_)) => Failure { status: Status::LIMIT, ..failure },
        _ => failure,
    }
}

/// Whether there is room for an instance.
fn room(context: &StoreContextMut<'_, Data>, module: &stilt::Module, imports: u32) -> Result<(), Failure> {
    let (left, memory_left) = raw::storage_left(context);
    let (instance, memories) = raw::instance_size(module).unwrap_or((usize::MAX, usize::MAX));
    let mut needed = sizes::IMPORT.saturating_mul(usize::try_from(imports).unwrap_or(usize::MAX));
    needed = needed.saturating_add(instance).saturating_add(sizes::INSTANCE);
    if let Some(stack) = raw::needs_interpreter(context, module) {
        let stack = stack.checked_next_multiple_of(sizes::ALIGN).unwrap_or(usize::MAX);
        needed = needed.saturating_add(stack).saturating_add(sizes::INTERPRETER);
    }
    let short = |needed| Failure { needed_size: needed, needed_align: sizes::ALIGN, ..Status::STORAGE_SIZE.into() };
    if raw::has_memory_storage(context) {
        if memories > memory_left {
            return Err(short(memories));
        }
    } else {
        needed = needed.saturating_add(memories);
    }
    if needed > left { Err(short(needed)) } else { Ok(()) }
}

/// The import of C's for number `index`, and what is wanted there.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn find<'a>(
    module: &'a stilt::Module,
    index: u32,
    given: &'a [Import],
) -> Result<(Option<&'a Import>, &'a str, &'a str, RawType<'a>), Failure> {
    let (from, name, ty) = raw::import(module, index).ok_or(Status::FAILED)?;
    for import in given {
        // SAFETY: INV-C-CALLER.
        let import_from = unsafe { import.module.bytes() }?;
        // SAFETY: INV-C-CALLER.
        let import_name = unsafe { import.name.bytes() }?;
        if import_from == from.as_bytes() && import_name == name.as_bytes() {
            return Ok((Some(import), from, name, ty));
        }
    }
    Ok((None, from, name, ty))
}

/// Whether C has something for an import that fits.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn check(
    context: &mut StoreContextMut<'_, Data>,
    module: &stilt::Module,
    index: u32,
    given: &[Import],
) -> Result<(), Failure> {
    // SAFETY: INV-C-CALLER.
    let (import, from, name, ty) = unsafe { find(module, index, given) }?;
    let fault = |status: Status| Failure {
        import_index: index,
        import_module: Text::of(from),
        import_name: Text::of(name),
        ..status.into()
    };
    let Some(import) = import.filter(|import| import.is_something()) else {
        return Err(fault(Status::IMPORT_MISSING));
    };
    if !import.host.is_null() {
        // SAFETY: INV-C-CALLER.
        let host = unsafe { pointer::given(import.host) }?;
        // SAFETY: INV-C-CALLER.
        let (params, results) = unsafe { types(host) }?;
        if host.code.is_none() {
            return Err(fault(Status::INVALID));
        }
        return match ty {
            RawType::Func(wanted, returned) if wanted == params && returned == results => Ok(()),
            _ => Err(fault(Status::IMPORT_TYPE)),
        };
    }
    // SAFETY: INV-C-CALLER.
    let item = unsafe { item(import) }.map_err(fault)?;
    if !raw::is_of(&*context, &item) {
        return Err(fault(Status::FOREIGN));
    }
    if !raw::import_fits(&*context, module, index, &item) {
        return Err(fault(Status::IMPORT_TYPE));
    }
    Ok(())
}

/// Bytes of the types of a function of C's.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn types(host: &Host) -> Result<(&[u8], &[u8]), Status> {
    // SAFETY: INV-C-CALLER.
    let params = unsafe { pointer::bytes(host.params, host.params_length) }?;
    // SAFETY: INV-C-CALLER.
    let results = unsafe { pointer::bytes(host.results, host.results_length) }?;
    Ok((params, results))
}

/// What an import leads to that is not a function of C's.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn item(import: &Import) -> Result<Extern, Status> {
    if !import.func.is_null() {
        // SAFETY: INV-C-CALLER.
        return Ok(unsafe { Handle::read(import.func) }?.func().into());
    }
    if !import.table.is_null() {
        // SAFETY: INV-C-CALLER.
        return Ok(unsafe { Handle::read(import.table) }?.into());
    }
    if !import.memory.is_null() {
        // SAFETY: INV-C-CALLER.
        return Ok(unsafe { Handle::read(import.memory) }?.into());
    }
    // SAFETY: INV-C-CALLER.
    Ok(unsafe { Handle::read(import.global) }?.into())
}

/// Makes what an import leads to, which was found to fit.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn resolve(
    context: StoreContextMut<'_, Data>,
    store: *const StoreObject,
    module: &stilt::Module,
    index: u32,
    given: &[Import],
) -> Result<Extern, Stopped> {
    // SAFETY: INV-C-CALLER.
    let (import, ..) = unsafe { find(module, index, given) }.map_err(Stopped::Before)?;
    let before = |status: Status| Stopped::Before(status.into());
    let import = import.ok_or(before(Status::IMPORT_MISSING))?;
    if import.host.is_null() {
        // SAFETY: INV-C-CALLER.
        return unsafe { item(import) }.map_err(before);
    }
    // SAFETY: INV-C-CALLER.
    let host = unsafe { pointer::given(import.host) }.map_err(before)?;
    // SAFETY: INV-C-CALLER.
    let (params, results) = unsafe { types(host) }.map_err(before)?;
    let code = host.code.ok_or(before(Status::INVALID))?;
    let function = HostFunction { code, env: host.env, store };
    // SAFETY: C leaves results of these types, as stilt_host_code says (INV-C-CALLER).
    let func = unsafe { raw::host_func(context, params, results, move |caller, slots| function.call(caller, slots)) };
    match func {
        Ok(func) => Ok(func.into()),
        Err(error) if error.downcast_ref::<stilt::OutOfMemory>().is_some() => Err(Stopped::Error(error)),
        // All else was looked at: there is no room for the type.
        Err(_) => Err(before(Status::TYPES)),
    }
}

/// Finds an export of a kind.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn export<V: Kind>(
    store: *const StoreObject,
    instance: *const InstanceHandle,
    name: *const c_char,
    length: usize,
    out: *mut Handle<V>,
    of: impl FnOnce(StoreContextMut<'_, Data>, Extern) -> Option<V>,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let found = unsafe { find_export(store, instance, name, length, of) };
    // SAFETY: INV-C-CALLER.
    found.and_then(|found| unsafe { pointer::put(out, Handle::new(found)) }).into()
}

/// # Safety
/// INV-C-CALLER.
unsafe fn find_export<V: Kind>(
    store: *const StoreObject,
    instance: *const InstanceHandle,
    name: *const c_char,
    length: usize,
    of: impl FnOnce(StoreContextMut<'_, Data>, Extern) -> Option<V>,
) -> Result<V, Status> {
    // SAFETY: INV-C-CALLER.
    let object = unsafe { Object::alive(store) }?;
    // SAFETY: INV-C-CALLER.
    let instance: Instance = unsafe { Handle::read(instance) }?;
    // SAFETY: INV-C-CALLER.
    let name = unsafe { pointer::name(name, length) }?;
    object.status(|mut context| {
        if instance.try_module(&context).is_none() {
            return Err(Status::FOREIGN);
        }
        let item = instance.get_export(&mut context, name).ok_or(Status::NO_EXPORT)?;
        of(context, item).ok_or(Status::NO_EXPORT)
    })
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_instance_func(
    store: *const StoreObject,
    instance: *const InstanceHandle,
    name: *const c_char,
    length: usize,
    func: *mut FuncHandle,
) -> Status {
    let of = |context: StoreContextMut<'_, Data>, item: Extern| RawFunc::new(context, item.into_func()?).ok();
    // SAFETY: INV-C-CALLER.
    unsafe { export(store, instance, name, length, func, of) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_instance_memory(
    store: *const StoreObject,
    instance: *const InstanceHandle,
    name: *const c_char,
    length: usize,
    memory: *mut MemoryHandle,
) -> Status {
    // SAFETY: INV-C-CALLER.
    unsafe { export(store, instance, name, length, memory, |_, item| item.into_memory()) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_instance_table(
    store: *const StoreObject,
    instance: *const InstanceHandle,
    name: *const c_char,
    length: usize,
    table: *mut TableHandle,
) -> Status {
    // SAFETY: INV-C-CALLER.
    unsafe { export(store, instance, name, length, table, |_, item| item.into_table()) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_instance_global(
    store: *const StoreObject,
    instance: *const InstanceHandle,
    name: *const c_char,
    length: usize,
    global: *mut GlobalHandle,
) -> Status {
    // SAFETY: INV-C-CALLER.
    unsafe { export(store, instance, name, length, global, |_, item| item.into_global()) }
}
