//! What is done by path, below an open directory.
//!
//! A path is checked here for being text of a sensible length; where it leads is the host's affair, which never lets it
//! lead out of the directory. All of these calls answer `Badf` or `Notdir` for a descriptor that is no directory,
//! `Notcapable` for one that lacks the right, `Rofs` for a change below a directory given for reading only, and for a path
//! `Fault`, `Noent` (empty), `Nametoolong`, `Ilseq` (not UTF-8) or `Inval` (a zero byte), before the host is asked.

use super::directory::directory;
use super::file::{filestat_of, times};
use crate::abi::{Filestat, LOOKUP_SYMLINK_FOLLOW, fdflags, oflags, rights};
use crate::fd::{Descriptor, Target};
use crate::files::{Handle, OpenHow};
use crate::host::FileType;
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};

/// The longest path that is taken, in bytes.
const LONGEST: u32 = 4096;

/// The text at `at`.
fn text<'m>(memory: &'m GuestMemory<'_>, at: u32, len: u32) -> Result<&'m str, Errno> {
    let bytes = memory.bytes(at, len)?;
    match len {
        0 => return Err(Errno::Noent),
        1..=LONGEST => {}
        _ => return Err(Errno::Nametoolong),
    }
    if bytes.contains(&0) {
        return Err(Errno::Inval);
    }
    core::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)
}

/// A directory in which something is about to change, and the path there.
fn changed<'m, H: WasiHost>(
    ctx: &WasiCtx<H>,
    memory: &'m GuestMemory<'_>,
    (fd, right): (u32, u64),
    (path, path_len): (u32, u32),
) -> Result<(Handle, &'m str), Errno> {
    let (descriptor, directory) = directory(ctx, fd, right)?;
    let path = text(memory, path, path_len)?;
    descriptor.allow_change()?;
    Ok((directory, path))
}

/// Whether a link in the last place is followed.
const fn follows(lookup: u32) -> Result<bool, Errno> {
    if lookup & !LOOKUP_SYMLINK_FOLLOW == 0 { Ok(lookup != 0) } else { Err(Errno::Inval) }
}

/// Opens a file or a directory, and writes its descriptor to `opened`.
///
/// The descriptor gets the rights that are asked for as far as they make sense for what was opened. Which of reading and
/// writing is asked for decides how the host opens it.
///
/// # Errors
/// As above; [`Errno::Inval`] for flags that do not exist or contradict each other; [`Errno::Notcapable`] for rights that
/// the directory does not hand on; [`Errno::Mfile`]; or the host's.
pub fn path_open<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
    open_flags: u32,
    rights_base: u64,
    rights_inheriting: u64,
    fd_flags: u32,
    opened: u32,
) -> Result<(), Errno> {
    let (parent, directory) = directory(ctx, fd, rights::PATH_OPEN)?;
    let how = how(lookup, open_flags, rights_base, fd_flags)?;
    let path = text(memory, path, path_len)?;
    memory.check::<u32>(opened)?;
    if how.create {
        parent.allow(rights::PATH_CREATE_FILE)?;
    }
    if how.truncate {
        parent.allow(rights::PATH_FILESTAT_SET_SIZE)?;
    }
    let known = rights::FILE | rights::DIRECTORY;
    if (rights_base | rights_inheriting) & known & !parent.inheriting != 0 {
        return Err(Errno::Notcapable);
    }
    if how.write || how.create || how.truncate {
        parent.allow_change()?;
    }

    let number = ctx.fds.vacancy()?;
    let file = ctx.files()?.open(directory, path, &how)?;
    let is_directory = file.file_type == FileType::Directory;
    let (target, applicable) = match file.file_type {
        FileType::Directory => (Target::Directory(file.handle), rights::DIRECTORY),
        FileType::RegularFile | FileType::BlockDevice => (Target::File(file.handle), rights::FILE),
        _ => (Target::File(file.handle), rights::FILE & !(rights::FD_SEEK | rights::FD_TELL)),
    };
    let descriptor = Descriptor {
        target,
        file_type: file.file_type,
        read_only: parent.read_only,
        preopened: false,
        flags: if is_directory { 0 } else { how.flags },
        rights: rights_base & applicable,
        inheriting: if is_directory { rights_inheriting & known } else { 0 },
    };
    ctx.fds.put(number, descriptor)?;
    memory.write_u32(opened, number)
}

/// What the flags and rights of `path_open` ask the host for.
fn how(lookup: u32, open_flags: u32, rights_base: u64, fd_flags: u32) -> Result<OpenHow, Errno> {
    let follow = follows(lookup)?;
    let flags = u16::try_from(fd_flags).ok().filter(|flags| flags & !fdflags::ALL == 0).ok_or(Errno::Inval)?;
    let has = |flag| open_flags & flag != 0;
    let directory = has(oflags::DIRECTORY);
    let changes = has(oflags::CREAT | oflags::TRUNC | oflags::EXCL);
    if open_flags & !oflags::ALL != 0 || directory && changes {
        return Err(Errno::Inval);
    }
    let writes = rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;
    Ok(OpenHow {
        follow,
        read: rights_base & (rights::FD_READ | rights::FD_READDIR) != 0,
        write: rights_base & writes != 0 && !directory,
        create: has(oflags::CREAT),
        exclusive: has(oflags::EXCL),
        truncate: has(oflags::TRUNC),
        directory,
        flags,
    })
}

/// Makes a directory.
///
/// # Errors
/// As above, or the host's.
pub fn path_create_directory<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let (directory, path) = changed(ctx, memory, (fd, rights::PATH_CREATE_DIRECTORY), (path, path_len))?;
    ctx.files()?.create_directory(directory, path)
}

/// Removes an empty directory.
///
/// # Errors
/// As above, or the host's.
pub fn path_remove_directory<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let (directory, path) = changed(ctx, memory, (fd, rights::PATH_REMOVE_DIRECTORY), (path, path_len))?;
    ctx.files()?.remove_directory(directory, path)
}

/// Removes a file.
///
/// # Errors
/// As above, or the host's.
pub fn path_unlink_file<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let (directory, path) = changed(ctx, memory, (fd, rights::PATH_UNLINK_FILE), (path, path_len))?;
    ctx.files()?.unlink(directory, path)
}

/// Writes what is known of a file.
///
/// # Errors
/// As above; [`Errno::Inval`] for a flag that does not exist; or the host's.
pub fn path_filestat_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
    filestat: u32,
) -> Result<(), Errno> {
    let (_, directory) = directory(ctx, fd, rights::PATH_FILESTAT_GET)?;
    let follow = follows(lookup)?;
    let path = text(memory, path, path_len)?;
    memory.check::<Filestat>(filestat)?;
    let status = ctx.files()?.status_at(directory, path, follow)?;
    memory.write(filestat, &filestat_of(&status))
}

/// Sets a file's times.
///
/// # Errors
/// As above; [`Errno::Inval`] for flags that do not exist or contradict each other; or the host's.
pub fn path_filestat_set_times<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    lookup: u32,
    path: u32,
    path_len: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    let (directory, path) = changed(ctx, memory, (fd, rights::PATH_FILESTAT_SET_TIMES), (path, path_len))?;
    let follow = follows(lookup)?;
    ctx.files()?.set_times_at(directory, path, follow, times(accessed, modified, flags)?)
}

/// Makes a hard link. Both directories must be writable: through the new name the file could be changed.
///
/// # Errors
/// As above, for each of the two; [`Errno::Inval`] if a link at the old path is to be followed; or the host's.
pub fn path_link<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    old_fd: u32,
    old_lookup: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let old = changed(ctx, memory, (old_fd, rights::PATH_LINK_SOURCE), (old_path, old_path_len))?;
    let new = changed(ctx, memory, (new_fd, rights::PATH_LINK_TARGET), (new_path, new_path_len))?;
    if old_lookup != 0 {
        return Err(Errno::Inval);
    }
    ctx.files()?.link(old, new)
}

/// Renames a file or a directory.
///
/// # Errors
/// As above, for each of the two directories, or the host's.
pub fn path_rename<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    old_fd: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let from = changed(ctx, memory, (old_fd, rights::PATH_RENAME_SOURCE), (old_path, old_path_len))?;
    let to = changed(ctx, memory, (new_fd, rights::PATH_RENAME_TARGET), (new_path, new_path_len))?;
    ctx.files()?.rename(from, to)
}

/// Makes a symbolic link that holds the old path.
///
/// # Errors
/// As above, for both paths, or the host's.
pub fn path_symlink<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    old_path: u32,
    old_path_len: u32,
    fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let (directory, path) = changed(ctx, memory, (fd, rights::PATH_SYMLINK), (new_path, new_path_len))?;
    let target = text(memory, old_path, old_path_len)?;
    ctx.files()?.symlink(target, directory, path)
}

/// Writes what a symbolic link holds, as much as there is room for, and to `used` how many bytes that are.
///
/// # Errors
/// As above, or the host's.
pub fn path_readlink<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
    buf: u32,
    buf_len: u32,
    used: u32,
) -> Result<(), Errno> {
    let (_, directory) = directory(ctx, fd, rights::PATH_READLINK)?;
    let path = text(memory, path, path_len)?;
    memory.check::<u32>(used)?;
    memory.bytes(buf, buf_len)?;
    let target = ctx.files()?.read_link(directory, path)?;
    let room = memory.bytes_mut(buf, buf_len)?;
    let len = room.len().min(target.len());
    for (to, from) in room.iter_mut().zip(target) {
        *to = *from;
    }
    memory.write_u32(used, u32::try_from(len).map_err(|_| Errno::Overflow)?)
}
