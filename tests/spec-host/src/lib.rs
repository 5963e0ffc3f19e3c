//! The host half of the spec tests: turns `.wast` files into images and scripts.
//!
//! [`convert`] compiles every module of a file and checks on the spot what is
//! about compiling alone (`assert_invalid`, `assert_malformed`); the rest becomes
//! a script that a player executes, here or on another ground. `stilt wast` and
//! the suites of this crate's tests use it.

#![deny(unsafe_code)]

mod compile;
mod convert;
mod lines;
mod run;
mod values;

pub use compile::Compile;
pub use convert::{ConvertError, Converted, Failure, HostSummary, convert};
pub use run::{Outcome, RunError, run, run_in};
