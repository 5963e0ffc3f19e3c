//! Arguments and environment: two lists of strings that the guest fetches in the same way.
//!
//! The guest asks for the number of strings and their bytes altogether, gets itself that much memory, then has an array
//! of pointers and the zero-terminated strings written there.

use crate::{Errno, GuestMemory, WasiCtx, WasiHost};

/// Writes the arguments' pointers to `argv` and the strings to `argv_buf`.
///
/// # Errors
/// [`Errno::Fault`] if either does not fit in memory.
pub fn args_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    argv: u32,
    argv_buf: u32,
) -> Result<(), Errno> {
    write_strings(memory, argv, argv_buf, |index| ctx.host.arg(index))
}

/// Writes the number of arguments and the bytes they need, with their terminators.
///
/// # Errors
/// [`Errno::Fault`] for a bad address, [`Errno::Overflow`] for lists beyond 4 GiB.
pub fn args_sizes_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    write_sizes(memory, count, size, |index| ctx.host.arg(index))
}

/// Writes the environment's pointers to `environ` and the strings to `environ_buf`.
///
/// # Errors
/// [`Errno::Fault`] if either does not fit in memory.
pub fn environ_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    environ: u32,
    environ_buf: u32,
) -> Result<(), Errno> {
    write_strings(memory, environ, environ_buf, |index| ctx.host.env(index))
}

/// Writes the number of the environment's entries and the bytes they need, with their terminators.
///
/// # Errors
/// [`Errno::Fault`] for a bad address, [`Errno::Overflow`] for lists beyond 4 GiB.
pub fn environ_sizes_get<H: WasiHost>(
    ctx: &mut WasiCtx<H>,
    memory: &mut GuestMemory<'_>,
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    write_sizes(memory, count, size, |index| ctx.host.env(index))
}

fn write_strings<'h>(
    memory: &mut GuestMemory<'_>,
    mut pointer_at: u32,
    mut string_at: u32,
    string: impl Fn(usize) -> Option<&'h [u8]>,
) -> Result<(), Errno> {
    for text in (0..usize::MAX).map_while(string) {
        memory.write_u32(pointer_at, string_at)?;
        let len = with_terminator(text)?;
        let room = memory.bytes_mut(string_at, len)?;
        for (to, from) in room.iter_mut().zip(text.iter().chain(&[0])) {
            *to = *from;
        }
        pointer_at = pointer_at.checked_add(4).ok_or(Errno::Fault)?;
        string_at = string_at.checked_add(len).ok_or(Errno::Fault)?;
    }
    Ok(())
}

fn write_sizes<'h>(
    memory: &mut GuestMemory<'_>,
    count_at: u32,
    size_at: u32,
    string: impl Fn(usize) -> Option<&'h [u8]>,
) -> Result<(), Errno> {
    let mut count: u32 = 0;
    let mut size: u32 = 0;
    for text in (0..usize::MAX).map_while(string) {
        count = count.checked_add(1).ok_or(Errno::Overflow)?;
        size = size.checked_add(with_terminator(text)?).ok_or(Errno::Overflow)?;
    }
    memory.write_u32(count_at, count)?;
    memory.write_u32(size_at, size)
}

fn with_terminator(text: &[u8]) -> Result<u32, Errno> {
    u32::try_from(text.len()).ok().and_then(|len| len.checked_add(1)).ok_or(Errno::Overflow)
}
