//! The thread-local pointer: two words for each core.

use crate::arch;
use crate::cores::CORES;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

static SLOTS: [[AtomicPtr<u8>; 2]; CORES] = [const { [const { AtomicPtr::new(null_mut()) }; 2] }; CORES];

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_get(slot: usize) -> *mut u8 {
    SLOTS[arch::core_number() & (CORES - 1)][slot & 1].load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_set(slot: usize, ptr: *mut u8) {
    SLOTS[arch::core_number() & (CORES - 1)][slot & 1].store(ptr, Ordering::Relaxed);
}
