//! Copy-on-write memory images: gate `WASMTIME_VIRTUAL_MEMORY`, feature `virtual-memory`.
//!
//! Module loading makes one for a memory with initial data; each instantiation places it. A platform may decline
//! ([`MemoryImage::new`] returns `None`): then the data is copied.

use crate::error::check;
use crate::memory::{page_size, whole_pages};
use crate::{PlatformError, sys};
use core::ptr::NonNull;

/// Bytes that can be placed in many mappings without a copy. Dropping it leaves those placements as they are.
#[derive(Debug)]
pub struct MemoryImage {
    image: NonNull<sys::wasmtime_memory_image>,
    len: usize,
}

// SAFETY: the header says that each function on an image is called on any thread.
unsafe impl Send for MemoryImage {}
// SAFETY: the one function that takes a shared image, map_at, is called on several threads at once, as the header says.
unsafe impl Sync for MemoryImage {}

impl MemoryImage {
    /// Makes an image of `bytes`, which must start and end at a page, and need not live on. `None`: the platform has
    /// no images, or none of this; the caller copies instead.
    ///
    /// # Errors
    /// `bytes` is empty or not whole pages, or the platform failed.
    pub fn new(bytes: &[u8]) -> Result<Option<Self>, PlatformError> {
        let call = "wasmtime_memory_image_new";
        let len = bytes.len();
        whole_pages(call, page_size()?, bytes.as_ptr().addr(), len)?;
        let mut image = core::ptr::null_mut();
        // SAFETY: the bytes are borrowed, so they are readable and unchanged during the call; they are whole pages;
        // `image` is a valid place for a pointer.
        let status = unsafe { sys::wasmtime_memory_image_new(bytes.as_ptr(), len, &raw mut image) };
        check(call, status)?;
        Ok(NonNull::new(image).map(|image| Self { image, len }))
    }

    /// The size of the image in bytes: whole pages.
    #[must_use]
    pub fn size(&self) -> usize {
        self.len
    }

    /// Places the first `len` bytes at [`start`, `start + len`), readable, writable, private.
    ///
    /// # Errors
    /// The range is not whole pages or longer than the image, or the platform failed; then the contents of
    /// the range are undefined.
    ///
    /// # Safety
    /// The range lies within one mapping of [`crate::memory::map`], nothing points into it that still expects its old contents,
    /// and no thread uses it meanwhile.
    pub unsafe fn map_at(&self, start: NonNull<u8>, len: usize) -> Result<(), PlatformError> {
        let call = "wasmtime_memory_image_map_at";
        whole_pages(call, page_size()?, start.as_ptr().addr(), len)?;
        if len > self.len {
            return Err(PlatformError::Argument { call, what: "the range is longer than the image" });
        }
        // SAFETY: the image lives as long as `self`; the range is whole pages of a mapping, as the caller promises.
        let status = unsafe { sys::wasmtime_memory_image_map_at(self.image.as_ptr(), start.as_ptr(), len) };
        check(call, status)
    }
}

impl Drop for MemoryImage {
    fn drop(&mut self) {
        // SAFETY: the platform made this image, and it is freed once, here.
        unsafe { sys::wasmtime_memory_image_free(self.image.as_ptr()) }
    }
}
