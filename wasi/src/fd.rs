//! The table of a program's file descriptors.
//!
//! The standard streams have places of their own; whatever else a program opens goes to a list that grows, fallibly, up
//! to [`LIMIT`]. A program without files allocates nothing here.

use crate::Errno;
use crate::abi::rights;
use crate::files::Handle;
use crate::host::{FileType, Stream};
use stilt_collections::TryVec;

/// How many descriptors a program can have open.
pub const LIMIT: usize = 1024;

/// How many of them have a place from the start.
const STREAMS: usize = 3;

/// What a descriptor refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// One of the host's standard streams.
    Stream(Stream),
    /// Something that is read and written and is no directory.
    File(Handle),
    /// A directory.
    Directory(Handle),
}

/// What stands behind a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Descriptor {
    /// What it refers to.
    pub target: Target,
    /// What that is. Of a stream the host says it each time.
    pub file_type: FileType,
    /// It lies below a directory that was given for reading only.
    pub read_only: bool,
    /// The program found it when it started.
    pub preopened: bool,
    /// Flags in force, [`fdflags`](crate::abi::fdflags).
    pub flags: u16,
    /// What may be done with it.
    pub rights: u64,
    /// What may be done with what is opened through it.
    pub inheriting: u64,
}

impl Descriptor {
    const fn stream(stream: Stream) -> Self {
        let direction = match stream {
            Stream::Stdin => rights::FD_READ,
            Stream::Stdout | Stream::Stderr => rights::FD_WRITE,
        };
        Self {
            target: Target::Stream(stream),
            file_type: FileType::Unknown,
            read_only: false,
            preopened: false,
            flags: 0,
            rights: direction | rights::STREAM,
            inheriting: 0,
        }
    }

    pub(crate) const fn preopened(directory: Handle, read_only: bool) -> Self {
        Self {
            target: Target::Directory(directory),
            file_type: FileType::Directory,
            read_only,
            preopened: true,
            flags: 0,
            rights: rights::DIRECTORY,
            inheriting: rights::DIRECTORY | rights::FILE,
        }
    }

    /// The host's handle, unless it is a stream.
    pub const fn handle(&self) -> Option<Handle> {
        match self.target {
            Target::Stream(_) => None,
            Target::File(handle) | Target::Directory(handle) => Some(handle),
        }
    }

    /// # Errors
    /// [`Errno::Notcapable`] unless it has all of these rights.
    pub(crate) const fn allow(&self, rights: u64) -> Result<(), Errno> {
        if rights & !self.rights == 0 { Ok(()) } else { Err(Errno::Notcapable) }
    }

    /// # Errors
    /// [`Errno::Rofs`] if nothing may be changed there.
    pub(crate) const fn allow_change(&self) -> Result<(), Errno> {
        if self.read_only { Err(Errno::Rofs) } else { Ok(()) }
    }
}

/// A program's descriptors, by number.
#[derive(Debug)]
pub struct FdTable {
    streams: [Option<Descriptor>; STREAMS],
    more: TryVec<Option<Descriptor>>,
}

impl FdTable {
    /// Descriptors 0, 1 and 2 as programs expect them.
    pub const fn with_standard_streams() -> Self {
        Self {
            streams: [
                Some(Descriptor::stream(Stream::Stdin)),
                Some(Descriptor::stream(Stream::Stdout)),
                Some(Descriptor::stream(Stream::Stderr)),
            ],
            more: TryVec::new(),
        }
    }

    /// What stands behind `fd`.
    ///
    /// # Errors
    /// [`Errno::Badf`] if it is not open.
    pub fn descriptor(&self, fd: u32) -> Result<Descriptor, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::Badf)?;
        let slot = match index.checked_sub(STREAMS) {
            None => self.streams.get(index),
            Some(index) => self.more.get(index),
        };
        slot.copied().flatten().ok_or(Errno::Badf)
    }

    /// What stands behind `fd`, to be changed.
    ///
    /// # Errors
    /// [`Errno::Badf`] if it is not open.
    pub(crate) fn descriptor_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.slot(fd)?.as_mut().ok_or(Errno::Badf)
    }

    /// The lowest number that is free, whose place is there from then on.
    ///
    /// # Errors
    /// [`Errno::Mfile`] if [`LIMIT`] are open, [`Errno::Nomem`] if the host has no memory for another.
    pub(crate) fn vacancy(&mut self) -> Result<u32, Errno> {
        let free = self.streams.iter().chain(&self.more).position(Option::is_none);
        let index = match free {
            Some(index) => index,
            None => {
                let len = self.more.len().saturating_add(STREAMS);
                if len >= LIMIT {
                    return Err(Errno::Mfile);
                }
                self.more.try_push(None).map_err(|_| Errno::Nomem)?;
                len
            }
        };
        u32::try_from(index).map_err(|_| Errno::Mfile)
    }

    /// Puts a descriptor where [`FdTable::vacancy`] found a place.
    pub(crate) fn put(&mut self, fd: u32, descriptor: Descriptor) -> Result<(), Errno> {
        *self.slot(fd)? = Some(descriptor);
        Ok(())
    }

    /// Closes `fd`; its number is not open from then on.
    ///
    /// # Errors
    /// [`Errno::Badf`] if it is not open.
    pub(crate) fn close(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.slot(fd)?.take().ok_or(Errno::Badf)
    }

    /// Gives the number `to` to what `from` stands for; `from` is not open afterwards. Gives what `to` stood for, if
    /// that is closed by it.
    ///
    /// # Errors
    /// [`Errno::Badf`], and nothing changes, unless both are open.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Descriptor>, Errno> {
        let moved = self.descriptor(from)?;
        self.descriptor(to)?;
        if from == to {
            return Ok(None);
        }
        self.close(from)?;
        Ok(self.slot(to)?.replace(moved))
    }

    fn slot(&mut self, fd: u32) -> Result<&mut Option<Descriptor>, Errno> {
        let index = usize::try_from(fd).map_err(|_| Errno::Badf)?;
        let slot = match index.checked_sub(STREAMS) {
            None => self.streams.get_mut(index),
            Some(index) => self.more.get_mut(index),
        };
        slot.ok_or(Errno::Badf)
    }
}
