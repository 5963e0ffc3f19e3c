//! A PC: booted by PVH, one core, the timer of the original PC.

mod boot;
mod descriptors;
mod devices;
mod exceptions;
mod features;
mod paging;

pub use descriptors::lowest_of_interrupt_stack;
pub(crate) use devices::{DEVICES, start_timer};
pub use devices::{exit, nanoseconds, write_serial};
pub(crate) use exceptions::{Frame, prepare_core};
pub use features::feature;
pub(crate) use paging::{LEVELS, SHARED, WRITABLE, activate, address, executes, flush, leaf, table};

use core::arch::asm;

/// The machine's name.
pub const NAME: &str = "x86_64";

/// Interrupts are masked; whether they were not before.
pub(crate) fn mask_interrupts() -> bool {
    let flags: u64;
    // SAFETY: reads the flags, and masks interrupts; who does it puts them back.
    unsafe { asm!("pushfq", "pop {}", "cli", out(reg) flags) };
    flags & (1 << 9) != 0
}

pub(crate) fn restore_interrupts(enabled: bool) {
    if enabled {
        enable_interrupts();
    }
}

pub(crate) fn enable_interrupts() {
    // SAFETY: the descriptors of interrupts are loaded (`prepare_core`).
    unsafe { asm!("sti", options(nostack)) };
}

/// Sleeps until something happens.
pub fn wait_for_interrupt() {
    // SAFETY: the core stops until the next interrupt, and goes on here.
    unsafe { asm!("hlt", options(nomem, nostack, preserves_flags)) };
}

/// The number of this core.
#[inline]
pub(crate) const fn core_number() -> usize {
    0
}

/// There is one core only.
pub(crate) const fn start_second_core() -> bool {
    false
}

/// Code is coherent.
pub(crate) const fn synchronize_other_cores() -> i32 {
    0
}

/// The bit of `cr0` with which instructions on float and vector registers are exceptions.
const TASK_SWITCHED: u64 = 1 << 3;

/// Switches the float registers on or off. Off, what touches one is an exception.
pub fn switch_float_registers(on: bool) {
    let control = if on { control() & !TASK_SWITCHED } else { control() | TASK_SWITCHED };
    // SAFETY: only that bit changes, and the kernel's own code has no such instructions.
    unsafe { asm!("mov cr0, {}", in(reg) control, options(nostack)) };
}

/// Whether they are on.
pub fn float_registers_are_on() -> bool {
    control() & TASK_SWITCHED == 0
}

fn control() -> u64 {
    let control: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, cr0", out(reg) control, options(nomem, nostack)) };
    control
}

#[repr(C, align(16))]
struct FloatRegisters([u8; 512]);

/// Runs something that may change the float registers, which the kernel's own code has none of.
pub(crate) fn with_float_registers_kept(run: extern "C" fn()) {
    let mut kept = FloatRegisters([0; 512]);
    // SAFETY: the area is large enough, aligned, and ours.
    unsafe { asm!("fxsave64 [{}]", in(reg) &raw mut kept, options(nostack)) };
    run();
    // SAFETY: what was stored above.
    unsafe { asm!("fxrstor64 [{}]", in(reg) &raw const kept, options(nostack)) };
}
