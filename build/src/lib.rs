//! For build scripts: a WebAssembly module becomes a part of the program that Cargo builds, compiled for the program's own machine.
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), stilt_build::Error> {
//!     let build = stilt_build::Build::new()?;
//!     build.link("blinky", "src/blinky.wat")?; // the program says stilt::linked_image!(blinky)
//!     build.image("filter", "src/filter.wasm")?; // stilt::include_image!(concat!(env!("OUT_DIR"), "/filter.cwasm"))
//!     Ok(())
//! }
//! ```
//!
//! [`Build::link`] is for native code on every ground, and for bytecode in flash: the linker places it, and nothing is copied.
//! [`Build::image`] is for what is sent elsewhere or loaded by `Module::deserialize`, which copies native code to where it may run.
//! What the target decides (instruction set, float registers, CPU features that the program itself was compiled to use) is taken
//! from Cargo; the rest is [`Build::options`].
//!
//! A precompiler without optimisations is slow. In the manifest of the workspace: `[profile.dev.build-override]` with `opt-level = 1`.
#![forbid(unsafe_code)]

mod archive;
mod build;
mod cargo;
mod error;

pub use build::{Build, Linked};
pub use error::Error;
pub use stilt_artifact::target::TrapMode;
pub use stilt_precompiler::object::{CodeModel, FloatAbi, Unwind};
pub use stilt_precompiler::{CompileError, FloatMode, MemoryBytes, MemoryStyle, ObjectOptions, OptLevel, Options};
