//! A platform whose calls fail on demand: the functions of the Linux platform, wrapped by the linker (`build.rs`). What they
//! hand out is counted, so that a test can see what was not given back.

pub mod life;

use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};

/// Calls that still succeed before one fails; below zero: none fails any more.
static LEFT: AtomicIsize = AtomicIsize::new(-1);
/// Whether all calls fail from then on.
static ALL: AtomicBool = AtomicBool::new(false);
/// Mappings and images that were not given back.
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// Whether handlers of traps cannot be installed. Apart from the others: a process asks for that once.
static HANDLER: AtomicBool = AtomicBool::new(false);
/// Whether nothing can be given back.
static UNMAPPING: AtomicBool = AtomicBool::new(false);

/// What a failing call returns.
const FAILURE: i32 = 4711;

/// Lets `calls` calls of the platform succeed and the next one fail.
pub fn fail_after(calls: usize) {
    LEFT.store(isize::try_from(calls).unwrap_or(isize::MAX), Ordering::SeqCst);
}

/// Lets no call fail; whether one has failed since [`fail_after`].
#[must_use]
pub fn stop_failing() -> bool {
    ALL.store(false, Ordering::SeqCst);
    LEFT.swap(-1, Ordering::SeqCst) < 0
}

/// Mappings and images that were not given back.
#[must_use]
pub fn alive() -> usize {
    ALIVE.load(Ordering::SeqCst)
}

/// Lets `calls` calls of the platform succeed and all later ones fail, until [`stop_failing`].
pub fn fail_from(calls: usize) {
    ALL.store(true, Ordering::SeqCst);
    fail_after(calls);
}

/// Whether handlers of traps cannot be installed from now on.
pub fn fail_handler(fails: bool) {
    HANDLER.store(fails, Ordering::SeqCst);
}

/// Whether nothing that was mapped can be given back from now on.
pub fn fail_unmapping(fails: bool) {
    UNMAPPING.store(fails, Ordering::SeqCst);
}

fn fails() -> bool {
    let left = LEFT.fetch_sub(1, Ordering::SeqCst);
    left == 0 || (ALL.load(Ordering::SeqCst) && left < 0)
}

fn count(status: i32, more: bool) -> i32 {
    if status == 0 {
        let _ = if more { ALIVE.fetch_add(1, Ordering::SeqCst) } else { ALIVE.fetch_sub(1, Ordering::SeqCst) };
    }
    status
}

/// Half of so many pages.
fn half(size: usize) -> usize {
    (size / 2).next_multiple_of(4096).min(size)
}

unsafe extern "C" {
    fn __real_wasmtime_mmap_new(size: usize, prot: u32, ret: *mut *mut u8) -> i32;
    fn __real_wasmtime_mmap_remap(addr: *mut u8, size: usize, prot: u32) -> i32;
    fn __real_wasmtime_munmap(ptr: *mut u8, size: usize) -> i32;
    fn __real_wasmtime_mprotect(ptr: *mut u8, size: usize, prot: u32) -> i32;
    fn __real_wasmtime_memory_image_new(ptr: *const u8, len: usize, ret: *mut *mut u8) -> i32;
    fn __real_wasmtime_memory_image_map_at(image: *mut u8, addr: *mut u8, len: usize) -> i32;
    fn __real_wasmtime_memory_image_free(image: *mut u8);
    fn __real_wasmtime_init_traps(handler: *const ()) -> i32;
    fn __real_stilt_platform_init_resumable_traps(handler: *const ()) -> i32;
    fn __real_stilt_platform_publish_code(ptr: *const u8, len: usize) -> i32;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_mmap_new(size: usize, prot: u32, ret: *mut *mut u8) -> i32 {
    if fails() {
        return FAILURE;
    }
    // SAFETY: the caller's promises, passed on, here and below.
    count(unsafe { __real_wasmtime_mmap_new(size, prot, ret) }, true)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_mmap_remap(addr: *mut u8, size: usize, prot: u32) -> i32 {
    if fails() {
        // Half of it is done.
        // SAFETY: as above.
        let _ = unsafe { __real_wasmtime_mmap_remap(addr, half(size), prot) };
        return FAILURE;
    }
    // SAFETY: as above.
    unsafe { __real_wasmtime_mmap_remap(addr, size, prot) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_munmap(ptr: *mut u8, size: usize) -> i32 {
    if UNMAPPING.load(Ordering::SeqCst) {
        return FAILURE;
    }
    // SAFETY: as above.
    count(unsafe { __real_wasmtime_munmap(ptr, size) }, false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_mprotect(ptr: *mut u8, size: usize, prot: u32) -> i32 {
    if fails() {
        // Half of it is done.
        // SAFETY: as above.
        let _ = unsafe { __real_wasmtime_mprotect(ptr, half(size), prot) };
        return FAILURE;
    }
    // SAFETY: as above.
    unsafe { __real_wasmtime_mprotect(ptr, size, prot) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_memory_image_new(ptr: *const u8, len: usize, ret: *mut *mut u8) -> i32 {
    if fails() {
        return FAILURE;
    }
    // SAFETY: as above.
    count(unsafe { __real_wasmtime_memory_image_new(ptr, len, ret) }, true)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_memory_image_map_at(image: *mut u8, addr: *mut u8, len: usize) -> i32 {
    if fails() {
        // What was there is gone, and nothing has come.
        // SAFETY: as above.
        let _ = unsafe { __real_wasmtime_mprotect(addr, len, 0) };
        return FAILURE;
    }
    // SAFETY: as above.
    unsafe { __real_wasmtime_memory_image_map_at(image, addr, len) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_memory_image_free(image: *mut u8) {
    count(0, false);
    // SAFETY: as above.
    unsafe { __real_wasmtime_memory_image_free(image) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_wasmtime_init_traps(handler: *const ()) -> i32 {
    if HANDLER.load(Ordering::SeqCst) {
        return FAILURE;
    }
    // SAFETY: as above.
    unsafe { __real_wasmtime_init_traps(handler) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_stilt_platform_init_resumable_traps(handler: *const ()) -> i32 {
    if HANDLER.load(Ordering::SeqCst) {
        return FAILURE;
    }
    // SAFETY: as above.
    unsafe { __real_stilt_platform_init_resumable_traps(handler) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_stilt_platform_publish_code(ptr: *const u8, len: usize) -> i32 {
    if fails() {
        return FAILURE;
    }
    // SAFETY: as above.
    unsafe { __real_stilt_platform_publish_code(ptr, len) }
}
