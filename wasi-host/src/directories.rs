//! Directories of the system as a program's [`Files`].
//!
//! A program reaches nothing but what lies below the directories that it was given. That is `cap-std`'s doing: this file
//! never joins paths, and passes each to the directory's own handle.

use crate::errno::{errno, from_os};
use crate::status::{file_type, status, time_spec, timespec};
use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt as _};
use cap_fs_ext::{OpenOptionsMaybeDirExt as _, OpenOptionsSyncExt as _};
use cap_std::fs::{Dir, File, FileExt as _, OpenOptions, OpenOptionsExt as _};
use core::error::Error;
use core::fmt;
use core::num::NonZeroU64;
use rustix::fs::{FallocateFlags, OFlags, Timestamps};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use stilt_wasi::Errno;
use stilt_wasi::abi::fdflags;
use stilt_wasi::files::{Advice, Entry, Files, Handle, OpenHow, Opened, Status, Times, Whence};
use stilt_wasi::host::FileType;

/// The directories and files that a program has open.
#[derive(Debug, Default)]
pub struct Directories {
    open: Vec<Option<Open>>,
    /// The last symbolic link that was read.
    link: Vec<u8>,
}

#[derive(Debug)]
enum Open {
    File(File),
    Directory(Directory),
}

#[derive(Debug)]
struct Directory {
    dir: Dir,
    /// What the program knows it as, if it was given from the start.
    name: Vec<u8>,
    /// Its entries when the program last began to read them: a cookie is a place in this list.
    entries: Option<Vec<Listed>>,
}

/// One name in a directory.
#[derive(Debug)]
struct Listed {
    inode: u64,
    file_type: FileType,
    name: Vec<u8>,
}

/// Why a program cannot be given a directory.
#[derive(Debug)]
pub struct PreopenError {
    path: PathBuf,
    why: io::Error,
}

impl fmt::Display for PreopenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.why.kind() {
            io::ErrorKind::NotFound => write!(f, "{path}: there is no such directory"),
            io::ErrorKind::NotADirectory => write!(f, "{path}: this is not a directory"),
            io::ErrorKind::PermissionDenied => write!(f, "{path}: no permission to read this directory"),
            _ => write!(f, "{path}: cannot open this directory: {}", self.why),
        }
    }
}

impl Error for PreopenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.why)
    }
}

impl Directories {
    /// None yet.
    pub const fn new() -> Self {
        Self { open: Vec::new(), link: Vec::new() }
    }

    /// Opens a directory of the system for [`WasiCtx::preopen`](stilt_wasi::WasiCtx::preopen); the program will know it as
    /// `name`.
    ///
    /// # Errors
    /// If there is no such directory, or this process may not read it.
    pub fn add(&mut self, path: &Path, name: &str) -> Result<Handle, PreopenError> {
        let failed = |why| PreopenError { path: path.into(), why };
        let mut options = std::fs::OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, directory_flag());
        let dir = Dir::from_std_file(options.read(true).open(path).map_err(failed)?);
        let directory = Directory { dir, name: name.into(), entries: None };
        self.insert(Open::Directory(directory)).map_err(|_| failed(io::ErrorKind::OutOfMemory.into()))
    }

    fn insert(&mut self, open: Open) -> Result<Handle, Errno> {
        let index = self.open.iter().position(Option::is_none).unwrap_or(self.open.len());
        let handle = u32::try_from(index).map(Handle).map_err(|_| Errno::Nfile)?;
        match self.open.get_mut(index) {
            Some(free) => *free = Some(open),
            None => self.open.push(Some(open)),
        }
        Ok(handle)
    }

    fn get(&self, handle: Handle) -> Result<&Open, Errno> {
        let index = usize::try_from(handle.0).map_err(|_| Errno::Badf)?;
        self.open.get(index).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    fn slot(&mut self, handle: Handle) -> Result<&mut Option<Open>, Errno> {
        let index = usize::try_from(handle.0).map_err(|_| Errno::Badf)?;
        self.open.get_mut(index).ok_or(Errno::Badf)
    }

    fn dir(&self, handle: Handle) -> Result<&Dir, Errno> {
        match self.get(handle)? {
            Open::Directory(directory) => Ok(&directory.dir),
            Open::File(_) => Err(Errno::Notdir),
        }
    }

    fn file(&self, handle: Handle) -> Result<&File, Errno> {
        match self.get(handle)? {
            Open::File(file) => Ok(file),
            Open::Directory(_) => Err(Errno::Isdir),
        }
    }
}

/// `O_DIRECTORY` as the standard library takes it.
const fn directory_flag() -> i32 {
    OFlags::DIRECTORY.bits().cast_signed()
}

/// The outcome of a call of the system's.
fn told<T>(outcome: io::Result<T>) -> Result<T, Errno> {
    outcome.map_err(|error| errno(&error))
}

/// How `cap-std` is asked to open something.
fn options(how: &OpenHow) -> OpenOptions {
    let mut options = OpenOptions::new();
    let write = how.write || how.create || how.truncate;
    options
        .read(how.read || !write)
        .write(write)
        .create(how.create && !how.exclusive)
        .create_new(how.create && how.exclusive)
        .truncate(how.truncate)
        .follow(if how.follow { FollowSymlinks::Yes } else { FollowSymlinks::No })
        .maybe_dir(true)
        .dsync(how.flags & fdflags::DSYNC != 0)
        .sync(how.flags & fdflags::SYNC != 0)
        .rsync(how.flags & fdflags::RSYNC != 0)
        .nonblock(how.flags & fdflags::NONBLOCK != 0);
    if how.directory {
        options.custom_flags(directory_flag());
    }
    options
}

/// The flags that the system lets one change while a file is open.
const CHANGEABLE: u16 = fdflags::APPEND | fdflags::NONBLOCK;

fn change_flags(file: &File, to: u16) -> Result<(), Errno> {
    let mut flags = OFlags::empty();
    flags.set(OFlags::APPEND, to & fdflags::APPEND != 0);
    flags.set(OFlags::NONBLOCK, to & fdflags::NONBLOCK != 0);
    rustix::fs::fcntl_setfl(file, flags).map_err(from_os)
}

fn list(dir: &Dir) -> Result<Vec<Listed>, Errno> {
    let own = told(dir.dir_metadata())?;
    let mut entries = Vec::new();
    for entry in rustix::fs::Dir::read_from(dir).map_err(from_os)? {
        let entry = entry.map_err(from_os)?;
        let name = entry.file_name().to_bytes().to_vec();
        // What lies above is not the program's to know.
        let inode = if name == b".." { status(&own).inode } else { entry.ino() };
        entries.push(Listed { inode, file_type: file_type(entry.file_type()), name });
    }
    Ok(entries)
}

impl Files for Directories {
    fn name(&self, directory: Handle) -> Result<&[u8], Errno> {
        match self.get(directory)? {
            Open::Directory(directory) => Ok(&directory.name),
            Open::File(_) => Err(Errno::Notdir),
        }
    }

    fn open(&mut self, directory: Handle, path: &str, how: &OpenHow) -> Result<Opened, Errno> {
        let file = told(self.dir(directory)?.open_with(path, &options(how)))?;
        let file_type = status(&told(file.metadata())?).file_type;
        let open = if file_type == FileType::Directory {
            let dir = Dir::from_std_file(file.into_std());
            Open::Directory(Directory { dir, name: Vec::new(), entries: None })
        } else {
            // Not by the options: those refuse to cut a file that is appended to.
            if how.flags & fdflags::APPEND != 0 {
                change_flags(&file, how.flags & CHANGEABLE)?;
            }
            Open::File(file)
        };
        Ok(Opened { handle: self.insert(open)?, file_type })
    }

    fn close(&mut self, handle: Handle) -> Result<(), Errno> {
        self.slot(handle)?.take().map(|_| ()).ok_or(Errno::Badf)
    }

    fn read(&mut self, file: Handle, into: &mut [u8]) -> Result<usize, Errno> {
        told(self.file(file)?.read(into))
    }

    fn write(&mut self, file: Handle, bytes: &[u8]) -> Result<usize, Errno> {
        told(self.file(file)?.write(bytes))
    }

    fn read_at(&mut self, file: Handle, into: &mut [u8], offset: u64) -> Result<usize, Errno> {
        told(self.file(file)?.read_at(into, offset))
    }

    fn write_at(&mut self, file: Handle, bytes: &[u8], offset: u64) -> Result<usize, Errno> {
        told(self.file(file)?.write_at(bytes, offset))
    }

    fn seek(&mut self, file: Handle, offset: i64, whence: Whence) -> Result<u64, Errno> {
        let to = match whence {
            Whence::Start => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            Whence::Current => SeekFrom::Current(offset),
            Whence::End => SeekFrom::End(offset),
        };
        told(self.file(file)?.seek(to))
    }

    /// Regular files are always ready; of others the system is not asked how much there is.
    fn ready(&mut self, file: Handle, write: bool) -> Result<u64, Errno> {
        let mut file = self.file(file)?;
        if write {
            return Ok(1);
        }
        let size = told(file.metadata())?.len();
        Ok(size.saturating_sub(file.stream_position().unwrap_or(0)))
    }

    fn status(&mut self, handle: Handle) -> Result<Status, Errno> {
        let metadata = match self.get(handle)? {
            Open::File(file) => file.metadata(),
            Open::Directory(directory) => directory.dir.dir_metadata(),
        };
        told(metadata).map(|metadata| status(&metadata))
    }

    fn set_flags(&mut self, file: Handle, from: u16, to: u16) -> Result<(), Errno> {
        if (from ^ to) & !CHANGEABLE != 0 {
            return Err(Errno::Notsup);
        }
        change_flags(self.file(file)?, to)
    }

    fn set_size(&mut self, file: Handle, size: u64) -> Result<(), Errno> {
        told(self.file(file)?.set_len(size))
    }

    fn set_times(&mut self, handle: Handle, times: Times) -> Result<(), Errno> {
        let times = Timestamps { last_access: timespec(times.accessed)?, last_modification: timespec(times.modified)? };
        let outcome = match self.get(handle)? {
            Open::File(file) => rustix::fs::futimens(file, &times),
            Open::Directory(directory) => rustix::fs::futimens(&directory.dir, &times),
        };
        outcome.map_err(from_os)
    }

    fn advise(&mut self, file: Handle, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
        let advice = match advice {
            Advice::Normal => rustix::fs::Advice::Normal,
            Advice::Sequential => rustix::fs::Advice::Sequential,
            Advice::Random => rustix::fs::Advice::Random,
            Advice::WillNeed => rustix::fs::Advice::WillNeed,
            Advice::DontNeed => rustix::fs::Advice::DontNeed,
            Advice::NoReuse => rustix::fs::Advice::NoReuse,
        };
        rustix::fs::fadvise(self.file(file)?, offset, NonZeroU64::new(len), advice).map_err(from_os)
    }

    fn allocate(&mut self, file: Handle, offset: u64, len: u64) -> Result<(), Errno> {
        rustix::fs::fallocate(self.file(file)?, FallocateFlags::empty(), offset, len).map_err(from_os)
    }

    fn sync(&mut self, handle: Handle, data_only: bool) -> Result<(), Errno> {
        let fd = match self.get(handle)? {
            Open::File(file) => file.as_fd(),
            Open::Directory(directory) => directory.dir.as_fd(),
        };
        if data_only { rustix::fs::fdatasync(fd) } else { rustix::fs::fsync(fd) }.map_err(from_os)
    }

    fn entries(
        &mut self,
        directory: Handle,
        cookie: u64,
        emit: &mut dyn FnMut(&Entry<'_>) -> bool,
    ) -> Result<(), Errno> {
        let Some(Open::Directory(directory)) = self.slot(directory)? else { return Err(Errno::Notdir) };
        if cookie == 0 {
            directory.entries = None;
        }
        let entries = match directory.entries.take() {
            Some(entries) => entries,
            None => list(&directory.dir)?,
        };
        let rest = usize::try_from(cookie).ok().and_then(|first| entries.get(first..)).unwrap_or(&[]);
        for (listed, next) in rest.iter().zip(cookie.saturating_add(1)..) {
            let entry = Entry { next, inode: listed.inode, file_type: listed.file_type, name: &listed.name };
            if !emit(&entry) {
                break;
            }
        }
        directory.entries = Some(entries);
        Ok(())
    }

    fn status_at(&mut self, directory: Handle, path: &str, follow: bool) -> Result<Status, Errno> {
        let dir = self.dir(directory)?;
        let metadata = if follow { dir.metadata(path) } else { dir.symlink_metadata(path) };
        told(metadata).map(|metadata| status(&metadata))
    }

    fn set_times_at(&mut self, directory: Handle, path: &str, follow: bool, times: Times) -> Result<(), Errno> {
        let (accessed, modified) = (time_spec(times.accessed)?, time_spec(times.modified)?);
        let dir = self.dir(directory)?;
        told(if follow {
            dir.set_times(path, accessed, modified)
        } else {
            dir.set_symlink_times(path, accessed, modified)
        })
    }

    fn create_directory(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        told(self.dir(directory)?.create_dir(path))
    }

    fn remove_directory(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        told(self.dir(directory)?.remove_dir(path))
    }

    fn unlink(&mut self, directory: Handle, path: &str) -> Result<(), Errno> {
        told(self.dir(directory)?.remove_file(path))
    }

    fn rename(&mut self, from: (Handle, &str), to: (Handle, &str)) -> Result<(), Errno> {
        told(self.dir(from.0)?.rename(from.1, self.dir(to.0)?, to.1))
    }

    fn link(&mut self, old: (Handle, &str), new: (Handle, &str)) -> Result<(), Errno> {
        told(self.dir(old.0)?.hard_link(old.1, self.dir(new.0)?, new.1))
    }

    fn symlink(&mut self, target: &str, directory: Handle, path: &str) -> Result<(), Errno> {
        told(self.dir(directory)?.symlink(target, path))
    }

    fn read_link(&mut self, directory: Handle, path: &str) -> Result<&[u8], Errno> {
        let target = told(self.dir(directory)?.read_link(path))?;
        self.link = target.as_os_str().as_bytes().to_vec();
        Ok(&self.link)
    }
}
