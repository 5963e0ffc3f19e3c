//! The player half of the spec tests: executes a script on the runtime.
//!
//! `no_std`, so that it runs on every ground that the runtime runs on: the
//! suites call it on Linux, later ones on bare metal and on other ISAs. Its
//! memory is bounded by the script: a table of instances, and what the modules
//! themselves ask for.

#![no_std]
#![forbid(unsafe_code)]

mod message;
mod play;
mod spectest;
mod values;
mod wrong;

pub use play::{Event, Load, Summary, play};
