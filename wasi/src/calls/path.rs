//! Directories, preopened ones among them, and paths below them.
//!
//! No descriptor is a directory yet, so each call says which of two things is wrong. Programs find out at start-up that
//! there is no preopened directory: they count up from descriptor 3 until `fd_prestat_get` answers `Badf`.

use crate::fd::Descriptor;
use crate::{Errno, GuestMemory, WasiCtx, WasiHost};

/// Tells what kind of preopened thing `fd` is.
///
/// # Errors
/// [`Errno::Badf`] unless it is a preopened directory.
pub fn fd_prestat_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _prestat: u32,
) -> Result<(), Errno> {
    preopened(ctx, fd)
}

/// Tells a preopened directory's name.
///
/// # Errors
/// [`Errno::Badf`] unless it is a preopened directory.
pub fn fd_prestat_dir_name<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _path: u32,
    _path_len: u32,
) -> Result<(), Errno> {
    preopened(ctx, fd)
}

/// Reads a directory.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn fd_readdir<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _buf: u32,
    _buf_len: u32,
    _cookie: u64,
    _used: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Makes a directory.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_create_directory<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _path: u32,
    _path_len: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Tells what is known of a file.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_filestat_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _lookup: u32,
    _path: u32,
    _path_len: u32,
    _filestat: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Sets a file's times.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_filestat_set_times<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _lookup: u32,
    _path: u32,
    _path_len: u32,
    _accessed: u64,
    _modified: u64,
    _flags: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Makes a hard link.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_link<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    old_fd: u32,
    _old_lookup: u32,
    _old_path: u32,
    _old_path_len: u32,
    new_fd: u32,
    _new_path: u32,
    _new_path_len: u32,
) -> Result<(), Errno> {
    directory(ctx, old_fd)?;
    directory(ctx, new_fd)
}

/// Opens a file or a directory.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_open<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _lookup: u32,
    _path: u32,
    _path_len: u32,
    _open_flags: u32,
    _rights_base: u64,
    _rights_inheriting: u64,
    _fd_flags: u32,
    _opened: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Reads a symbolic link.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_readlink<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _path: u32,
    _path_len: u32,
    _buf: u32,
    _buf_len: u32,
    _used: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Removes an empty directory.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_remove_directory<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _path: u32,
    _path_len: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Renames a file or a directory.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_rename<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    old_fd: u32,
    _old_path: u32,
    _old_path_len: u32,
    new_fd: u32,
    _new_path: u32,
    _new_path_len: u32,
) -> Result<(), Errno> {
    directory(ctx, old_fd)?;
    directory(ctx, new_fd)
}

/// Makes a symbolic link.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_symlink<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    _old_path: u32,
    _old_path_len: u32,
    fd: u32,
    _new_path: u32,
    _new_path_len: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

/// Removes a file.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notdir`].
pub fn path_unlink_file<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _path: u32,
    _path_len: u32,
) -> Result<(), Errno> {
    directory(ctx, fd)
}

fn preopened<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32) -> Result<(), Errno> {
    match ctx.fds.descriptor(fd)? {
        Descriptor::Stream(_) => Err(Errno::Badf),
    }
}

fn directory<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32) -> Result<(), Errno> {
    match ctx.fds.descriptor(fd)? {
        Descriptor::Stream(_) => Err(Errno::Notdir),
    }
}
