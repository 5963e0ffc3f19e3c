//! What one program's calls work on: its file descriptors and the embedder's host.

use crate::fd::FdTable;
use crate::host::WasiHost;

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
}
