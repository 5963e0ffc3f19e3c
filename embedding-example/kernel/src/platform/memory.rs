//! Virtual memory and memory images, over [`crate::window`].

use super::status;
use crate::frames::PAGE;
use crate::paging::{EXECUTE, READ, WRITE};
use crate::window::{Refusal, SPACE};
use core::ptr::with_exposed_provenance_mut;

/// Opaque to the runtime: the first table of the image's frames.
#[repr(C)]
struct wasmtime_memory_image {
    _opaque: [u8; 0],
}

/// The bits are those of the header; what it does not know is refused.
fn rights(flags: u32) -> Result<u8, Refusal> {
    let rights = u8::try_from(flags).map_err(|_| Refusal::Invalid)?;
    if rights & !(READ | WRITE | EXECUTE) == 0 { Ok(rights) } else { Err(Refusal::Invalid) }
}

/// # Safety
/// As in the header.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmtime_mmap_new(size: usize, prot_flags: u32, ret: *mut *mut u8) -> i32 {
    let made = rights(prot_flags).and_then(|rights| SPACE.with(|space| space.map(size, rights)));
    status(made.map(|start| {
        // SAFETY: the caller's own place for the pointer.
        unsafe { ret.write(with_exposed_provenance_mut(start)) };
    }))
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_mmap_remap(addr: *mut u8, size: usize, prot_flags: u32) -> i32 {
    status(rights(prot_flags).and_then(|rights| SPACE.with(|space| space.remap(addr.addr(), size, rights))))
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_munmap(ptr: *mut u8, size: usize) -> i32 {
    status(SPACE.with(|space| space.unmap(ptr.addr(), size)))
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_mprotect(ptr: *mut u8, size: usize, prot_flags: u32) -> i32 {
    status(rights(prot_flags).and_then(|rights| SPACE.with(|space| space.protect(ptr.addr(), size, rights))))
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_page_size() -> usize {
    PAGE
}

/// # Safety
/// As in the header.
#[unsafe(no_mangle)]
unsafe extern "C" fn wasmtime_memory_image_new(
    ptr: *const u8,
    len: usize,
    ret: *mut *mut wasmtime_memory_image,
) -> i32 {
    // The bytes may lie in pages that have no frame yet, which a fault would want to enter while the lock is held.
    for page in (0..len).step_by(PAGE) {
        // SAFETY: readable, as the header promises.
        let _ = unsafe { ptr.wrapping_add(page).read_volatile() };
    }
    // SAFETY: readable and unchanged during the call, as the header promises.
    let bytes = unsafe { core::slice::from_raw_parts(ptr, len) };
    status(SPACE.with(|space| space.new_image(bytes)).map(|image| {
        // SAFETY: the caller's own place for the pointer.
        unsafe { ret.write(with_exposed_provenance_mut(image)) };
    }))
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_memory_image_map_at(image: *mut wasmtime_memory_image, addr: *mut u8, len: usize) -> i32 {
    status(SPACE.with(|space| space.map_image(image.addr(), addr.addr(), len)))
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_memory_image_free(image: *mut wasmtime_memory_image) {
    if !image.is_null() {
        SPACE.with(|space| space.free_image(image.addr()));
    }
}

/// # Safety
/// As in the header.
#[unsafe(no_mangle)]
unsafe extern "C" fn stilt_platform_execute_alias_new(
    size: usize,
    ret_write: *mut *mut u8,
    ret_exec: *mut *const u8,
) -> i32 {
    status(SPACE.with(|space| space.alias(size)).map(|(write, execute)| {
        // SAFETY: the caller's own place for the pointer.
        unsafe { ret_write.write(with_exposed_provenance_mut(write)) };
        // SAFETY: likewise.
        unsafe { ret_exec.write(with_exposed_provenance_mut(execute)) };
    }))
}

#[unsafe(no_mangle)]
extern "C" fn stilt_platform_execute_alias_free(size: usize, write: *mut u8, exec: *const u8) -> i32 {
    status(SPACE.with(|space| {
        let first = space.unmap(write.addr(), size);
        space.unmap(exec.addr(), size).and(first)
    }))
}

/// How many frames are left, and how many there are: nothing may leak.
pub fn describe_memory() -> (usize, usize) {
    SPACE.with(|space| space.left())
}
