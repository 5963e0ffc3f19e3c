//! `libstilt.a`: the functions of `stilt-c`, and what Rust needs of a program that is not Rust's: an allocator, which refuses, and a
//! place for panics to go; on bare machines a smaller `fmod` than Rust's own library has.
#![no_std]

#[cfg(feature = "interrupts-off")]
mod interrupts_off;
#[cfg(all(target_os = "none", not(stilt_disable_interp_floats)))]
mod remainder;
#[cfg(target_arch = "riscv32")]
mod saving;

use stilt_c::NoHeap;

#[global_allocator]
static NO_HEAP: NoHeap = NoHeap;

/// Nothing of this project's panics: `cargo xtask size` links a program in which this would be a symbol that nobody defines. Should
/// it happen all the same, nothing can be trusted any more.
#[cfg(not(feature = "no-panic"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(feature = "no-panic")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        fn stilt_a_panic_is_reachable() -> !;
    }
    // SAFETY: never called: a program in which this is reachable does not link.
    unsafe { stilt_a_panic_is_reachable() }
}

// Tables for unwinders, which come with Rust's own library, name this function; nothing is ever unwound. Weak, should the program have
// it from somewhere else.
core::arch::global_asm!(
    ".section .text.rust_eh_personality, \"ax\"",
    ".weak rust_eh_personality",
    "rust_eh_personality:",
    ".byte 0, 0, 0, 0",
    ".text",
);
