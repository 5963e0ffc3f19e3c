//! Open directories: the preopened ones that a program finds at its start, and what is in one.

use crate::abi::{Dirent, Prestat, rights};
use crate::fd::{Descriptor, Target};
use crate::files::Handle;
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U32, U64};

/// Tells what kind of preopened thing `fd` is: a directory, and how long its name is. Programs count up from descriptor
/// 3 until the answer is `Badf`.
///
/// # Errors
/// [`Errno::Badf`] unless it is a preopened directory, [`Errno::Fault`].
pub fn fd_prestat_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    prestat: u32,
) -> Result<(), Errno> {
    let directory = preopened(ctx, fd)?;
    let name_len = u32::try_from(ctx.files()?.name(directory)?.len()).map_err(|_| Errno::Overflow)?;
    memory.write(prestat, &Prestat { tag: 0, pad1: [0; 3], name_len: U32::new(name_len) })
}

/// Writes a preopened directory's name, without a terminator.
///
/// # Errors
/// [`Errno::Badf`] unless it is a preopened directory, [`Errno::Nametoolong`] for too little room, [`Errno::Fault`].
pub fn fd_prestat_dir_name<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let directory = preopened(ctx, fd)?;
    let room = memory.bytes_mut(path, path_len)?;
    let name = ctx.files()?.name(directory)?;
    room.get_mut(..name.len()).ok_or(Errno::Nametoolong)?.copy_from_slice(name);
    Ok(())
}

fn preopened<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32) -> Result<Handle, Errno> {
    match ctx.fds.descriptor(fd)? {
        Descriptor { preopened: true, target: Target::Directory(directory), .. } => Ok(directory),
        _ => Err(Errno::Badf),
    }
}

/// Writes a directory's entries from the one with this cookie on, as many as there is room for, and to `used` how many
/// bytes that took. The last may be cut off; the directory has been read to its end if some room is left.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`], [`Errno::Notcapable`], [`Errno::Fault`], or the host's.
pub fn fd_readdir<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    buf: u32,
    buf_len: u32,
    cookie: u64,
    used: u32,
) -> Result<(), Errno> {
    let (_, directory) = directory(ctx, fd, rights::FD_READDIR)?;
    memory.check::<u32>(used)?;
    let room = memory.bytes_mut(buf, buf_len)?;
    let all = room.len();
    let mut rest = room;
    let mut too_long = false;
    ctx.files()?.entries(directory, cookie, &mut |entry| {
        let Ok(name_len) = u32::try_from(entry.name.len()) else {
            too_long = true;
            return false;
        };
        let record = Dirent {
            next: U64::new(entry.next),
            inode: U64::new(entry.inode),
            name_len: U32::new(name_len),
            file_type: entry.file_type as u8,
            pad21: [0; 3],
        };
        put(&mut rest, record.as_bytes());
        put(&mut rest, entry.name);
        !rest.is_empty()
    })?;
    if too_long {
        return Err(Errno::Nametoolong);
    }
    let taken = all.saturating_sub(rest.len());
    memory.write_u32(used, u32::try_from(taken).map_err(|_| Errno::Overflow)?)
}

/// Moves as many bytes to the front of `room` as fit, and leaves what is behind them.
fn put(room: &mut &mut [u8], bytes: &[u8]) {
    let len = room.len().min(bytes.len());
    let Some((to, rest)) = core::mem::take(room).split_at_mut_checked(len) else { return };
    for (to, from) in to.iter_mut().zip(bytes) {
        *to = *from;
    }
    *room = rest;
}

/// The host's handle of a directory with these rights.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`], [`Errno::Notcapable`].
pub(super) fn directory<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32, rights: u64) -> Result<(Descriptor, Handle), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    match descriptor.target {
        Target::Stream(_) | Target::File(_) => Err(Errno::Notdir),
        Target::Directory(handle) => {
            descriptor.allow(rights)?;
            Ok((descriptor, handle))
        }
    }
}
