//! Serial line, interrupt controller, timer, and the way out.

use super::boot::second_core_runs;
use crate::{arch, timer};
use core::arch::asm;
use core::ops::Range;
use core::ptr::with_exposed_provenance_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

/// What is mapped: the interrupt controller, the serial line.
pub(crate) const DEVICES: &[Range<usize>] = &[0x0800_0000..0x0802_0000, 0x0900_0000..0x0900_1000];

const DISTRIBUTOR: usize = 0x0800_0000;
const INTERFACE: usize = 0x0801_0000;
const SERIAL: usize = 0x0900_0000;
/// The interrupt of the virtual timer; and the one by which a core asks the other to synchronise.
const TIMER: u32 = 27;
const SYNCHRONIZE: u32 = 0;

fn write(register: usize, value: u32) {
    // SAFETY: a register of a device that is mapped, and that touches no memory.
    unsafe { with_exposed_provenance_mut::<u32>(register).write_volatile(value) };
}

fn read(register: usize) -> u32 {
    // SAFETY: as above.
    unsafe { with_exposed_provenance_mut::<u32>(register).read_volatile() }
}

/// Writes a byte to the serial line.
pub fn write_serial(byte: u8) {
    const FULL: u32 = 1 << 5;
    while read(SERIAL + 0x18) & FULL != 0 {
        core::hint::spin_loop();
    }
    write(SERIAL, byte.into());
}

/// Ends the machine, by semihosting: 33 for success, 35 otherwise.
pub fn exit(success: bool) -> ! {
    const EXIT: u64 = 0x18;
    const APPLICATION_EXIT: u64 = 0x20026;
    let block = [APPLICATION_EXIT, if success { 33 } else { 35 }];
    // SAFETY: the emulator reads the block, and ends.
    unsafe { asm!("hlt #0xf000", in("x0") EXIT, in("x1") &raw const block, options(nostack)) };
    loop {
        arch::wait_for_interrupt();
    }
}

/// This core's side of the interrupt controller.
pub(super) fn prepare_interrupts() {
    write(DISTRIBUTOR, 1);
    write(DISTRIBUTOR + 0x100, 1 << TIMER | 1 << SYNCHRONIZE);
    write(INTERFACE + 4, 0xff);
    write(INTERFACE, 1);
}

/// Starts the timer, which ticks as [`timer::FREQUENCY`] says.
pub(crate) fn start_timer() {
    prepare_interrupts();
    next_tick();
}

fn next_tick() {
    let interval = frequency() / timer::FREQUENCY;
    // SAFETY: sets the timer, and changes nothing else.
    unsafe {
        asm!("msr cntv_tval_el0, {}", "msr cntv_ctl_el0, {}", in(reg) interval, in(reg) 1_u64,
            options(nostack, preserves_flags));
    }
}

fn frequency() -> u64 {
    let frequency;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, cntfrq_el0", out(reg) frequency, options(nomem, nostack, preserves_flags)) };
    frequency
}

/// Time since the start.
pub fn nanoseconds() -> u64 {
    const SECOND: u64 = 1_000_000_000;
    let count: u64;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, cntvct_el0", out(reg) count, options(nomem, nostack, preserves_flags)) };
    let frequency = frequency();
    count / frequency * SECOND + count % frequency * SECOND / frequency
}

/// How often each core was asked to synchronise, and did.
static SYNCHRONIZED: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// An interrupt of this core.
pub(super) fn interrupt() {
    let number = read(INTERFACE + 0xc);
    match number & 0x3ff {
        TIMER => {
            timer::tick();
            next_tick();
            write(INTERFACE + 0x10, number);
        }
        SYNCHRONIZE => {
            // The return from the interrupt is what synchronises; nothing of the program is run before it.
            SYNCHRONIZED[arch::core_number() & 1].fetch_add(1, Ordering::AcqRel);
            write(INTERFACE + 0x10, number);
        }
        1020.. => {}
        _ => write(INTERFACE + 0x10, number),
    }
}

/// The other core fetches no instructions that it has read before this.
pub(crate) fn synchronize_other_cores() -> i32 {
    if !second_core_runs() {
        return 0;
    }
    let other = 1 - (arch::core_number() & 1);
    let before = SYNCHRONIZED[other].load(Ordering::Acquire);
    write(DISTRIBUTOR + 0xf00, 1 << (16 + other) | SYNCHRONIZE);
    while SYNCHRONIZED[other].load(Ordering::Acquire) == before {
        core::hint::spin_loop();
    }
    0
}
