//! The twin of `image.rs` for builds without the feature `virtual-memory`: no image ever exists.

use crate::PlatformError;
use core::ptr::NonNull;

/// Without the gate, a type without values.
#[derive(Debug)]
pub enum MemoryImage {}

impl MemoryImage {
    /// Without the gate there are no images: `None`, which every caller copes with by copying.
    ///
    /// # Errors
    /// None.
    #[inline]
    pub fn new(_bytes: &[u8]) -> Result<Option<Self>, PlatformError> {
        Ok(None)
    }

    /// The size of the image in bytes.
    #[must_use]
    #[inline]
    pub fn size(&self) -> usize {
        match *self {}
    }

    /// Places the image.
    ///
    /// # Errors
    /// None.
    ///
    /// # Safety
    /// None is needed here; the promises are those of the twin.
    #[inline]
    pub unsafe fn map_at(&self, _start: NonNull<u8>, _len: usize) -> Result<(), PlatformError> {
        match *self {}
    }
}
