//! `stilt_func`: calls.

use stilt::raw::{self, RawFunc};
use stilt::{AsContextMut, StoreContextMut};

use crate::failure::{ErrorInfo, Failure, answer};
use crate::handle::Handle;
use crate::object::Object;
use crate::store::{Data, StoreObject};
use crate::value::{Value, slots};
use crate::{FuncHandle, Status, pointer};

/// Slots of calls with values.
const SLOTS: usize = 32;

/// Does something with a function of a store.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn with<R>(
    store: *const StoreObject,
    func: *const FuncHandle,
    action: impl FnOnce(StoreContextMut<'_, Data>, RawFunc) -> Result<R, Failure>,
) -> Result<R, Failure> {
    // SAFETY: INV-C-CALLER.
    let object = unsafe { Object::alive(store) }?;
    // SAFETY: INV-C-CALLER.
    let func: RawFunc = unsafe { Handle::read(func) }?;
    object.with(|context| {
        if !raw::is_of(&context, &func.func().into()) {
            return Err(Status::FOREIGN.into());
        }
        action(context, func)
    })
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_func_check(
    store: *const StoreObject,
    func: *const FuncHandle,
    params: *const u8,
    params_length: usize,
    results: *const u8,
    results_length: usize,
) -> Status {
    let check = |context: StoreContextMut<'_, Data>, func: RawFunc| {
        // SAFETY: INV-C-CALLER.
        let params = unsafe { pointer::bytes(params, params_length) }?;
        // SAFETY: INV-C-CALLER.
        let results = unsafe { pointer::bytes(results, results_length) }?;
        match func.types(&context, |wanted, returned| wanted == params && returned == results)? {
            true => Ok(()),
            false => Err(Status::TYPE.into()),
        }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, func, check) }.map_err(|failure| failure.status).into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_func_shape(
    store: *const StoreObject,
    func: *const FuncHandle,
    params: *mut usize,
    results: *mut usize,
    slots: *mut usize,
) -> Status {
    let look = |context: StoreContextMut<'_, Data>, func: RawFunc| {
        pointer::place_if_wanted(results)?;
        pointer::place_if_wanted(slots)?;
        let (wanted, returned) = func.types(&context, |wanted, returned| (wanted.len(), returned.len()))?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put_if_wanted(params, wanted) }?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put_if_wanted(results, returned) }?;
        // SAFETY: INV-C-CALLER.
        Ok(unsafe { pointer::put_if_wanted(slots, func.slots()) }?)
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, func, look) }.map_err(|failure| failure.status).into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_call(
    store: *const StoreObject,
    func: *const FuncHandle,
    arguments: *const Value,
    arguments_length: usize,
    results: *mut Value,
    results_length: usize,
    error: *mut ErrorInfo,
) -> Status {
    let call = |mut context: StoreContextMut<'_, Data>, func: RawFunc| {
        // SAFETY: INV-C-CALLER. Results may go where arguments are, so that there are references to one at a time only.
        let arguments = unsafe { pointer::values(arguments, arguments_length) }?;
        if results_length != 0 {
            pointer::place(results)?;
        }
        let mut words = [0; SLOTS];
        if func.slots() > SLOTS {
            return Err(Status::LIMIT.into());
        }
        let stored = func.types(&context, |wanted, returned| {
            if wanted.len() != arguments.len() || returned.len() != results_length {
                return Err(Status::TYPE);
            }
            let mut rest = words.as_mut_slice();
            for (argument, ty) in arguments.iter().zip(wanted) {
                let (first, others) = rest.split_at_mut_checked(slots(*ty)).ok_or(Status::LIMIT)?;
                argument.store(*ty, first)?;
                rest = others;
            }
            Ok(())
        })?;
        stored?;
        run(&mut context, func, &mut words)?;
        // SAFETY: INV-C-CALLER; the arguments are of no use any more.
        let results = unsafe { pointer::values_mut(results, results_length) }?;
        let read = func.types(&context, |_, returned| {
            let mut rest = words.as_slice();
            for (result, ty) in results.iter_mut().zip(returned) {
                let (first, others) = rest.split_at_checked(slots(*ty)).unwrap_or_default();
                *result = Value::load(*ty, first);
                rest = others;
            }
        });
        Ok(read?)
    };
    // SAFETY: INV-C-CALLER.
    let called = unsafe { with(store, func, call) };
    // SAFETY: INV-C-CALLER.
    unsafe { answer(called, error) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER; the slots are of the types of the function's parameters.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_call_slots(
    store: *const StoreObject,
    func: *const FuncHandle,
    slots: *mut u64,
    length: usize,
    error: *mut ErrorInfo,
) -> Status {
    let call = |mut context: StoreContextMut<'_, Data>, func: RawFunc| {
        // SAFETY: INV-C-CALLER.
        let slots = unsafe { pointer::values_mut(slots, length) }?;
        if slots.len() < func.slots() {
            return Err(Status::TYPE.into());
        }
        run(&mut context, func, slots)
    };
    // SAFETY: INV-C-CALLER.
    let called = unsafe { with(store, func, call) };
    // SAFETY: INV-C-CALLER.
    unsafe { answer(called, error) }
}

/// Calls with slots that are enough, and of the types that they are to be.
fn run(context: &mut StoreContextMut<'_, Data>, func: RawFunc, slots: &mut [u64]) -> Result<(), Failure> {
    // SAFETY: who calls has compared the types, or C has.
    let Err(error) = (unsafe { func.call(&mut *context, slots) }) else { return Ok(()) };
    // SAFETY: a store's control lies still, and lives as long as the store.
    let control = unsafe { &*core::ptr::from_ref(context.data().control()) };
    Err(control.failure(context.as_context_mut(), error))
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_func_reference(
    store: *const StoreObject,
    func: *const FuncHandle,
    reference: *mut usize,
) -> Status {
    let refer = |context: StoreContextMut<'_, Data>, func: RawFunc| {
        let slot = raw::func_to_slot(context, &func.func()).ok_or(Status::FOREIGN)?;
        #[expect(clippy::cast_possible_truncation, reason = "a pointer in a slot is zero-extended")]
        let address = slot as usize;
        // SAFETY: INV-C-CALLER.
        Ok(unsafe { pointer::put(reference, address) }?)
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, func, refer) }.map_err(|failure| failure.status).into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER; the reference is null, or comes from this store.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_reference_func(
    store: *const StoreObject,
    reference: usize,
    func: *mut FuncHandle,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let found = unsafe { Object::alive(store) }.and_then(|object| {
        object.status(|context| {
            // SAFETY: the caller's promise.
            let found = unsafe { raw::func_from_slot(&context, reference as u64) }.ok_or(Status::NO_EXPORT)?;
            RawFunc::new(&context, found).map_err(|_| Status::FOREIGN)
        })
    });
    // SAFETY: INV-C-CALLER.
    found.and_then(|found| unsafe { pointer::put(func, Handle::new(found)) }).into()
}
