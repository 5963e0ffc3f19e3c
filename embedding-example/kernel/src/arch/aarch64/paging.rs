//! Entries of page tables: three levels, 39 bits of address.

use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const LEVELS: usize = 3;

/// A page, in the last level; a table in the others.
const VALID: u64 = 0b11;
/// Memory that is cached, shared by the cores; of kind 1 (the boot code's `mair_el1`).
const MEMORY: u64 = 1 << 2 | 0b11 << 8;
const READ_ONLY: u64 = 1 << 7;
const ACCESSED: u64 = 1 << 10;
const NO_EXECUTE: u64 = 1 << 53;
const NO_EXECUTE_AT_LEVEL_0: u64 = 1 << 54;
/// Bits that the processor leaves to the kernel.
pub(crate) const SHARED: u64 = 1 << 55;
pub(crate) const WRITABLE: u64 = 1 << 56;

/// The kernel's tables, for the core that starts later.
static ROOT: AtomicUsize = AtomicUsize::new(0);

pub(super) fn root() -> usize {
    ROOT.load(Ordering::Acquire)
}

/// An entry for a page.
pub(crate) fn leaf(frame: usize, write: bool, execute: bool, device: bool) -> u64 {
    let bit = |condition, bit| if condition { bit } else { 0 };
    let kind = bit(!device, MEMORY) | bit(!write, READ_ONLY) | bit(!execute, NO_EXECUTE);
    frame as u64 | VALID | ACCESSED | NO_EXECUTE_AT_LEVEL_0 | kind
}

/// An entry for a table.
pub(crate) const fn table(frame: usize) -> u64 {
    frame as u64 | VALID
}

/// Where an entry leads.
#[expect(clippy::cast_possible_truncation, reason = "a pointer has 64 bits here")]
pub(crate) const fn address(entry: u64) -> usize {
    (entry & 0x0000_ffff_ffff_f000) as usize
}

pub(crate) const fn executes(entry: u64) -> bool {
    entry & NO_EXECUTE == 0
}

/// Uses these tables from now on.
pub(crate) fn activate(root: usize) {
    ROOT.store(root, Ordering::Release);
    // SAFETY: the tables map the kernel at its own address, and everything that it uses.
    unsafe {
        asm!(
            "dsb ishst",
            "msr ttbr0_el1, {}",
            "isb",
            "tlbi vmalle1",
            "dsb ish",
            "isb",
            in(reg) root,
            options(nostack, preserves_flags)
        );
    }
}

/// Forgets what the processors know of a range.
pub(crate) fn flush(start: usize, size: usize) {
    const PAGE: usize = 4096;
    // SAFETY: the entries that were written are seen first; a barrier changes nothing else.
    unsafe { asm!("dsb ishst", options(nostack, preserves_flags)) };
    if size > 64 * PAGE {
        // SAFETY: forgets everything, and changes nothing else.
        unsafe { asm!("tlbi vmalle1is", options(nostack, preserves_flags)) };
    } else {
        for page in (start..start + size).step_by(PAGE) {
            // SAFETY: forgets a page and the tables that lead to it, and changes nothing else.
            unsafe { asm!("tlbi vaae1is, {}", in(reg) page >> 12, options(nostack, preserves_flags)) };
        }
    }
    // SAFETY: waits until all cores have forgotten.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}
