//! riscv: `fence.i` makes this hart's fetches see this hart's stores. It says nothing to the other harts.

use core::arch::asm;

pub(super) const KNOWN: bool = true;
pub(super) const REACHES_EVERY_CORE: bool = false;

/// # Safety
/// None is needed here; the promises are those of the twins.
pub(super) unsafe fn synchronize(_start: *const u8, _size: usize) {
    // SAFETY: `fence.i` (by its encoding, since an assembler may want the extension to be named) only
    // orders; it changes no register, and, without `nomem`, no store is moved behind it.
    unsafe { asm!(".4byte 0x0000100f", options(nostack, preserves_flags)) };
}
