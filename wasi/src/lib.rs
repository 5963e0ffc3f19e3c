//! WASI preview 1 (`wasi_snapshot_preview1`) without `std` and without `unsafe`.
//!
//! A program sees all 46 functions, so it always links. What they do goes through [`WasiHost`], a trait an embedder
//! implements as far as its ground reaches: standard streams, clocks, randomness, arguments, environment, sleep, and
//! through [`Files`] directories. What the host leaves out answers with the errno that the interface's documents give,
//! never with a trap.
//!
//! The way through the crate, from the guest inwards:
//!
//! | module | subject |
//! |---|---|
//! | [`signature`] | the table of the 46 functions with their wasm types |
//! | [`calls`] | one Rust function for each, over guest memory and [`WasiCtx`] |
//! | [`memory`] | the guest's linear memory as a checked view |
//! | [`abi`] | the records that cross the boundary, byte for byte |
//! | [`fd`] | the table of file descriptors |
//! | [`host`], [`files`] | what an embedder implements |
//! | [`add_to_linker`] | the calls as host functions of the runtime |
//!
//! No guest input makes this crate panic or touch memory outside the view it was given. The one thing it allocates is the
//! list of descriptors past the standard streams, fallibly and within [`fd::LIMIT`].
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod abi;
pub mod calls;
mod ctx;
mod errno;
mod exit;
pub mod fd;
pub mod files;
pub mod host;
mod linker;
pub mod memory;
pub mod signature;

pub use ctx::{Access, WasiCtx};
pub use errno::Errno;
pub use exit::I32Exit;
pub use files::Files;
pub use host::{Clock, NoHost, WasiHost};
pub use linker::add_to_linker;
pub use memory::GuestMemory;

/// The import module under which programs look for these functions.
pub const MODULE: &str = "wasi_snapshot_preview1";
