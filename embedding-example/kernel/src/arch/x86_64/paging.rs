//! Entries of page tables: four levels, as the processor has them.

use core::arch::asm;

pub(crate) const LEVELS: usize = 4;

const PRESENT: u64 = 1;
const WRITE: u64 = 1 << 1;
const UNCACHED: u64 = 1 << 4 | 1 << 3;
const NO_EXECUTE: u64 = 1 << 63;
/// Bits that the processor leaves to the kernel.
pub(crate) const SHARED: u64 = 1 << 9;
pub(crate) const WRITABLE: u64 = 1 << 10;

/// An entry for a page.
pub(crate) fn leaf(frame: usize, write: bool, execute: bool, device: bool) -> u64 {
    let bit = |condition, bit| if condition { bit } else { 0 };
    frame as u64 | PRESENT | bit(write, WRITE) | bit(!execute, NO_EXECUTE) | bit(device, UNCACHED)
}

/// An entry for a table.
pub(crate) const fn table(frame: usize) -> u64 {
    frame as u64 | PRESENT | WRITE
}

/// Where an entry leads.
pub(crate) const fn address(entry: u64) -> usize {
    (entry & 0x000f_ffff_ffff_f000) as usize
}

pub(crate) const fn executes(entry: u64) -> bool {
    entry & NO_EXECUTE == 0
}

/// Uses these tables from now on.
pub(crate) fn activate(root: usize) {
    // SAFETY: the tables map the kernel at its own address, and everything that it uses.
    unsafe { asm!("mov cr3, {}", in(reg) root, options(nostack, preserves_flags)) };
}

/// Forgets what the processor knows of a range.
pub(crate) fn flush(start: usize, size: usize) {
    const PAGE: usize = 4096;
    if size > 64 * PAGE {
        let root: usize;
        // SAFETY: loading the register again forgets everything, and changes nothing else.
        unsafe { asm!("mov {0}, cr3", "mov cr3, {0}", out(reg) root, options(nostack, preserves_flags)) };
        let _ = root;
        return;
    }
    for page in (start..start + size).step_by(PAGE) {
        // SAFETY: forgets a page, and changes nothing else.
        unsafe { asm!("invlpg [{}]", in(reg) page, options(nostack, preserves_flags)) };
    }
}
