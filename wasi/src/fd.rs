//! The table of a program's file descriptors.
//!
//! It has room for a fixed number of them and never allocates. Today only the standard streams live in it. Files below
//! preopened directories become further variants of [`Descriptor`] that carry the host's own handle; the calls match on
//! the variant, so a new one is found by the compiler wherever it matters.

use crate::Errno;
use crate::abi::rights;
use crate::host::Stream;

/// How many descriptors a program can have open.
pub const CAPACITY: usize = 3;

/// What stands behind a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Descriptor {
    /// One of the host's standard streams.
    Stream(Stream),
}

impl Descriptor {
    /// What may be done with it, as `fd_fdstat_get` reports.
    pub const fn rights(self) -> u64 {
        let all = rights::FD_FDSTAT_SET_FLAGS | rights::FD_FILESTAT_GET | rights::POLL_FD_READWRITE;
        match self {
            Descriptor::Stream(Stream::Stdin) => all | rights::FD_READ,
            Descriptor::Stream(Stream::Stdout | Stream::Stderr) => all | rights::FD_WRITE,
        }
    }
}

/// A program's descriptors, by number.
#[derive(Clone, Debug)]
pub struct FdTable {
    open: [Option<Descriptor>; CAPACITY],
}

impl FdTable {
    /// Descriptors 0, 1 and 2 as programs expect them.
    pub const fn with_standard_streams() -> Self {
        Self {
            open: [
                Some(Descriptor::Stream(Stream::Stdin)),
                Some(Descriptor::Stream(Stream::Stdout)),
                Some(Descriptor::Stream(Stream::Stderr)),
            ],
        }
    }

    /// What stands behind `fd`.
    ///
    /// # Errors
    /// [`Errno::Badf`] if it is not open.
    pub fn descriptor(&self, fd: u32) -> Result<Descriptor, Errno> {
        usize::try_from(fd).ok().and_then(|index| self.open.get(index).copied().flatten()).ok_or(Errno::Badf)
    }

    /// Closes `fd`; its number is not open from then on.
    ///
    /// # Errors
    /// [`Errno::Badf`] if it is not open.
    pub fn close(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.slot(fd)?.take().ok_or(Errno::Badf)
    }

    /// Closes `to` and gives its number to what `from` stands for; `from` is not open afterwards.
    ///
    /// # Errors
    /// [`Errno::Badf`], and nothing changes, unless both are open.
    pub fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        let moved = self.descriptor(from)?;
        self.descriptor(to)?;
        self.close(from)?;
        *self.slot(to)? = Some(moved);
        Ok(())
    }

    fn slot(&mut self, fd: u32) -> Result<&mut Option<Descriptor>, Errno> {
        usize::try_from(fd).ok().and_then(|index| self.open.get_mut(index)).ok_or(Errno::Badf)
    }
}
