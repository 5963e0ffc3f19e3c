//! Arm's MPS2 board with a Cortex-M4 (application note 386). All its memory is RAM, so the flash for updates is a part of it that behaves
//! as flash does.

use super::register;
use crate::flash::MemoryFlash;
use core::arch::asm;

/// What the board is called.
pub const NAME: &str = "mps2-an386, Cortex-M4";

/// Where guests' memories are, and how many bytes: in the external RAM.
pub const GUEST_MEMORY: (usize, usize) = (0x2100_0000, 64 * 1024 + 32);

/// RAM that the firmware does not use otherwise, for programs that need a large heap.
pub const SPARE: (usize, usize) = (0x2120_0000, 14 << 20);

const UART_DATA: usize = 0x4000_4000;
const UART_STATE: usize = 0x4000_4004;
const UART_CONTROL: usize = 0x4000_4008;
const UART_DIVIDER: usize = 0x4000_4010;
/// The eight lights of the board's controller.
const LIGHTS: usize = 0x4002_f004;
const SYSTICK_CONTROL: usize = 0xe000_e010;
const SYSTICK_RELOAD: usize = 0xe000_e014;
const SYSTICK_NOW: usize = 0xe000_e018;
const CLOCK: u32 = 25_000_000;

/// Once, before anything is written.
pub fn prepare() {
    // SAFETY: the registers of the serial line, in the order that its manual has.
    unsafe { register(UART_DIVIDER).write_volatile(16) };
    // SAFETY: as above: transmission on.
    unsafe { register(UART_CONTROL).write_volatile(1) };
}

/// A byte to the serial line.
pub fn write_serial(byte: u8) {
    // SAFETY: reading the state has no effect.
    while unsafe { register(UART_STATE).read_volatile() } & 1 != 0 {}
    // SAFETY: there is room for a byte.
    unsafe { register(UART_DATA).write_volatile(byte.into()) };
}

/// Switches lights on and off, a bit for each.
pub fn set_lights(bits: u32) {
    // SAFETY: the register of the lights, of which there are eight.
    unsafe { register(LIGHTS).write_volatile(bits & 0xff) };
}

/// Which are on.
pub fn lights() -> u32 {
    // SAFETY: reading has no effect.
    unsafe { register(LIGHTS).read_volatile() }
}

/// Makes the system timer interrupt so often in a second.
pub fn start_timer(frequency: u32) {
    // SAFETY: the timer is the firmware's.
    unsafe { register(SYSTICK_RELOAD).write_volatile(CLOCK / frequency - 1) };
    // SAFETY: as above.
    unsafe { register(SYSTICK_NOW).write_volatile(0) };
    // SAFETY: as above: on, with interrupts, by the processor's clock.
    unsafe { register(SYSTICK_CONTROL).write_volatile(7) };
}

/// Makes the system timer count, without interrupts: for the emulator whose clock runs by instructions.
pub fn count_instructions() {
    // SAFETY: the timer is the firmware's.
    unsafe { register(SYSTICK_RELOAD).write_volatile(0xff_ffff) };
    // SAFETY: as above.
    unsafe { register(SYSTICK_NOW).write_volatile(0) };
    // SAFETY: as above: on, by the processor's clock.
    unsafe { register(SYSTICK_CONTROL).write_volatile(5) };
}

/// How many instructions there have been, with an instruction a nanosecond: as exact as the timer's clock, which is 40 of them.
pub fn instructions() -> u32 {
    // SAFETY: reading has no effect. It counts down.
    let ticks = 0xff_ffff - unsafe { register(SYSTICK_NOW).read_volatile() };
    ticks * (1_000_000_000 / CLOCK)
}

#[cortex_m_rt::exception]
fn SysTick() {
    crate::timer::tick();
}

/// A fault of the firmware's own ends it: nothing that a guest does leads here.
#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    crate::println!("hard fault at {:#x}", frame.pc());
    exit(false)
}

/// The chip that has the slots for updates.
pub fn chip() -> MemoryFlash {
    // SAFETY: the upper part of the code memory, which no section of the firmware lies in; this is its only user.
    unsafe { MemoryFlash::new(0x0020_0000, 2 * 16 * 1024, 4 * 1024) }
}

/// Ends the emulator.
pub fn exit(success: bool) -> ! {
    // "The application has ended", or "run-time error".
    let reason: u32 = if success { 0x2_0026 } else { 0x2_0023 };
    // SAFETY: a call of the debugger, which is the emulator; it does not come back.
    unsafe { asm!("bkpt 0xab", in("r0") 0x18, in("r1") reason, options(nostack)) };
    loop {
        core::hint::spin_loop();
    }
}
