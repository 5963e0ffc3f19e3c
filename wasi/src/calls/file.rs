//! Open files as a whole: status, size, times, and what reaches the medium.
//!
//! Where a call makes sense for files only, its answer for a stream is POSIX's for the call that the interface's
//! documents name as similar.

use crate::abi::{Filestat, fstflags, rights};
use crate::fd::{Descriptor, Target};
use crate::files::{Advice, Handle, SetTime, Status, Times};
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};
use zerocopy::little_endian::U64;

/// Writes what is known of a file. Of a stream it is the type; the rest is zero.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notcapable`], [`Errno::Fault`], or the host's.
pub fn fd_filestat_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    filestat: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    descriptor.allow(rights::FD_FILESTAT_GET)?;
    let status = match descriptor.target {
        Target::File(handle) | Target::Directory(handle) => ctx.files()?.status(handle)?,
        Target::Stream(stream) => Status {
            device: 0,
            inode: 0,
            file_type: ctx.host.stream_type(stream),
            links: 0,
            size: 0,
            accessed: 0,
            modified: 0,
            changed: 0,
        },
    };
    memory.write(filestat, &filestat_of(&status))
}

pub(super) fn filestat_of(status: &Status) -> Filestat {
    Filestat {
        device: U64::new(status.device),
        inode: U64::new(status.inode),
        file_type: status.file_type as u8,
        pad17: [0; 7],
        links: U64::new(status.links),
        size: U64::new(status.size),
        accessed: U64::new(status.accessed),
        modified: U64::new(status.modified),
        changed: U64::new(status.changed),
    }
}

/// Sets a file's size.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Inval`] for a stream, as `ftruncate`; [`Errno::Isdir`]; [`Errno::Notcapable`];
/// [`Errno::Fbig`] beyond 63 bits; [`Errno::Rofs`]; or the host's.
pub fn fd_filestat_set_size<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    size: u64,
) -> Result<(), Errno> {
    let (descriptor, file) = file(ctx, fd, Errno::Inval, rights::FD_FILESTAT_SET_SIZE)?;
    descriptor.allow_change()?;
    i64::try_from(size).map_err(|_| Errno::Fbig)?;
    ctx.files()?.set_size(file, size)
}

/// Sets a file's times.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Notsup`] for a stream, of which the host keeps none; [`Errno::Notcapable`];
/// [`Errno::Inval`] for flags that contradict each other; [`Errno::Rofs`]; or the host's.
pub fn fd_filestat_set_times<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Result<(), Errno> {
    let (descriptor, handle) = handle(ctx, fd, Errno::Notsup, rights::FD_FILESTAT_SET_TIMES)?;
    let times = times(accessed, modified, flags)?;
    descriptor.allow_change()?;
    ctx.files()?.set_times(handle, times)
}

/// What the arguments of a call that sets times mean.
///
/// # Errors
/// [`Errno::Inval`] for a time that is to be two things, or a flag that does not exist.
pub(super) const fn times(accessed: u64, modified: u64, flags: u32) -> Result<Times, Errno> {
    const fn time(at: u64, given: bool, now: bool) -> Result<SetTime, Errno> {
        match (given, now) {
            (false, false) => Ok(SetTime::Keep),
            (true, false) => Ok(SetTime::At(at)),
            (false, true) => Ok(SetTime::Now),
            (true, true) => Err(Errno::Inval),
        }
    }
    if flags & !fstflags::ALL != 0 {
        return Err(Errno::Inval);
    }
    let accessed = time(accessed, flags & fstflags::ATIM != 0, flags & fstflags::ATIM_NOW != 0);
    let modified = time(modified, flags & fstflags::MTIM != 0, flags & fstflags::MTIM_NOW != 0);
    match (accessed, modified) {
        (Ok(accessed), Ok(modified)) => Ok(Times { accessed, modified }),
        _ => Err(Errno::Inval),
    }
}

/// Tells how a file will be used.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream, as `posix_fadvise`; [`Errno::Isdir`]; [`Errno::Notcapable`];
/// [`Errno::Inval`] for advice that does not exist.
pub fn fd_advise<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
    advice: u32,
) -> Result<(), Errno> {
    let (_, file) = file(ctx, fd, Errno::Spipe, rights::FD_ADVISE)?;
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval),
    };
    ctx.files()?.advise(file, offset, len, advice)
}

/// Makes room for a file.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream, as `posix_fallocate`; [`Errno::Isdir`]; [`Errno::Notcapable`];
/// [`Errno::Inval`] for no room; [`Errno::Fbig`] for an end beyond 63 bits; [`Errno::Rofs`]; or the host's.
pub fn fd_allocate<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
) -> Result<(), Errno> {
    let (descriptor, file) = file(ctx, fd, Errno::Spipe, rights::FD_ALLOCATE)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
    i64::try_from(end).map_err(|_| Errno::Fbig)?;
    descriptor.allow_change()?;
    ctx.files()?.allocate(file, offset, len)
}

/// Brings a file's data to the medium.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Inval`] for a stream, as `fdatasync`; [`Errno::Notcapable`]; or the host's.
pub fn fd_datasync<H: WasiHost>(ctx: &mut WasiCtx<H>, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    let (_, handle) = handle(ctx, fd, Errno::Inval, rights::FD_DATASYNC)?;
    ctx.files()?.sync(handle, true)
}

/// Brings a file's data and metadata to the medium.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Inval`] for a stream, as `fsync`; [`Errno::Notcapable`]; or the host's.
pub fn fd_sync<H: WasiHost>(ctx: &mut WasiCtx<H>, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    let (_, handle) = handle(ctx, fd, Errno::Inval, rights::FD_SYNC)?;
    ctx.files()?.sync(handle, false)
}

/// The host's handle of a file or a directory with these rights.
fn handle<H: WasiHost>(
    ctx: &WasiCtx<H>,
    fd: u32,
    for_streams: Errno,
    rights: u64,
) -> Result<(Descriptor, Handle), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    let handle = descriptor.handle().ok_or(for_streams)?;
    descriptor.allow(rights)?;
    Ok((descriptor, handle))
}

/// The host's handle of something that is no directory.
fn file<H: WasiHost>(
    ctx: &WasiCtx<H>,
    fd: u32,
    for_streams: Errno,
    rights: u64,
) -> Result<(Descriptor, Handle), Errno> {
    match ctx.fds.descriptor(fd)?.target {
        Target::Directory(_) => Err(Errno::Isdir),
        Target::Stream(_) | Target::File(_) => handle(ctx, fd, for_streams, rights),
    }
}
