//! Randomness, yielding, signals: what is left of a process in preview 1.

use crate::{Errno, GuestMemory, WasiCtx, WasiHost};

/// Fills `len` bytes at `buf` with randomness fit for cryptography.
///
/// # Errors
/// [`Errno::Fault`], or the host's: [`Errno::Nosys`] if it has no such source.
pub fn random_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    buf: u32,
    len: u32,
) -> Result<(), Errno> {
    let into = memory.bytes_mut(buf, len)?;
    if into.is_empty() { Ok(()) } else { ctx.host.random(into) }
}

/// Lets other threads of the host run.
///
/// # Errors
/// The host's.
pub fn sched_yield<H: WasiHost>(ctx: &mut WasiCtx<H>, _: &mut GuestMemory<'_>) -> Result<(), Errno> {
    ctx.host.yield_now()
}

/// Raises a signal: there are none.
///
/// # Errors
/// Always [`Errno::Nosys`].
pub const fn proc_raise<H: WasiHost>(_: &mut WasiCtx<H>, _: &mut GuestMemory<'_>, _signal: u32) -> Result<(), Errno> {
    Err(Errno::Nosys)
}
