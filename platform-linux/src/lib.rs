//! The platform that Stilt needs, on Linux: `wasmtime-platform.h` in C, built by `cc`.
//!
//! A program on Linux links it by naming it, and never calls it:
//!
//! ```
//! extern crate stilt_platform_linux as _;
//! ```
//!
//! The runtime stays `no_std` there as anywhere else: it only knows the header. The C code is in `c/`, one file per
//! gate, and is also an example for porters. Each gate of the header is a Cargo feature (all on by default); a signal
//! handler is only installed when the runtime asks for hardware traps.
//!
//! What it offers in C beside the header is in `c/stilt-platform-linux.h`.
#![no_std]

#[cfg(feature = "virtual-memory")]
mod branches;
mod cpu;

#[cfg(feature = "virtual-memory")]
pub use branches::guard_branches;
pub use cpu::cpu_feature;
