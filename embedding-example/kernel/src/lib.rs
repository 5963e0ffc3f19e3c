//! A small kernel, the same on three machines: page tables, exceptions, a timer, `wasmtime-platform.h` on top of them.
//!
//! | | |
//! |---|---|
//! | `arch` | what differs: how a machine boots, its page-table entries, its exceptions, its devices |
//! | `boot` | from the first instruction in Rust to `kernel_main` of a program in `bin/` |
//! | `frames`, `paging`, `window` | physical frames, tables, and the range of addresses that mappings are made in |
//! | `fault`, `probe`, `timer`, `cores` | what comes from outside: exceptions, ticks, the second core |
//! | `platform` | the functions of the header: thin, over the above |
//! | `images` | the guests |
//!
//! `unsafe` stands where the machine is touched: everywhere but in `bin/`, `images`, `timer` and `fault`.
#![no_std]

pub mod arch;
pub mod boot;
pub mod console;
pub mod cores;
mod fault;
mod frames;
pub mod heap;
pub mod images;
pub mod lock;
mod paging;
mod platform;
mod probe;
pub mod timer;
mod window;

pub use platform::{describe_memory, hardware_traps, locks_taken};
pub use probe::read_that_may_fault;
