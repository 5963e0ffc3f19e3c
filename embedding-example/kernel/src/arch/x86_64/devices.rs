//! Serial line, timer, interrupt controllers, and the way out: all by ports, as on every PC.

use crate::timer;
use core::arch::asm;
use core::ops::Range;

/// All devices used here are reached by ports.
pub(crate) const DEVICES: &[Range<usize>] = &[];

const SERIAL: u16 = 0x3f8;
const EXIT: u16 = 0xf4;
const FIRST_CONTROLLER: u16 = 0x20;
const SECOND_CONTROLLER: u16 = 0xa0;
/// The vector of the timer: the first line of the first controller.
pub(super) const TIMER: u64 = 32;

fn write(port: u16, byte: u8) {
    // SAFETY: the ports of this file are of devices that touch no memory.
    unsafe { asm!("out dx, al", in("dx") port, in("al") byte, options(nomem, nostack, preserves_flags)) };
}

fn read(port: u16) -> u8 {
    let byte;
    // SAFETY: as above.
    unsafe { asm!("in al, dx", in("dx") port, out("al") byte, options(nomem, nostack, preserves_flags)) };
    byte
}

/// Writes a byte to the serial line.
pub fn write_serial(byte: u8) {
    const READY: u8 = 1 << 5;
    while read(SERIAL + 5) & READY == 0 {
        core::hint::spin_loop();
    }
    write(SERIAL, byte);
}

/// Ends the machine (QEMU's `isa-debug-exit`, whose exit status is twice the number and one: 33 for success, 35 otherwise).
pub fn exit(success: bool) -> ! {
    write(EXIT, if success { 16 } else { 17 });
    loop {
        super::mask_interrupts();
        super::wait_for_interrupt();
    }
}

/// Starts the timer, which ticks as [`timer::FREQUENCY`] says, and lets only it interrupt.
pub(crate) fn start_timer() {
    for (controller, first_vector, lines) in [(FIRST_CONTROLLER, 32, 4), (SECOND_CONTROLLER, 40, 2)] {
        write(controller, 0x11);
        write(controller + 1, first_vector);
        write(controller + 1, lines);
        write(controller + 1, 1);
    }
    write(FIRST_CONTROLLER + 1, !1);
    write(SECOND_CONTROLLER + 1, !0);
    next_tick();
}

/// One interrupt of the timer, at the end of its count.
fn next_tick() {
    const INPUT: u64 = 1_193_182;
    let [low, high, ..] = (INPUT / timer::FREQUENCY).to_le_bytes();
    write(0x43, 0x30);
    write(0x40, low);
    write(0x40, high);
}

/// The timer has interrupted.
pub(super) fn tick() {
    timer::tick();
    next_tick();
    end_of_interrupt();
}

/// The controllers may send the next interrupt.
pub(super) fn end_of_interrupt() {
    write(FIRST_CONTROLLER, 0x20);
}

/// Time since the start, which ticks only.
pub fn nanoseconds() -> u64 {
    timer::ticks() * (1_000_000_000 / timer::FREQUENCY)
}
