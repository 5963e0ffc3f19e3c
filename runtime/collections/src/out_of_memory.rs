//! The error of every allocation of this crate.

use core::error::Error;
use core::fmt;

/// The allocator had no room, or the size asked for does not fit the address space.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OutOfMemory {
    size: usize,
}

impl OutOfMemory {
    /// An allocation of `size` bytes failed.
    #[must_use]
    pub const fn new(size: usize) -> Self {
        Self { size }
    }

    /// The bytes that were asked for; `usize::MAX` if the size overflowed.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.size == usize::MAX {
            f.write_str("out of memory: the size overflows the address space")
        } else {
            write!(f, "out of memory: failed to allocate {} bytes", self.size)
        }
    }
}

impl Error for OutOfMemory {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for OutOfMemory {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}
