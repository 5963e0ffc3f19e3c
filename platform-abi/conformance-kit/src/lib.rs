//! The conformance kit as a static library: `stilt_platform_selftest` for C programs, and what a library without `std`
//! needs to be linked. The kit itself is `stilt_platform_abi::conformance`.
#![no_std]

pub use stilt_platform_abi::conformance::stilt_platform_selftest;

/// The kit does not panic; if it did, it would be seen to hang in the clause that began last.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
