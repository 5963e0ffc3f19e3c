//! Host functions: functions of C that guests call.

use core::ffi::c_void;

use stilt::{Caller, Error, Result};

use crate::store::{CallerObject, Data, StoreObject};
use crate::{FuncHandle, GlobalHandle, MemoryHandle, Status, TableHandle, Text};

/// `stilt_host_code`.
pub(crate) type HostCode =
    unsafe extern "C" fn(env: *mut c_void, caller: *const CallerObject, slots: *mut u64) -> Status;

/// `stilt_host`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Host {
    pub(crate) code: Option<HostCode>,
    pub(crate) env: *mut c_void,
    pub(crate) params: *const u8,
    pub(crate) params_length: usize,
    pub(crate) results: *const u8,
    pub(crate) results_length: usize,
}

/// `stilt_import`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Import {
    pub(crate) module: Text,
    pub(crate) name: Text,
    pub(crate) host: *const Host,
    pub(crate) func: *const FuncHandle,
    pub(crate) table: *const TableHandle,
    pub(crate) memory: *const MemoryHandle,
    pub(crate) global: *const GlobalHandle,
}

impl Import {
    /// Whether there is something under its name.
    pub(crate) const fn is_something(&self) -> bool {
        !(self.host.is_null()
            && self.func.is_null()
            && self.table.is_null()
            && self.memory.is_null()
            && self.global.is_null())
    }
}

/// A function of C as the runtime keeps it.
pub(crate) struct HostFunction {
    pub(crate) code: HostCode,
    pub(crate) env: *mut c_void,
    pub(crate) store: *const StoreObject,
}

/// What each import takes of a store's storage.
pub(crate) const SIZE: usize =
    stilt::raw::host_size::<HostFunction>().saturating_add(stilt::raw::IMPORT).saturating_add(crate::sizes::ALIGN);

// SAFETY: it is used by who uses its store, one thread at a time (INV-C-CALLER).
unsafe impl Send for HostFunction {}
// SAFETY: as above.
unsafe impl Sync for HostFunction {}

impl HostFunction {
    /// Calls it with arguments in slots, where it leaves its results.
    pub(crate) fn call(&self, mut caller: Caller<'_, Data>, slots: &mut [u64]) -> Result<()> {
        // SAFETY: a store's control lies still, and lives as long as the store, in which a guest runs.
        let control = unsafe { &*core::ptr::from_ref(caller.data().control()) };
        let (code, env, store) = (self.code, self.env, self.store);
        let status = control.lend(&mut caller, || {
            // SAFETY: C has given this function for calls of this kind (INV-C-CALLER); the slots are as many as its type needs.
            unsafe { code(env, store, slots.as_mut_ptr()) }
        });
        if status == Status::OK {
            return Ok(());
        }
        control.answered(status);
        Err(Error::fixed(&"a function of C failed"))
    }
}
