//! QEMU's `virt` board with two harts, in supervisor mode above OpenSBI, whose calls start the second hart, set the timer, and make the
//! other hart forget what it has kept of tables and code.

mod boot;
mod devices;
mod exceptions;
mod features;
mod firmware;
mod paging;

pub(crate) use boot::start_second_core;
pub(crate) use devices::{DEVICES, start_timer};
pub use devices::{exit, nanoseconds, write_serial};
pub use exceptions::lowest_of_interrupt_stack;
pub(crate) use exceptions::{Frame, prepare_core, with_float_registers_kept};
pub use features::feature;
pub(crate) use firmware::synchronize_other_cores;
pub(crate) use paging::{LEVELS, SHARED, WRITABLE, activate, address, executes, flush, leaf, table};

use core::arch::asm;

/// The machine's name.
pub const NAME: &str = "riscv64";

/// The bit of `sstatus` with which interrupts are taken.
const INTERRUPTS: usize = 1 << 1;

/// Interrupts are masked; whether they were not before.
pub(crate) fn mask_interrupts() -> bool {
    let status: usize;
    // SAFETY: reads the mask and masks interrupts; who does it puts them back.
    unsafe { asm!("csrrc {}, sstatus, {}", out(reg) status, in(reg) INTERRUPTS, options(nostack)) };
    status & INTERRUPTS != 0
}

pub(crate) fn restore_interrupts(enabled: bool) {
    if enabled {
        enable_interrupts();
    }
}

pub(crate) fn enable_interrupts() {
    // SAFETY: the handler is set (`prepare_core`).
    unsafe { asm!("csrs sstatus, {}", in(reg) INTERRUPTS, options(nostack)) };
}

/// The bits of `sstatus` that are 0 where float registers are off.
const FLOATS: usize = 3 << 13;

/// Switches the float registers on or off. Off, what touches one is an exception.
pub fn switch_float_registers(on: bool) {
    if on {
        // SAFETY: the kernel's own code has no instructions on them.
        unsafe { asm!("csrs sstatus, {}", in(reg) FLOATS, options(nostack)) };
    } else {
        // SAFETY: likewise.
        unsafe { asm!("csrc sstatus, {}", in(reg) FLOATS, options(nostack)) };
    }
}

/// Whether they are on.
pub fn float_registers_are_on() -> bool {
    let status: usize;
    // SAFETY: reads a register.
    unsafe { asm!("csrr {}, sstatus", out(reg) status, options(nomem, nostack)) };
    status & FLOATS != 0
}

/// Sleeps until something happens.
pub fn wait_for_interrupt() {
    // SAFETY: the hart stops until the next interrupt, and goes on here.
    unsafe { asm!("wfi", options(nomem, nostack, preserves_flags)) };
}

/// The number of this core: 0 for the one that was started first.
#[inline]
pub(crate) fn core_number() -> usize {
    let number;
    // SAFETY: reads a register that `prepare_core` has written, and that nothing else uses.
    unsafe { asm!("mv {}, tp", out(reg) number, options(nomem, nostack, preserves_flags)) };
    number
}
