//! What an embedder implements to give programs files below directories of its choice.
//!
//! The host names what is open by [`Handle`]s of its own; which descriptor numbers they have, which rights these carry and
//! whether anything may be changed there is checked before the host is asked. What is left to the host is the files
//! themselves, and one promise: **no path leads out of the directory that it is relative to**, by `..`, by a leading `/`
//! or by a symbolic link, however the tree changes meanwhile.
//!
//! Every method has a default that refuses, so that a host with a read-only tree in flash implements five of them.
//! Nothing is asked to allocate; bytes are read to and written from the guest's memory directly.

use crate::Errno;
use crate::host::FileType;

/// What a host calls an open file or directory. The numbers are the host's own; the guest never sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle(pub u32);

/// How to open a file. All flags are independent of each other unless said otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the interface, each with its name")]
pub struct OpenHow {
    /// If the last component of the path is a symbolic link, open what it points to; otherwise that is [`Errno::Loop`].
    pub follow: bool,
    /// It will be read.
    pub read: bool,
    /// It will be written.
    pub write: bool,
    /// Make the file if it is not there.
    pub create: bool,
    /// With `create`: [`Errno::Exist`] if it is there.
    pub exclusive: bool,
    /// Cut it to no bytes.
    pub truncate: bool,
    /// [`Errno::Notdir`] unless it is a directory. Never with `write`, `create` or `truncate`.
    pub directory: bool,
    /// The flags of [`fdflags`](crate::abi::fdflags).
    pub flags: u16,
}

/// What a host opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What the host calls it.
    pub handle: Handle,
    /// What it is.
    pub file_type: FileType,
}

/// What is known of a file. Times are nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// The device that holds it.
    pub device: u64,
    /// Its serial number there.
    pub inode: u64,
    /// What it is.
    pub file_type: FileType,
    /// The number of hard links.
    pub links: u64,
    /// Its size in bytes.
    pub size: u64,
    /// Last access.
    pub accessed: u64,
    /// Last change of the data.
    pub modified: u64,
    /// Last change of the status.
    pub changed: u64,
}

/// What becomes of one of a file's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    /// It stays.
    Keep,
    /// It becomes the present time.
    Now,
    /// It becomes this one, in nanoseconds since 1970.
    At(u64),
}

/// What becomes of a file's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Last access.
    pub accessed: SetTime,
    /// Last change of the data.
    pub modified: SetTime,
}

/// Where a position is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// The beginning.
    Start,
    /// The present position.
    Current,
    /// The end.
    End,
}

/// How a range of a file will be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// In no particular way.
    Normal,
    /// From lower to higher offsets.
    Sequential,
    /// In any order.
    Random,
    /// Soon.
    WillNeed,
    /// Not soon.
    DontNeed,
    /// Once.
    NoReuse,
}

/// One name in a directory.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'n> {
    /// The cookie of the entry that follows.
    pub next: u64,
    /// The serial number of what it names.
    pub inode: u64,
    /// What that is.
    pub file_type: FileType,
    /// The name.
    pub name: &'n [u8],
}

/// Files below directories. Paths are relative to the directory given with them, not empty, and without zero bytes.
///
/// Errors are what the guest's call returns.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
pub trait Files {
    /// The name under which a program finds a directory that [`WasiCtx::preopen`](crate::WasiCtx::preopen) gave it.
    fn name(&self, directory: Handle) -> Result<&[u8], Errno> {
        let _ = directory;
        Err(Errno::Notsup)
    }

    /// Opens what the path leads to.
    fn open(&mut self, directory: Handle, path: &str, how: &OpenHow) -> Result<Opened, Errno> {
        let _ = (directory, path, how);
        Err(Errno::Notsup)
    }

    /// Closes it; the handle is the host's again, also after an error.
    fn close(&mut self, handle: Handle) -> Result<(), Errno> {
        let _ = handle;
        Ok(())
    }

    /// Reads at the position, which moves on. 0 is the end of the file; `into` is not empty.
    fn read(&mut self, file: Handle, into: &mut [u8]) -> Result<usize, Errno> {
        let _ = (file, into);
        Err(Errno::Notsup)
    }

    /// Writes from the front of `bytes`, which is not empty, at the position, which moves on.
    fn write(&mut self, file: Handle, bytes: &[u8]) -> Result<usize, Errno> {
        let _ = (file, bytes);
        Err(Errno::Notsup)
    }

    /// Reads at `offset` and leaves the position alone.
    fn read_at(&mut self, file: Handle, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        let _ = (file, into, offset);
        Err(Errno::Notsup)
    }

    /// Writes at `offset` and leaves the position alone.
    fn write_at(&mut self, file: Handle, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        let _ = (file, bytes, offset);
        Err(Errno::Notsup)
    }

    /// Moves the position and gives it, counted from the beginning. [`Errno::Inval`] for one before that.
    fn seek(&mut self, file: Handle, offset: i64, whence: Whence) -> Result<u64, Errno> {
        let _ = (file, offset, whence);
        Err(Errno::Notsup)
    }

    /// How many bytes can be read (or with `write`, written) without waiting, for a guest that polls.
    fn ready(&mut self, file: Handle, write: bool) -> Result<u64, Errno> {
        let _ = (file, write);
        Err(Errno::Notsup)
    }

    /// What is known of an open file or directory.
    fn status(&mut self, handle: Handle) -> Result<Status, Errno> {
        let _ = handle;
        Err(Errno::Notsup)
    }

    /// Changes [`fdflags`](crate::abi::fdflags) from those in force to others.
    fn set_flags(&mut self, file: Handle, from: u16, to: u16) -> Result<(), Errno> {
        let _ = (file, from, to);
        Err(Errno::Notsup)
    }

    /// Cuts a file, or extends it with zeros.
    fn set_size(&mut self, file: Handle, size: u64) -> Result<(), Errno> {
        let _ = (file, size);
        Err(Errno::Notsup)
    }

    /// Sets the times of an open file or directory.
    fn set_times(&mut self, handle: Handle, times: Times) -> Result<(), Errno> {
        let _ = (handle, times);
        Err(Errno::Notsup)
    }

    /// Takes note of how a range will be used; a length of 0 reaches to the end.
    fn advise(&mut self, file: Handle, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        let _ = (file, offset, len, advice);
        Ok(())
    }

    /// Makes room for a range, which is not empty and ends within 63 bits; the file grows to its end.
    fn allocate(&mut self, file: Handle, offset: u64, len: u64) -> Result<(), Errno> {
        let _ = (file, offset, len);
        Err(Errno::Notsup)
    }

    /// Brings data, and unless `data_only` the status too, to the medium.
    fn sync(&mut self, handle: Handle, data_only: bool) -> Result<(), Errno> {
        let _ = (handle, data_only);
        Err(Errno::Notsup)
    }

    /// Hands a directory's entries from the one with this cookie on (0 is the first) to `emit`, until that says `false`.
    /// `.` and `..` are among them.
    fn entries(
        &mut self,
        directory: Handle,
        cookie: u64,
        emit: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<(), Errno> {
        let _ = (directory, cookie, emit);
        Err(Errno::Notsup)
    }

    /// What is known of what the path leads to; of the link itself if the last component is one and not to be followed.
    fn status_at(&mut self, directory: Handle, path: &str, follow: bool) -> Result<Status, Errno> {
        let _ = (directory, path, follow);
        Err(Errno::Notsup)
    }

    /// Sets the times of what the path leads to.
    fn set_times_at(&mut self, directory: Handle, path: &str, follow: bool, times: Times) -> Result<(), Errno> {
        let _ = (directory, path, follow, times);
        Err(Errno::Notsup)
    }

    /// Makes a directory.
    fn create_directory(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        let _ = (directory, path);
        Err(Errno::Notsup)
    }

    /// Removes an empty directory.
    fn remove_directory(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        let _ = (directory, path);
        Err(Errno::Notsup)
    }

    /// Removes a name that is no directory's.
    fn unlink(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        let _ = (directory, path);
        Err(Errno::Notsup)
    }

    /// Renames, replacing what has the new name if that is allowed.
    fn rename(&mut self, from: (Handle, &str), to: (Handle, &str)) -> Result<(), Errno> {
        let _ = (from, to);
        Err(Errno::Notsup)
    }

    /// Gives a file another name. A symbolic link at the old one is not followed.
    fn link(&mut self, old: (Handle, &str), new: (Handle, &str)) -> Result<(), Errno> {
        let _ = (old, new);
        Err(Errno::Notsup)
    }

    /// Makes a symbolic link that holds `target`.
    fn symlink(&mut self, target: &str, directory: Handle, path: &str) -> Result<(), Errno> {
        let _ = (target, directory, path);
        Err(Errno::Notsup)
    }

    /// What a symbolic link holds.
    fn read_link(&mut self, directory: Handle, path: &str) -> Result<&[u8], Errno> {
        let _ = (directory, path);
        Err(Errno::Notsup)
    }
}
