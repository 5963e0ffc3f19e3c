//! The binary form of a `.wast` script: what the host half of the spec tests
//! hands to the player half.
//!
//! A script is one block of bytes, little-endian on every ground, without
//! addresses, in which the images of its modules stand at multiples of
//! [`IMAGE_ALIGN`], so that a player may run them from where they lie (in flash,
//! say). Reading needs no allocation and never panics; [`Script::parse`] checks
//! everything, after which [`Script::commands`] cannot fail. Writing (feature
//! `write`) is the host's.
//!
//! Module names are resolved by the host: an instance is a *slot*, a number.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "write")]
extern crate alloc;

mod command;
mod decode;
mod script;
mod value;
#[cfg(feature = "write")]
mod write;

pub use command::{Action, Alternatives, Command, Expectations, Line, Values};
pub use decode::{ScriptError, ScriptErrorKind};
pub use script::{Commands, IMAGE_ALIGN, Script, VERSION};
pub use value::{Expected, F32Pattern, F64Pattern, HeapKind, Value};
#[cfg(feature = "write")]
pub use write::{ActionSpec, ExpectedSpec, ScriptWriter, TooLarge};
