//! Entries of page tables: three levels (Sv39).

use super::firmware;
use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};

pub(crate) const LEVELS: usize = 3;

const VALID: u64 = 1;
const READ: u64 = 1 << 1;
const WRITE: u64 = 1 << 2;
const EXECUTE: u64 = 1 << 3;
const ACCESSED: u64 = 1 << 6;
const WRITTEN: u64 = 1 << 7;
/// Bits that the processor leaves to the kernel.
pub(crate) const SHARED: u64 = 1 << 8;
pub(crate) const WRITABLE: u64 = 1 << 9;

/// The kernel's tables, for the core that starts later.
static ROOT: AtomicUsize = AtomicUsize::new(0);

pub(super) fn root() -> usize {
    ROOT.load(Ordering::Acquire)
}

/// An entry for a page. What is a device is known by its address.
pub(crate) fn leaf(frame: usize, write: bool, execute: bool, _device: bool) -> u64 {
    let bit = |condition, bit| if condition { bit } else { 0 };
    table(frame) | READ | ACCESSED | bit(write, WRITE | WRITTEN) | bit(execute, EXECUTE)
}

/// An entry for a table.
pub(crate) const fn table(frame: usize) -> u64 {
    (frame as u64) >> 12 << 10 | VALID
}

/// Where an entry leads.
#[expect(clippy::cast_possible_truncation, reason = "a pointer has 64 bits here")]
pub(crate) const fn address(entry: u64) -> usize {
    (entry >> 10 << 12) as usize & 0x00ff_ffff_ffff_f000
}

pub(crate) const fn executes(entry: u64) -> bool {
    entry & EXECUTE != 0
}

/// Uses these tables from now on.
pub(crate) fn activate(root: usize) {
    const THREE_LEVELS: usize = 8 << 60;
    ROOT.store(root, Ordering::Release);
    // SAFETY: the tables map the kernel at its own address, and everything that it uses.
    unsafe {
        asm!("sfence.vma", "csrw satp, {}", "sfence.vma", in(reg) THREE_LEVELS | root >> 12, options(nostack));
    }
}

/// Forgets what the processors know of a range: here, everything.
pub(crate) fn flush(_start: usize, _size: usize) {
    // SAFETY: forgets, and changes nothing else.
    unsafe { asm!("sfence.vma", options(nostack, preserves_flags)) };
    firmware::flush_other_hart();
}
