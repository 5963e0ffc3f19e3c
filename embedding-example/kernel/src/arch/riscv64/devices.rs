//! Serial line, timer, and the way out.

use super::firmware;
use crate::{arch, timer};
use core::arch::asm;
use core::ops::Range;
use core::ptr::with_exposed_provenance_mut;

/// What is mapped: the finisher, the serial line.
pub(crate) const DEVICES: &[Range<usize>] = &[0x10_0000..0x10_1000, 0x1000_0000..0x1000_1000];

const FINISHER: usize = 0x10_0000;
const SERIAL: usize = 0x1000_0000;
/// The time base of this board.
const FREQUENCY: usize = 10_000_000;
/// The timer's interrupt.
const TIMER: u64 = 5;

/// Writes a byte to the serial line.
pub fn write_serial(byte: u8) {
    const READY: u8 = 1 << 5;
    let register = with_exposed_provenance_mut::<u8>(SERIAL);
    // SAFETY: a register of a device that is mapped, and that touches no memory.
    while unsafe { register.wrapping_add(5).read_volatile() } & READY == 0 {
        core::hint::spin_loop();
    }
    // SAFETY: as above.
    unsafe { register.write_volatile(byte) };
}

/// Ends the machine: with 33 for success, 35 otherwise.
pub fn exit(success: bool) -> ! {
    const WITH_A_STATUS: u32 = 0x3333;
    let status: u32 = if success { 33 } else { 35 };
    // SAFETY: a register of a device, which ends the machine.
    unsafe { with_exposed_provenance_mut::<u32>(FINISHER).write_volatile(status << 16 | WITH_A_STATUS) };
    loop {
        arch::wait_for_interrupt();
    }
}

fn time() -> usize {
    let time;
    // SAFETY: reads a register.
    unsafe { asm!("rdtime {}", out(reg) time, options(nomem, nostack, preserves_flags)) };
    time
}

/// Starts the timer, which ticks as [`timer::FREQUENCY`] says.
pub(crate) fn start_timer() {
    next_tick();
    // SAFETY: lets the timer interrupt, for which there is a handler.
    unsafe { asm!("csrs sie, {}", in(reg) 1 << TIMER, options(nomem, nostack, preserves_flags)) };
}

fn next_tick() {
    firmware::set_timer(time() + FREQUENCY / 1000);
    const { assert!(timer::FREQUENCY == 1000) };
}

/// An interrupt of this core.
pub(super) fn interrupt(cause: u64) {
    if cause == TIMER {
        timer::tick();
        next_tick();
    }
}

/// Time since the start.
pub fn nanoseconds() -> u64 {
    time() as u64 * (1_000_000_000 / FREQUENCY as u64)
}
