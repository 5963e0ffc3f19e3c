//! Reading clocks. Waiting for them is [`poll_oneoff`](super::poll_oneoff).

use crate::{Clock, Errno, GuestMemory, WasiCtx, WasiHost};
use zerocopy::little_endian::U64;

/// Writes the resolution of a clock in nanoseconds, which is never zero.
///
/// # Errors
/// [`Errno::Inval`] for a clock that does not exist or that the host does not have, [`Errno::Fault`].
pub fn clock_res_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    clock: u32,
    resolution: u32,
) -> Result<(), Errno> {
    let nanoseconds = ctx.host.clock_resolution(Clock::from_id(clock)?)?;
    memory.write(resolution, &U64::new(nanoseconds.max(1)))
}

/// Writes the time of a clock in nanoseconds.
///
/// # Errors
/// [`Errno::Inval`] for a clock that does not exist or that the host does not have, [`Errno::Fault`], or the host's.
pub fn clock_time_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    clock: u32,
    precision: u64,
    time: u32,
) -> Result<(), Errno> {
    let nanoseconds = ctx.host.clock_time(Clock::from_id(clock)?, precision)?;
    memory.write(time, &U64::new(nanoseconds))
}
