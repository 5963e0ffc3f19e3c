//! The twin of `pool.rs` for builds without the feature `pooling-allocator`: no pool can be made, so that nothing of it is linked.

use core::convert::Infallible;
use core::num::NonZeroUsize;
use core::ptr::NonNull;

use stilt_collections::TryArc;
use stilt_platform_abi::image::MemoryImage;

use crate::error::VmError;
use crate::memory::MemoryShape;

/// There is none.
#[derive(Debug)]
pub struct Pool(Infallible);

/// Nobody sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolConcurrencyLimitError(Infallible);

impl core::fmt::Display for PoolConcurrencyLimitError {
    fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {}
    }
}

impl core::error::Error for PoolConcurrencyLimitError {}

/// Which image it is: never the same for two.
#[derive(Clone, Copy)]
#[expect(dead_code, reason = "the twin reads them")]
pub(crate) struct ImageKey {
    /// The number of the module's images.
    pub(crate) images: NonZeroUsize,
    /// Which of them.
    pub(crate) index: usize,
}

impl Pool {
    pub(crate) fn take(
        pool: &TryArc<Pool>,
        _shape: &MemoryShape,
        _len: usize,
        _wants: Option<ImageKey>,
    ) -> Result<Slot, VmError> {
        match pool.0 {}
    }
}

/// There is none.
pub(crate) struct Slot(Infallible);

impl Slot {
    pub(crate) fn base(&self) -> NonNull<u8> {
        match self.0 {}
    }

    pub(crate) fn capacity(&self) -> usize {
        match self.0 {}
    }

    pub(crate) fn touch(&self) {
        match self.0 {}
    }

    pub(crate) fn owns(&self, _address: usize) -> bool {
        match self.0 {}
    }

    pub(crate) fn grow(&self, _len: usize) -> bool {
        match self.0 {}
    }

    pub(crate) unsafe fn place(
        &self,
        _start: usize,
        _image: &MemoryImage,
        _key: ImageKey,
        _bytes: &[u8],
    ) -> Result<bool, VmError> {
        match self.0 {}
    }

    pub(crate) fn forget_image(&self) {
        match self.0 {}
    }
}
