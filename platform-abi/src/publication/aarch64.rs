//! aarch64: clean the data cache to the point of unification, invalidate the instruction cache; both reach the other
//! cores of the inner shareable domain. Only this core's pipeline is synchronised (`isb`).
//!
//! After Arm's Architecture Reference Manual, B2.4.4 "Concurrent modification and execution of instructions" and the fields of `CTR_EL0`.

use core::arch::asm;

pub(super) const KNOWN: bool = true;
/// Code at an address that no core has fetched from before needs nothing more.
pub(super) const REACHES_EVERY_CORE: bool = true;

/// `CTR_EL0.IDC`: data need not be cleaned.
const DATA_COHERENT: usize = 1 << 28;
/// `CTR_EL0.DIC`: instructions need not be invalidated.
const INSTRUCTIONS_COHERENT: usize = 1 << 29;

/// # Safety
/// The range is mapped and readable.
pub(super) unsafe fn synchronize(start: *const u8, size: usize) {
    let start = start.addr();
    let end = start.saturating_add(size);
    let cache_type: usize;
    // SAFETY: reading the cache type register has no effect, and is permitted (or emulated) at every level.
    unsafe {
        asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack, preserves_flags));
    }
    // Lines in bytes: 4 << a field of four bits.
    let data_line = 4_usize << ((cache_type >> 16) & 15);
    let instruction_line = 4_usize << (cache_type & 15);

    if cache_type & DATA_COHERENT == 0 {
        let mut line = start & !data_line.wrapping_sub(1);
        while line < end {
            // SAFETY: the line holds a byte of the range, which is mapped and readable.
            unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
            line = line.saturating_add(data_line);
        }
    }
    // SAFETY: a barrier has no other effect.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    if cache_type & INSTRUCTIONS_COHERENT == 0 {
        let mut line = start & !instruction_line.wrapping_sub(1);
        while line < end {
            // SAFETY: the line holds a byte of the range, which is mapped and readable.
            unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
            line = line.saturating_add(instruction_line);
        }
        // SAFETY: a barrier has no other effect.
        unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    }
    // SAFETY: a barrier has no other effect.
    unsafe { asm!("isb", options(nostack, preserves_flags)) };
}
