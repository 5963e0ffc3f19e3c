//! A port to start from: the functions of `wasmtime-platform.h`, gate by gate. What is TODO answers [`NOT_YET`], so that it compiles,
//! links, and the conformance kit (`main.rs`) names what is missing.
#![no_std]

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// Any number but 0: the runtime hands it to the embedder in its error.
pub const NOT_YET: i32 = 38;

// ---- Rung 0: always ----

/// TODO: one pair for each thread, or for each core. This is right for one thread on one core.
static SLOTS: [AtomicPtr<u8>; 2] = [const { AtomicPtr::new(null_mut()) }; 2];

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_get(slot: usize) -> *mut u8 {
    SLOTS[slot & 1].load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_tls_set(slot: usize, ptr: *mut u8) {
    SLOTS[slot & 1].store(ptr, Ordering::Relaxed);
}

// ---- Rung 1: virtual memory ----
#[cfg(feature = "virtual-memory")]
mod memory {
    use super::NOT_YET;
    use core::ffi::c_void;
    use core::ptr::null_mut;

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_page_size() -> usize {
        4096
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_mmap_new(_size: usize, _prot_flags: u32, _ret: *mut *mut u8) -> i32 {
        NOT_YET // TODO
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_mmap_remap(_addr: *mut u8, _size: usize, _prot_flags: u32) -> i32 {
        NOT_YET // TODO
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_munmap(_ptr: *mut u8, _size: usize) -> i32 {
        NOT_YET // TODO
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_mprotect(_ptr: *mut u8, _size: usize, _prot_flags: u32) -> i32 {
        NOT_YET // TODO
    }

    /// Images may stay like this: then the data of memories is copied.
    ///
    /// # Safety
    /// As in the header.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn wasmtime_memory_image_new(_ptr: *const u8, _len: usize, ret: *mut *mut c_void) -> i32 {
        // SAFETY: the caller's own place for the pointer, as the header says.
        unsafe { ret.write(null_mut()) };
        0
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_memory_image_map_at(_image: *mut c_void, _addr: *mut u8, _len: usize) -> i32 {
        NOT_YET
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_memory_image_free(_image: *mut c_void) {}
}

// ---- Rung 2: hardware traps, whose handler says where to go on ----
#[cfg(feature = "resumable-traps")]
mod traps {
    use super::NOT_YET;
    use stilt_platform_abi::resumable::ResumeHandler;

    #[unsafe(no_mangle)]
    extern "C" fn stilt_platform_init_resumable_traps(_handler: ResumeHandler) -> i32 {
        NOT_YET // TODO: keep it; call it from the fault vector, and return to what the frame then says
    }
}

// ---- Rung 3: several threads ----
#[cfg(feature = "custom-sync")]
mod sync {
    use core::hint::spin_loop;
    use core::sync::atomic::{AtomicUsize, Ordering};

    /// The word of a lock that is held for writing; of one that is held for reading, the number of readers.
    const WRITER: usize = usize::MAX;

    fn replace(word: &AtomicUsize, old: usize, new: usize) -> bool {
        word.compare_exchange_weak(old, new, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_lock_acquire(lock: &AtomicUsize) {
        while !replace(lock, 0, WRITER) {
            spin_loop();
        }
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_lock_release(lock: &AtomicUsize) {
        lock.store(0, Ordering::Release);
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_lock_free(_lock: &AtomicUsize) {}

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_rwlock_read(lock: &AtomicUsize) {
        loop {
            let readers = lock.load(Ordering::Relaxed);
            if readers < WRITER - 1 && replace(lock, readers, readers + 1) {
                return;
            }
            spin_loop();
        }
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_rwlock_read_release(lock: &AtomicUsize) {
        lock.fetch_sub(1, Ordering::Release);
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_rwlock_write(lock: &AtomicUsize) {
        while !replace(lock, 0, WRITER) {
            spin_loop();
        }
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_rwlock_write_release(lock: &AtomicUsize) {
        lock.store(0, Ordering::Release);
    }

    #[unsafe(no_mangle)]
    extern "C" fn wasmtime_sync_rwlock_free(_lock: &AtomicUsize) {}
}
