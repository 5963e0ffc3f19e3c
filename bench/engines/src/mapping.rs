//! An image in memory that is executable already, as a linker or a boot loader would have put it there.

use anyhow::{Result, bail};
use core::ptr::NonNull;

/// Bytes in a mapping of their own, which is never undone.
pub(crate) struct Mapping(NonNull<[u8]>);

impl Mapping {
    /// A copy of the bytes, readable and executable.
    pub(crate) fn new(bytes: &[u8]) -> Result<&'static Mapping> {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping, of nobody's memory.
        let start = unsafe { libc::mmap(core::ptr::null_mut(), bytes.len(), protection, flags, -1, 0) };
        let Some(start) = NonNull::new(start.cast::<u8>()).filter(|_| start != libc::MAP_FAILED) else {
            bail!("mmap failed");
        };
        // SAFETY: as long as the bytes are, and new, so that they do not overlap.
        unsafe { start.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
        let protection = libc::PROT_READ | libc::PROT_EXEC;
        // SAFETY: this mapping, to which nobody else has a reference yet.
        if unsafe { libc::mprotect(start.as_ptr().cast(), bytes.len(), protection) } != 0 {
            bail!("mprotect failed");
        }
        Ok(Box::leak(Box::new(Mapping(NonNull::slice_from_raw_parts(start, bytes.len())))))
    }

    pub(crate) const fn bytes(&self) -> NonNull<[u8]> {
        self.0
    }
}
