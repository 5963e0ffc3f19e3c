//! What the CPU can do and the kernel keeps: its keys for signed pointers, for one, are not set.

use core::arch::asm;

/// Whether guests can use a feature, by its name in images; `None` for one that this kernel does not know.
pub fn feature(name: &str) -> Option<bool> {
    let (instructions, floats): (u64, u64);
    // SAFETY: reads registers.
    unsafe { asm!("mrs {}, id_aa64isar0_el1", out(reg) instructions, options(nomem, nostack, preserves_flags)) };
    // SAFETY: likewise.
    unsafe { asm!("mrs {}, id_aa64pfr0_el1", out(reg) floats, options(nomem, nostack, preserves_flags)) };
    match name {
        "lse" => Some(instructions >> 20 & 15 >= 2),
        "dotprod" => Some(instructions >> 44 & 15 == 1),
        "fp16" => Some(floats >> 16 & 15 == 1),
        "paca" => Some(false),
        _ => None,
    }
}
