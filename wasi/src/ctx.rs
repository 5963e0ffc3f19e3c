//! What one program's calls work on: its file descriptors and the embedder's host.

use crate::Errno;
use crate::fd::{Descriptor, FdTable};
use crate::files::{Files, Handle};
use crate::host::WasiHost;

/// What a program may do below a directory that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only; whatever would change something there is [`Errno::Rofs`].
    ReadOnly,
    /// Everything.
    ReadWrite,
}

/// The state behind one program's WASI imports. An embedder keeps it in its store's data.
#[derive(Debug)]
pub struct WasiCtx<H> {
    pub(crate) host: H,
    pub(crate) fds: FdTable,
}

impl<H: WasiHost> WasiCtx<H> {
    /// A program that has just started: descriptors 0, 1 and 2 are the host's standard streams.
    pub const fn new(host: H) -> Self {
        Self { host, fds: FdTable::with_standard_streams() }
    }

    /// Gives the program a directory of the host's [`Files`], under the lowest free number: the first is 3, where programs
    /// begin to look. Its name is what [`Files::name`] says.
    ///
    /// # Errors
    /// [`Errno::Mfile`], [`Errno::Nomem`].
    pub fn preopen(&mut self, directory: Handle, access: Access) -> Result<u32, Errno> {
        let fd = self.fds.vacancy()?;
        self.fds.put(fd, Descriptor::preopened(directory, access == Access::ReadOnly))?;
        Ok(fd)
    }

    /// The embedder's host.
    pub const fn host(&self) -> &H {
        &self.host
    }

    /// The embedder's host, to be changed.
    pub const fn host_mut(&mut self) -> &mut H {
        &mut self.host
    }

    /// Ends the program's state and gives the host back.
    pub fn into_host(self) -> H {
        self.host
    }

    /// The descriptors this program has open.
    pub const fn fds(&self) -> &FdTable {
        &self.fds
    }

    /// The host's files.
    ///
    /// # Errors
    /// [`Errno::Notsup`] if it has none.
    pub(crate) fn files(&mut self) -> Result<&mut dyn Files, Errno> {
        self.host.files().ok_or(Errno::Notsup)
    }
}
