//! Sockets: no descriptor is one, so each call says which of two things is wrong.

use crate::{Errno, GuestMemory, WasiCtx, WasiHost};

fn socket<H: WasiHost>(ctx: &WasiCtx<H>, fd: u32) -> Result<(), Errno> {
    ctx.fds.descriptor(fd)?;
    Err(Errno::Notsock)
}

/// Accepts a connection.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notsock`].
pub fn sock_accept<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _flags: u32,
    _accepted: u32,
) -> Result<(), Errno> {
    socket(ctx, fd)
}

/// Receives a message.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notsock`].
pub fn sock_recv<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _iovs: u32,
    _iovs_len: u32,
    _flags: u32,
    _nread: u32,
    _out_flags: u32,
) -> Result<(), Errno> {
    socket(ctx, fd)
}

/// Sends a message.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notsock`].
pub fn sock_send<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _iovs: u32,
    _iovs_len: u32,
    _flags: u32,
    _nwritten: u32,
) -> Result<(), Errno> {
    socket(ctx, fd)
}

/// Shuts a connection down.
///
/// # Errors
/// [`Errno::Badf`], [`Errno::Notsock`].
pub fn sock_shutdown<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    _: &mut GuestMemory<'_>,
    fd: u32,
    _how: u32,
) -> Result<(), Errno> {
    socket(ctx, fd)
}
