//! The thread-local pointer: how the runtime, and its trap handler, find what runs on this thread.
//!
//! No gate: every platform has it. Slot 0 is the runtime's; slot 1 is only for component-model async.

use crate::sys;

/// The slots that the header knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Slot {
    /// The runtime's activation.
    Runtime = 0,
    /// Component-model async.
    ComponentAsync = 1,
}

/// What this thread last stored in slot 0; null at first. May be called in a trap handler.
#[inline]
#[must_use]
pub fn load() -> *mut u8 {
    load_slot(Slot::Runtime)
}

/// Stores into slot 0 of this thread. The platform keeps the pointer, and never looks through it.
#[inline]
pub fn store(ptr: *mut u8) {
    store_slot(Slot::Runtime, ptr);
}

/// What this thread last stored in `slot`; null at first. May be called in a trap handler.
#[inline]
#[must_use]
pub fn load_slot(slot: Slot) -> *mut u8 {
    // SAFETY: the function takes any thread and any time; the slot is one that the header names.
    unsafe { sys::wasmtime_tls_get(slot as usize) }
}

/// Stores into `slot` of this thread.
#[inline]
#[expect(clippy::not_unsafe_ptr_arg_deref, reason = "the platform keeps the pointer and never looks through it")]
pub fn store_slot(slot: Slot, ptr: *mut u8) {
    // SAFETY: the function takes any pointer, which it does not dereference; the slot is one that the header names.
    unsafe { sys::wasmtime_tls_set(slot as usize, ptr) }
}
