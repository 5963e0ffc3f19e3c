//! Descriptors themselves: what they are, what may be done with them, closing and renumbering.
//!
//! Where a call makes sense for files only, its answer for a stream is POSIX's for the call that the interface's
//! documents name as similar.

use crate::abi::{Fdstat, Filestat, fdflags};
use crate::fd::Descriptor;
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};
use zerocopy::little_endian::{U16, U32, U64};

/// Closes a descriptor. The host's stream stays as it is.
///
/// # Errors
/// [`Errno::Badf`].
pub fn fd_close<H: WasiHost>(ctx: &mut WasiCtx<H>, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    ctx.fds.close(fd).map(|_| ())
}

/// Gives the number `to` to what `from` stands for.
///
/// # Errors
/// [`Errno::Badf`] unless both are open.
pub fn fd_renumber<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    from: u32,
    to: u32,
) -> Result<(), Errno> {
    ctx.fds.renumber(from, to)
}

/// Writes a descriptor's type, flags and rights.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Fault`].
pub fn fd_fdstat_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    fdstat: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    let record = Fdstat {
        file_type: file_type(ctx, descriptor),
        pad1: 0,
        flags: U16::ZERO,
        pad4: U32::ZERO,
        rights_base: U64::new(descriptor.rights()),
        rights_inheriting: U64::ZERO,
    };
    memory.write(fdstat, &record)
}

/// Sets a descriptor's flags. A stream's are none, and stay so.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Inval`] for a flag that does not exist, [`Errno::Notsup`] for any other.
pub fn fd_fdstat_set_flags<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
) -> Result<(), Errno> {
    let Descriptor::Stream(_) = ctx.fds.descriptor(fd)?;
    match flags {
        0 => Ok(()),
        known if known & !u32::from(fdflags::ALL) == 0 => Err(Errno::Notsup),
        _ => Err(Errno::Inval),
    }
}

/// Gives rights up.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Notcapable`] for rights that the descriptor lacks; [`Errno::Notsup`] for fewer than it
/// has, since nothing would enforce it.
pub fn fd_fdstat_set_rights<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result<(), Errno> {
    let held = ctx.fds.descriptor(fd)?.rights();
    if base & !held != 0 || inheriting != 0 {
        Err(Errno::Notcapable)
    } else if base != held {
        Err(Errno::Notsup)
    } else {
        Ok(())
    }
}

/// Writes what is known of a file. Of a stream it is the type; the rest is zero.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Fault`].
pub fn fd_filestat_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    filestat: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    let record = Filestat {
        device: U64::ZERO,
        inode: U64::ZERO,
        file_type: file_type(ctx, descriptor),
        pad17: [0; 7],
        links: U64::ZERO,
        size: U64::ZERO,
        accessed: U64::ZERO,
        modified: U64::ZERO,
        changed: U64::ZERO,
    };
    memory.write(filestat, &record)
}

/// Sets a file's size.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Inval`] for a stream, as `ftruncate`.
pub fn fd_filestat_set_size<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _size: u64,
) -> Result<(), Errno> {
    refused_for_streams(ctx, fd, Errno::Inval)
}

/// Sets a file's times.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Notsup`] for a stream, of which the host keeps none.
pub fn fd_filestat_set_times<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _accessed: u64,
    _modified: u64,
    _flags: u32,
) -> Result<(), Errno> {
    refused_for_streams(ctx, fd, Errno::Notsup)
}

/// Tells how a file will be used.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream, as `posix_fadvise`.
pub fn fd_advise<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _offset: u64,
    _len: u64,
    _advice: u32,
) -> Result<(), Errno> {
    refused_for_streams(ctx, fd, Errno::Spipe)
}

/// Makes room for a file.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream, as `posix_fallocate`.
pub fn fd_allocate<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _offset: u64,
    _len: u64,
) -> Result<(), Errno> {
    refused_for_streams(ctx, fd, Errno::Spipe)
}

/// Brings a file's data to the medium.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Inval`] for a stream, as `fdatasync`.
pub fn fd_datasync<H: WasiHost>(ctx: &mut WasiCtx<H>, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    refused_for_streams(ctx, fd, Errno::Inval)
}

/// Brings a file's data and metadata to the medium.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Inval`] for a stream, as `fsync`.
pub fn fd_sync<H: WasiHost>(ctx: &mut WasiCtx<H>, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    refused_for_streams(ctx, fd, Errno::Inval)
}

fn refused_for_streams<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32, errno: Errno) -> Result<(), Errno> {
    match ctx.fds.descriptor(fd)? {
        Descriptor::Stream(_) => Err(errno),
    }
}

fn file_type<H: WasiHost>(ctx: &WasiCtx<H>, descriptor: Descriptor) -> u8 {
    match descriptor {
        Descriptor::Stream(stream) => ctx.host.stream_type(stream) as u8,
    }
}
