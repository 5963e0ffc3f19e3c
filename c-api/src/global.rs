//! `stilt_global`.

use stilt::{Extern, Global, StoreContextMut, raw};

use crate::handle::Handle;
use crate::object::Object;
use crate::store::{Data, StoreObject};
use crate::value::Value;
use crate::{GlobalHandle, Status, pointer};

/// Does something with a global of a store.
///
/// # Safety
/// INV-C-CALLER.
unsafe fn with(
    store: *const StoreObject,
    global: *const GlobalHandle,
    action: impl FnOnce(StoreContextMut<'_, Data>, Global) -> Result<(), Status>,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let object = match unsafe { Object::alive(store) } {
        Ok(object) => object,
        Err(status) => return status,
    };
    // SAFETY: INV-C-CALLER.
    let global: Global = match unsafe { Handle::read(global) } {
        Ok(global) => global,
        Err(status) => return status,
    };
    object
        .status(|context| {
            if !raw::is_of(&context, &Extern::Global(global)) {
                return Err(Status::FOREIGN);
            }
            action(context, global)
        })
        .into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_global_get(
    store: *const StoreObject,
    global: *const GlobalHandle,
    value: *mut Value,
) -> Status {
    let get = |context: StoreContextMut<'_, Data>, global: Global| {
        let (ty, slots) = raw::global_slots(&context, &global).ok_or(Status::FOREIGN)?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put(value, Value::load(ty, &slots)) }
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, global, get) }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER; a reference is null, or comes from this store.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_global_set(
    store: *const StoreObject,
    global: *const GlobalHandle,
    value: *const Value,
) -> Status {
    let set = |mut context: StoreContextMut<'_, Data>, global: Global| {
        // SAFETY: INV-C-CALLER.
        let value = unsafe { pointer::given(value) }?;
        let (ty, _) = raw::global_slots(&context, &global).ok_or(Status::FOREIGN)?;
        let mut slots = [0; 2];
        value.store(ty, &mut slots)?;
        // SAFETY: the slots are of the global's type.
        unsafe { raw::set_global_slots(&mut context, &global, slots) }.ok_or(Status::IMMUTABLE)
    };
    // SAFETY: INV-C-CALLER.
    unsafe { with(store, global, set) }
}
