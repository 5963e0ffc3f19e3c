//! `stilt_table`.

use stilt::{Extern, Func, Ref, StoreContextMut, Table, raw};

use crate::handle::Handle;
use crate::object::Object;
use crate::store::{Data, StoreObject};
use crate::{Status, TableHandle, pointer};

/// Does something with a table of a store.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn with(
    store: *const StoreObject,
    table: *const TableHandle,
    action: impl FnOnce(StoreContextMut<'_, Data>, Table) -> Result<(), Status>,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let object = match unsafe { Object::alive(store) } {
        Ok(object) => object,
        Err(status) => return status,
    };
    // SAFETY: INV-C-CALLER.
    let table: Table = match unsafe { Handle::read(table) } {
        Ok(table) => table,
        Err(status) => return status,
    };
    object
        .status(|context| {
            if !raw::is_of(&context, &Extern::Table(table)) {
                return Err(Status::FOREIGN);
            }
            action(context, table)
        })
        .into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_table_size(
    store: *const StoreObject,
    table: *const TableHandle,
    elements: *mut u64,
) -> Status {
    let look = |context: StoreContextMut<'_, Data>, table: Table| {
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put(elements, table.size(&context)) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, table, look) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_table_get(
    store: *const StoreObject,
    table: *const TableHandle,
    index: u64,
    element: *mut usize,
) -> Status {
    let get = |mut context: StoreContextMut<'_, Data>, table: Table| {
        if index >= table.size(&context) {
            return Err(Status::BOUNDS);
        }
        let found = match table.get(&mut context, index) {
            Some(Ref::Func(func)) => func,
            _ => return Err(Status::TYPE),
        };
        let address = found.map_or(Some(0), |func: Func| raw::func_to_slot(&mut context, &func));
        #[expect(clippy::cast_possible_truncation, reason = "a pointer in a slot is zero-extended")]
        let address = address.ok_or(Status::FOREIGN)? as usize;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put(element, address) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, table, get) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER; the reference is null, or comes from this store.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_table_set(
    store: *const StoreObject,
    table: *const TableHandle,
    index: u64,
    element: usize,
) -> Status {
    let set = |mut context: StoreContextMut<'_, Data>, table: Table| {
        if index >= table.size(&context) {
            return Err(Status::BOUNDS);
        }
        // SAFETY: the caller's promise.
        let func = unsafe { raw::func_from_slot(&context, element as u64) };
        table.set(&mut context, index, Ref::Func(func)).map_err(|_| Status::TYPE)
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, table, set) }
}
