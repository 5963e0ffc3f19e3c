//! Bytes in and out of a descriptor, and the position within it, which a stream does not have.
//!
//! All addresses of a call are checked before the host is asked for anything: a call that answers `Fault` has neither
//! consumed input nor produced output.

use crate::abi::Iovec;
use crate::fd::Descriptor;
use crate::host::Stream;
use crate::memory::GuestArray;
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};

/// Reads into the first buffer of the list that is not empty, and writes to `nread` how many bytes came.
///
/// The rest of the list is left alone, which a short read always may do: filling a second buffer could wait for input
/// although some is there already.
///
/// # Errors
/// [`Errno::Badf`] unless `fd` is open for reading, [`Errno::Fault`], [`Errno::Inval`] for buffers of 4 GiB and more
/// altogether, or the host's.
pub fn fd_read<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nread: u32,
) -> Result<(), Errno> {
    match ctx.fds.descriptor(fd)? {
        Descriptor::Stream(Stream::Stdin) => {}
        Descriptor::Stream(Stream::Stdout | Stream::Stderr) => return Err(Errno::Badf),
    }
    memory.check::<u32>(nread)?;
    let list = checked_list(memory, iovs, iovs_len)?;
    let mut count = 0;
    for at in list.addresses() {
        let iovec: Iovec = memory.read(at)?;
        let into = memory.bytes_mut(iovec.buf.get(), iovec.len.get())?;
        if !into.is_empty() {
            count = ctx.host.read_stdin(into)?.min(into.len());
            break;
        }
    }
    memory.write_u32(nread, u32::try_from(count).map_err(|_| Errno::Overflow)?)
}

/// Writes the buffers of the list in order, until the host takes less than a whole one, and writes to `nwritten` how
/// many bytes went out. An error after the first bytes is left for the next call.
///
/// # Errors
/// [`Errno::Badf`] unless `fd` is open for writing, [`Errno::Fault`], [`Errno::Inval`] for buffers of 4 GiB and more
/// altogether, or the host's.
pub fn fd_write<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nwritten: u32,
) -> Result<(), Errno> {
    let write = match ctx.fds.descriptor(fd)? {
        Descriptor::Stream(Stream::Stdin) => return Err(Errno::Badf),
        Descriptor::Stream(Stream::Stdout) => H::write_stdout,
        Descriptor::Stream(Stream::Stderr) => H::write_stderr,
    };
    memory.check::<u32>(nwritten)?;
    let list = checked_list(memory, iovs, iovs_len)?;
    let mut count: u32 = 0;
    for at in list.addresses() {
        let iovec: Iovec = memory.read(at)?;
        let bytes = memory.bytes(iovec.buf.get(), iovec.len.get())?;
        if bytes.is_empty() {
            continue;
        }
        match write(&mut ctx.host, bytes) {
            Ok(written) => {
                let written = u32::try_from(written).unwrap_or(u32::MAX).min(iovec.len.get());
                count = count.saturating_add(written);
                if written < iovec.len.get() {
                    break;
                }
            }
            Err(errno) if count == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    memory.write_u32(nwritten, count)
}

/// The list of buffers at `iovs`, each of them inside memory, their lengths' sum below 4 GiB.
fn checked_list(memory: &GuestMemory<'_>, iovs: u32, iovs_len: u32) -> Result<GuestArray<Iovec>, Errno> {
    let list = memory.array::<Iovec>(iovs, iovs_len)?;
    let mut total: u32 = 0;
    for at in list.addresses() {
        let iovec: Iovec = memory.read(at)?;
        memory.bytes(iovec.buf.get(), iovec.len.get())?;
        total = total.checked_add(iovec.len.get()).ok_or(Errno::Inval)?;
    }
    Ok(list)
}

/// A stream has no positions.
fn seekable<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32) -> Result<(), Errno> {
    match ctx.fds.descriptor(fd)? {
        Descriptor::Stream(_) => Err(Errno::Spipe),
    }
}

/// Reads from a position of a file.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream.
pub fn fd_pread<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _iovs: u32,
    _iovs_len: u32,
    _offset: u64,
    _nread: u32,
) -> Result<(), Errno> {
    seekable(ctx, fd)
}

/// Writes at a position of a file.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream.
pub fn fd_pwrite<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _iovs: u32,
    _iovs_len: u32,
    _offset: u64,
    _nwritten: u32,
) -> Result<(), Errno> {
    seekable(ctx, fd)
}

/// Moves a file's position. `offset` is signed; the list of calls knows only bits.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream.
pub fn fd_seek<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _offset: u64,
    _whence: u32,
    _position: u32,
) -> Result<(), Errno> {
    seekable(ctx, fd)
}

/// Tells a file's position.
///
/// # Errors
/// [`Errno::Badf`]; [`Errno::Spipe`] for a stream.
pub fn fd_tell<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _position: u32,
) -> Result<(), Errno> {
    seekable(ctx, fd)
}
