//! What can go wrong here that is no trap.

use core::fmt;

use stilt_artifact::ImageError;
use stilt_collections::OutOfMemory;
use stilt_platform_abi::PlatformError;

use crate::pool::PoolConcurrencyLimitError;

/// Why something could not be made.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum VmError {
    /// There is no memory for it.
    OutOfMemory(OutOfMemory),
    /// The platform failed, or does not have what is needed.
    Platform(PlatformError),
    /// The bytes are not an image that can be used here.
    Image(ImageError),
    /// The image lies at an address that is not aligned as it needs.
    Alignment {
        /// What is not aligned.
        what: &'static str,
        /// Where it lies.
        address: usize,
        /// The alignment needed, in bytes.
        align: usize,
    },
    /// A limit of this runtime, or a thing that it cannot do.
    Unsupported(&'static str),
    /// The parts do not belong together: another store's, or not what the image was compiled for.
    Mismatch(&'static str),
    /// All slots of the pool are in use.
    Pool(PoolConcurrencyLimitError),
}

impl VmError {
    /// A limit of this runtime, or a thing that it cannot do. What it says is linked with the feature `messages` only.
    pub(crate) const fn unsupported(what: &'static str) -> VmError {
        VmError::Unsupported(if cfg!(feature = "messages") { what } else { "" })
    }

    /// Parts that do not belong together, likewise.
    pub(crate) const fn mismatch(what: &'static str) -> VmError {
        VmError::Mismatch(if cfg!(feature = "messages") { what } else { "" })
    }
}

impl fmt::Display for VmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VmError::OutOfMemory(error) => error.fmt(f),
            VmError::Platform(error) => error.fmt(f),
            VmError::Image(error) => error.fmt(f),
            VmError::Alignment { what, address, align } => {
                write!(f, "{what} lies at {address:#x}, which is not aligned to {align} bytes")
            }
            VmError::Pool(error) => error.fmt(f),
            VmError::Unsupported(what) | VmError::Mismatch(what) => f.write_str(what),
        }
    }
}

impl core::error::Error for VmError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for VmError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl From<OutOfMemory> for VmError {
    fn from(error: OutOfMemory) -> Self {
        VmError::OutOfMemory(error)
    }
}

impl From<PlatformError> for VmError {
    fn from(error: PlatformError) -> Self {
        VmError::Platform(error)
    }
}

impl From<ImageError> for VmError {
    fn from(error: ImageError) -> Self {
        VmError::Image(error)
    }
}
