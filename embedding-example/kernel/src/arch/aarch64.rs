//! QEMU's `virt` board with two cores: exception level 1, a generic interrupt controller of version 2, the virtual timer.

mod boot;
mod devices;
mod exceptions;
mod features;
mod paging;

pub(crate) use boot::start_second_core;
pub(crate) use devices::{DEVICES, start_timer, synchronize_other_cores};
pub use devices::{exit, nanoseconds, write_serial};
pub use exceptions::lowest_of_interrupt_stack;
pub(crate) use exceptions::{Frame, prepare_core, with_float_registers_kept};
pub use features::feature;
pub(crate) use paging::{LEVELS, SHARED, WRITABLE, activate, address, executes, flush, leaf, table};

use core::arch::asm;

/// The machine's name.
pub const NAME: &str = "aarch64";

/// Interrupts are masked; whether they were not before.
pub(crate) fn mask_interrupts() -> bool {
    let masks: u64;
    // SAFETY: reads the masks and masks interrupts; who does it puts them back.
    unsafe { asm!("mrs {}, daif", "msr daifset, #2", out(reg) masks, options(nostack)) };
    masks & (1 << 7) == 0
}

pub(crate) fn restore_interrupts(enabled: bool) {
    if enabled {
        enable_interrupts();
    }
}

pub(crate) fn enable_interrupts() {
    // SAFETY: the vectors are set (`prepare_core`).
    unsafe { asm!("msr daifclr, #2", options(nostack)) };
}

/// Switches the float and vector registers on or off. Off, what touches one is an exception.
pub fn switch_float_registers(on: bool) {
    let control: u64 = if on { 3 << 20 } else { 0 };
    // SAFETY: the kernel's own code has no such instructions, and `boot.rs` writes these bits only.
    unsafe { asm!("msr cpacr_el1, {}", "isb", in(reg) control, options(nostack, preserves_flags)) };
}

/// Whether they are on.
pub fn float_registers_are_on() -> bool {
    let control: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, cpacr_el1", out(reg) control, options(nomem, nostack, preserves_flags)) };
    control & 3 << 20 != 0
}

/// Sleeps until something happens.
pub fn wait_for_interrupt() {
    // SAFETY: the core stops until the next interrupt, and goes on here.
    unsafe { asm!("wfi", options(nomem, nostack, preserves_flags)) };
}

/// The number of this core.
#[inline]
pub(crate) fn core_number() -> usize {
    let number;
    // SAFETY: reads a register that `prepare_core` has written.
    unsafe { asm!("mrs {}, tpidr_el1", out(reg) number, options(nomem, nostack, preserves_flags)) };
    number
}
