//! Bytes in and out of a descriptor, and the position within it, which a stream does not have.
//!
//! All addresses of a call are checked before the host is asked for anything: a call that answers `Fault` has neither
//! consumed input nor produced output.

use crate::abi::{Iovec, rights};
use crate::fd::{Descriptor, Target};
use crate::files::{Handle, Whence};
use crate::host::Stream;
use crate::memory::GuestArray;
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};
use zerocopy::little_endian::U64;

/// How many buffers of a list are looked at; the rest is left alone, which short reads and writes always may do.
const MOST_BUFFERS: u32 = 1024;

/// Where a call reads or writes.
#[derive(Clone, Copy)]
enum Place {
    /// At the position, which moves on.
    Position,
    /// There, counted from the beginning of the file.
    At(u64),
}

/// Reads into the buffers of the list in order, until one is not filled, and writes to `nread` how many bytes came.
///
/// Of a stream, and of whatever else could make it wait although some bytes are there already, only the first buffer that
/// is not empty is read into.
///
/// # Errors
/// [`Errno::Badf`] unless `fd` is open for reading, [`Errno::Isdir`], [`Errno::Fault`], [`Errno::Inval`] for buffers of
/// 4 GiB and more altogether, or the host's.
pub fn fd_read<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nread: u32,
) -> Result<(), Errno> {
    read(ctx, memory, fd, Place::Position, (iovs, iovs_len), nread)
}

/// Reads from a place in a file, as [`fd_read`] does, and leaves its position alone.
///
/// # Errors
/// As [`fd_read`]; [`Errno::Spipe`] for what has no positions; [`Errno::Inval`] for a place beyond 63 bits;
/// [`Errno::Notcapable`].
pub fn fd_pread<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nread: u32,
) -> Result<(), Errno> {
    read(ctx, memory, fd, Place::At(offset), (iovs, iovs_len), nread)
}

/// Writes the buffers of the list in order, until the host takes less than a whole one, and writes to `nwritten` how
/// many bytes went out. An error after the first bytes is left for the next call.
///
/// # Errors
/// [`Errno::Badf`] unless `fd` is open for writing, [`Errno::Isdir`], [`Errno::Fault`], [`Errno::Inval`] for buffers of
/// 4 GiB and more altogether, or the host's.
pub fn fd_write<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nwritten: u32,
) -> Result<(), Errno> {
    write(ctx, memory, fd, Place::Position, (iovs, iovs_len), nwritten)
}

/// Writes at a place in a file, as [`fd_write`] does, and leaves its position alone.
///
/// # Errors
/// As [`fd_write`]; [`Errno::Spipe`] for what has no positions; [`Errno::Inval`] for a place beyond 63 bits;
/// [`Errno::Notcapable`].
pub fn fd_pwrite<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nwritten: u32,
) -> Result<(), Errno> {
    write(ctx, memory, fd, Place::At(offset), (iovs, iovs_len), nwritten)
}

fn read<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    place: Place,
    (iovs, iovs_len): (u32, u32),
    nread: u32,
) -> Result<(), Errno> {
    let descriptor = transferable(ctx, fd, place, rights::FD_READ)?;
    memory.check::<u32>(nread)?;
    let list = checked_list(memory, iovs, iovs_len)?;
    // Without positions, filling a second buffer could wait for input although some is there already.
    let one_buffer = descriptor.rights & rights::FD_SEEK == 0;
    let mut count: u32 = 0;
    for at in list.addresses() {
        let iovec: Iovec = memory.read(at)?;
        let into = memory.bytes_mut(iovec.buf.get(), iovec.len.get())?;
        if into.is_empty() {
            continue;
        }
        let room = into.len();
        let outcome = match (descriptor.target, place) {
            (Target::Stream(_), _) => ctx.host.read_stdin(into),
            (Target::File(file) | Target::Directory(file), Place::Position) => ctx.files()?.read(file, into),
            (Target::File(file) | Target::Directory(file), Place::At(offset)) => {
                let Some(offset) = offset.checked_add(u64::from(count)) else { break };
                ctx.files()?.read_at(file, into, offset)
            }
        };
        match outcome {
            Ok(came) => {
                let came = came.min(room);
                count = count.saturating_add(u32::try_from(came).map_err(|_| Errno::Overflow)?);
                if one_buffer || came < room {
                    break;
                }
            }
            Err(errno) if count == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    memory.write_u32(nread, count)
}

fn write<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    place: Place,
    (iovs, iovs_len): (u32, u32),
    nwritten: u32,
) -> Result<(), Errno> {
    let descriptor = transferable(ctx, fd, place, rights::FD_WRITE)?;
    memory.check::<u32>(nwritten)?;
    let list = checked_list(memory, iovs, iovs_len)?;
    let mut count: u32 = 0;
    for at in list.addresses() {
        let iovec: Iovec = memory.read(at)?;
        let bytes = memory.bytes(iovec.buf.get(), iovec.len.get())?;
        if bytes.is_empty() {
            continue;
        }
        let outcome = match (descriptor.target, place) {
            (Target::Stream(Stream::Stderr), _) => ctx.host.write_stderr(bytes),
            (Target::Stream(_), _) => ctx.host.write_stdout(bytes),
            (Target::File(file) | Target::Directory(file), Place::Position) => ctx.files()?.write(file, bytes),
            (Target::File(file) | Target::Directory(file), Place::At(offset)) => {
                let Some(offset) = offset.checked_add(u64::from(count)) else { break };
                ctx.files()?.write_at(file, bytes, offset)
            }
        };
        match outcome {
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

/// A descriptor that can be read or written, as `right` says, there.
fn transferable<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32, place: Place, right: u64) -> Result<Descriptor, Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    if let Place::At(offset) = place {
        seekable(&descriptor)?;
        i64::try_from(offset).map_err(|_| Errno::Inval)?;
    }
    if matches!(descriptor.target, Target::Directory(_)) {
        return Err(Errno::Isdir);
    }
    // POSIX has a word of its own for a descriptor that is not open for this.
    descriptor.allow(right).map_err(|_| Errno::Badf)?;
    if matches!(place, Place::At(_)) {
        descriptor.allow(rights::FD_SEEK)?;
    }
    Ok(descriptor)
}

/// The list of buffers at `iovs`, each of them inside memory, their lengths' sum below 4 GiB.
fn checked_list(memory: &GuestMemory<'_>, iovs: u32, iovs_len: u32) -> Result<GuestArray<Iovec>, Errno> {
    memory.array::<Iovec>(iovs, iovs_len)?;
    let list = memory.array::<Iovec>(iovs, iovs_len.min(MOST_BUFFERS))?;
    let mut total: u32 = 0;
    for at in list.addresses() {
        let iovec: Iovec = memory.read(at)?;
        memory.bytes(iovec.buf.get(), iovec.len.get())?;
        total = total.checked_add(iovec.len.get()).ok_or(Errno::Inval)?;
    }
    Ok(list)
}

/// The host's handle of a descriptor that has positions.
const fn seekable(descriptor: &Descriptor) -> Result<Handle, Errno> {
    use crate::host::FileType::{BlockDevice, RegularFile};
    match (descriptor.target, descriptor.file_type) {
        (Target::File(file), RegularFile | BlockDevice) => Ok(file),
        (Target::Directory(_), _) => Err(Errno::Isdir),
        (Target::Stream(_) | Target::File(_), _) => Err(Errno::Spipe),
    }
}

/// Moves a file's position and writes where it then is. `offset` is signed; the list of calls knows only bits.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Isdir`]; [`Errno::Spipe`] for what has no positions; [`Errno::Notcapable`];
/// [`Errno::Inval`] for a position before the beginning; [`Errno::Fault`].
pub fn fd_seek<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: u64,
    whence: u32,
    position: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    let file = seekable(&descriptor)?;
    let whence = match whence {
        0 => Whence::Start,
        1 => Whence::Current,
        2 => Whence::End,
        _ => return Err(Errno::Inval),
    };
    if whence == Whence::Current && offset == 0 {
        return fd_tell(ctx, memory, fd, position);
    }
    descriptor.allow(rights::FD_SEEK)?;
    memory.check::<u64>(position)?;
    let now = ctx.files()?.seek(file, offset.cast_signed(), whence)?;
    memory.write(position, &U64::new(now))
}

/// Writes a file's position.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Isdir`]; [`Errno::Spipe`] for what has no positions; [`Errno::Notcapable`];
/// [`Errno::Fault`].
pub fn fd_tell<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    position: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.fds.descriptor(fd)?;
    let file = seekable(&descriptor)?;
    if descriptor.allow(rights::FD_SEEK).is_err() {
        descriptor.allow(rights::FD_TELL)?;
    }
    memory.check::<u64>(position)?;
    let now = ctx.files()?.seek(file, 0, Whence::Current)?;
    memory.write(position, &U64::new(now))
}
