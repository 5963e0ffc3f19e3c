//! Mappings: gate `WASMTIME_VIRTUAL_MEMORY`, feature `virtual-memory`. `memory_disabled.rs` is the twin without it.
//!
//! A mapping is a start and a size which the caller keeps; nothing is allocated here and nothing is unmapped
//! on its own. Sizes and addresses that are not whole pages are refused before the platform sees them.

use crate::error::check;
pub use crate::protection::Protection;
use crate::{PlatformError, sys};
use core::ptr::NonNull;

/// Whether this build has the gate.
pub const SUPPORTED: bool = true;

const SMALLEST_PAGE: usize = 4096;
const LARGEST_PAGE: usize = 65536;

/// The size of a page in bytes: a power of two from 4096 to 65536. May be called in a trap handler.
///
/// # Errors
/// The platform named a size that the header does not allow.
#[inline]
pub fn page_size() -> Result<usize, PlatformError> {
    // SAFETY: the function takes no argument, any thread and any time.
    let size = unsafe { sys::wasmtime_page_size() };
    if size.is_power_of_two() && (SMALLEST_PAGE..=LARGEST_PAGE).contains(&size) {
        Ok(size)
    } else {
        Err(PlatformError::Contract {
            call: "wasmtime_page_size",
            what: "the page size is not a power of two from 4096 to 65536",
        })
    }
}

/// Makes a mapping of `size` zero bytes. With [`Protection::None`], it only reserves address space.
///
/// # Errors
/// `size` is zero or not a multiple of the page size; there is no memory or address space; or the platform broke its
/// contract.
pub fn map(size: usize, protection: Protection) -> Result<NonNull<u8>, PlatformError> {
    let call = "wasmtime_mmap_new";
    let page = page_size()?;
    whole_pages(call, page, 0, size)?;
    let mut start = core::ptr::null_mut();
    // SAFETY: `start` is a valid place for a pointer, and the size is a whole number of pages, not zero.
    let status = unsafe { sys::wasmtime_mmap_new(size, protection.flags(), &raw mut start) };
    check(call, status)?;
    let broken = |what| Err(PlatformError::Contract { call, what });
    let Some(start) = NonNull::new(start) else {
        return broken("the mapping starts at address 0");
    };
    if start.as_ptr().addr() & page.wrapping_sub(1) != 0 {
        return broken("the mapping does not start at a page");
    }
    if start.as_ptr().addr().checked_add(size).is_none() {
        return broken("the mapping does not fit into the address space");
    }
    Ok(start)
}

/// Replaces [`start`, `start + size`) by fresh zero pages in place.
///
/// # Errors
/// The range is not whole pages, or the platform failed; then its contents are undefined, and all that may be
/// done with it is to unmap it.
///
/// # Safety
/// The range lies within one mapping of [`map`], and nothing points into it that still expects its old contents; no thread
/// uses it meanwhile.
pub unsafe fn remap(start: NonNull<u8>, size: usize, protection: Protection) -> Result<(), PlatformError> {
    let call = "wasmtime_mmap_remap";
    whole_pages(call, page_size()?, start.as_ptr().addr(), size)?;
    // SAFETY: the range is whole pages, as checked, of one mapping, as the caller promises.
    let status = unsafe { sys::wasmtime_mmap_remap(start.as_ptr(), size, protection.flags()) };
    check(call, status)
}

/// Ends a mapping.
///
/// # Errors
/// The platform failed: the range is leaked, and not to be unmapped again.
///
/// # Safety
/// `start` and `size` are those of one whole mapping of [`map`], not unmapped before, which nothing uses any more.
pub unsafe fn unmap(start: NonNull<u8>, size: usize) -> Result<(), PlatformError> {
    // SAFETY: a whole mapping that nothing uses, as the caller promises.
    let status = unsafe { sys::wasmtime_munmap(start.as_ptr(), size) };
    check("wasmtime_munmap", status)
}

/// Changes what may be done with the pages of [`start`, `start + size`). Code is to be published
/// ([`crate::publication::publish_code`]) before it is made executable.
///
/// # Errors
/// The range is not whole pages, or the platform failed; then the range may have the old protection, the new one, or a
/// mixture.
///
/// # Safety
/// The range lies within one mapping of [`map`], and nothing accesses it in a way that the new protection forbids (other
/// than accesses which are meant to trap).
pub unsafe fn protect(start: NonNull<u8>, size: usize, protection: Protection) -> Result<(), PlatformError> {
    let call = "wasmtime_mprotect";
    whole_pages(call, page_size()?, start.as_ptr().addr(), size)?;
    // SAFETY: the range is whole pages, as checked, of one mapping, as the caller promises.
    let status = unsafe { sys::wasmtime_mprotect(start.as_ptr(), size, protection.flags()) };
    check(call, status)
}

/// Refuses an empty range, and one that does not start or end at a page. `page` is a power of two.
pub(crate) fn whole_pages(call: &'static str, page: usize, start: usize, size: usize) -> Result<(), PlatformError> {
    if size == 0 {
        return Err(PlatformError::Argument { call, what: "the size is zero" });
    }
    if (start | size) & page.wrapping_sub(1) != 0 {
        return Err(PlatformError::Argument { call, what: "the range is not whole pages" });
    }
    Ok(())
}
