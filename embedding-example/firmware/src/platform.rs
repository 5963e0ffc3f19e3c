//! `wasmtime-platform.h` on these boards: rung 0, a TLS pointer. There is one thread; interrupts do not call guests.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

static SLOTS: [AtomicPtr<u8>; 2] = [const { AtomicPtr::new(null_mut()) }; 2];

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_get(slot: usize) -> *mut u8 {
    SLOTS.get(slot).map_or(null_mut(), |slot| slot.load(Ordering::Relaxed))
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_set(slot: usize, value: *mut u8) {
    if let Some(slot) = SLOTS.get(slot) {
        slot.store(value, Ordering::Relaxed);
    }
}
