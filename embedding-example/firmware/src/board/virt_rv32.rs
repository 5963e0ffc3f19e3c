//! QEMU's `virt` with a 32-bit RISC-V core, in machine mode. The firmware runs in the first of its flash chips; the second has the slots
//! for updates, and is a file that outlives the machine.

use super::register;
use crate::flash::IntelFlash;
use core::arch::asm;
use core::sync::atomic::{AtomicU32, Ordering};

/// What the board is called.
pub const NAME: &str = "virt, RV32IMAC";

/// Where guests' memories are, and how many bytes: above what the linker counts.
pub const GUEST_MEMORY: (usize, usize) = (0x8010_0000, 64 * 1024 + 32);

/// RAM that the firmware does not use otherwise, for programs that need a large heap.
pub const SPARE: (usize, usize) = (0x8020_0000, 14 << 20);

const UART: usize = 0x1000_0000;
const TEST: usize = 0x0010_0000;
const COMPARE: usize = 0x0200_4000;
const TIME: usize = 0x0200_bff8;
const CLOCK: u32 = 10_000_000;
/// The machine timer's bit in `mie`, and all interrupts' in `mstatus`.
const MTIE: usize = 1 << 7;
const MIE: usize = 1 << 3;

static PERIOD: AtomicU32 = AtomicU32::new(0);
/// The board has no lights; these would be them.
static LIGHTS: AtomicU32 = AtomicU32::new(0);

/// Once, before anything is written.
pub fn prepare() {}

/// A byte to the serial line.
pub fn write_serial(byte: u8) {
    let uart: *mut u8 = core::ptr::with_exposed_provenance_mut(UART);
    // SAFETY: reading the state has no effect.
    while unsafe { uart.add(5).read_volatile() } & 0x20 == 0 {}
    // SAFETY: there is room for a byte.
    unsafe { uart.write_volatile(byte) };
}

/// Switches lights on and off, a bit for each.
pub fn set_lights(bits: u32) {
    LIGHTS.store(bits, Ordering::Relaxed);
}

/// Which are on.
pub fn lights() -> u32 {
    LIGHTS.load(Ordering::Relaxed)
}

/// Makes the timer interrupt so often in a second.
pub fn start_timer(frequency: u32) {
    PERIOD.store(CLOCK / frequency, Ordering::Relaxed);
    expire_next();
    // SAFETY: the timer's handler is below.
    unsafe { asm!("csrs mie, {}", in(reg) MTIE) };
    // SAFETY: as above; no other interrupt is on.
    unsafe { asm!("csrs mstatus, {}", in(reg) MIE) };
}

/// Nothing to prepare.
pub fn count_instructions() {}

/// How many instructions there have been.
pub fn instructions() -> u32 {
    let count: u32;
    // SAFETY: reading the counter has no effect.
    unsafe { asm!("csrr {}, minstret", out(reg) count) };
    count
}

fn expire_next() {
    // SAFETY: reading the time has no effect.
    let now = unsafe { register(TIME).read_volatile() };
    // The upper half stays 0: it is some minutes until it would not be.
    let next = now.saturating_add(PERIOD.load(Ordering::Relaxed));
    // SAFETY: the timer is the firmware's.
    unsafe { register(COMPARE).write_volatile(next) };
    // SAFETY: as above.
    unsafe { register(COMPARE + 4).write_volatile(0) };
}

/// What `riscv-rt` calls at an interrupt of the timer.
#[unsafe(no_mangle)]
extern "C" fn MachineTimer() {
    expire_next();
    crate::timer::tick();
}

/// What it calls at an exception. A fault of the firmware's own ends it: nothing that a guest does leads here.
#[unsafe(no_mangle)]
extern "C" fn ExceptionHandler(_frame: &riscv_rt::TrapFrame) -> ! {
    let at: usize;
    // SAFETY: reading where it happened has no effect.
    unsafe { asm!("csrr {}, mepc", out(reg) at) };
    crate::println!("exception at {at:#x}");
    exit(false)
}

/// The chip that has the slots for updates.
pub fn chip() -> IntelFlash {
    // SAFETY: the second chip, whose only user this is.
    unsafe { IntelFlash::new(0x2200_0000, 2 * 256 * 1024, 256 * 1024) }
}

/// Ends the emulator.
pub fn exit(success: bool) -> ! {
    // SAFETY: the device that ends the machine.
    unsafe { register(TEST).write_volatile(if success { 0x5555 } else { 0x1_3333 }) };
    loop {
        core::hint::spin_loop();
    }
}
