//! Descriptors themselves: what they are, what may be done with them, closing and renumbering.

use crate::abi::{Fdstat, fdflags, rights};
use crate::fd::{Descriptor, Target};
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};
use zerocopy::little_endian::{U16, U32, U64};

/// Closes a descriptor. The host's stream stays as it is.
///
/// # Errors
/// [`Errno::Badf`], or the host's; the number is free all the same.
pub fn fd_close<H: WasiHost>(ctx: &mut WasiCtx<H>, _: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    let closed = ctx.fds.close(fd)?;
    release(ctx, Some(closed))
}

/// Gives the number `to` to what `from` stands for, and closes what it stood for before.
///
/// # Errors
/// [`Errno::Badf`] unless both are open, or the host's for what was closed.
pub fn fd_renumber<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    from: u32,
    to: u32,
) -> Result<(), Errno> {
    let replaced = ctx.fds.renumber(from, to)?;
    release(ctx, replaced)
}

/// Tells the host that a descriptor's file is not used any more.
fn release<H: WasiHost>(ctx: &mut WasiCtx<H>, closed: Option<Descriptor>) -> Result<(), Errno> {
    match closed.and_then(|closed| closed.handle()) {
        Some(handle) => ctx.files()?.close(handle),
        None => Ok(()),
    }
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
    let file_type = match descriptor.target {
        Target::Stream(stream) => ctx.host.stream_type(stream),
        Target::File(_) | Target::Directory(_) => descriptor.file_type,
    };
    let record = Fdstat {
        file_type: file_type as u8,
        pad1: 0,
        flags: U16::new(descriptor.flags),
        pad4: U32::ZERO,
        rights_base: U64::new(descriptor.rights),
        rights_inheriting: U64::new(descriptor.inheriting),
    };
    memory.write(fdstat, &record)
}

/// Sets a descriptor's flags. Those of a stream or a directory are none, and stay so.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Inval`] for a flag that does not exist, [`Errno::Notcapable`], [`Errno::Notsup`] for one that
/// cannot be changed.
pub fn fd_fdstat_set_flags<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    let flags = u16::try_from(flags).ok().filter(|flags| flags & !fdflags::ALL == 0).ok_or(Errno::Inval)?;
    descriptor.allow(rights::FD_FDSTAT_SET_FLAGS)?;
    match descriptor.target {
        _ if flags == descriptor.flags => return Ok(()),
        Target::Stream(_) | Target::Directory(_) => return Err(Errno::Notsup),
        Target::File(file) => ctx.files()?.set_flags(file, descriptor.flags, flags)?,
    }
    ctx.fds.descriptor_mut(fd)?.flags = flags;
    Ok(())
}

/// Gives rights up.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Notcapable`] for rights that the descriptor lacks.
pub fn fd_fdstat_set_rights<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    base: u64,
    inheriting: u64,
) -> Result<(), Errno> {
    let descriptor = ctx.fds.descriptor_mut(fd)?;
    if base & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
        return Err(Errno::Notcapable);
    }
    descriptor.rights = base;
    descriptor.inheriting = inheriting;
    Ok(())
}
