//! Compiles WebAssembly modules ahead of time into Stilt images: validation by wasmparser, translation of our own to Cranelift's
//! intermediate form, code by Cranelift, and the image that `stilt-artifact` describes.

pub mod error;
pub mod module;
pub mod names;
pub mod options;
pub mod signature;
pub mod target;
pub mod trampoline;

pub use error::{CompileError, FunctionLabel};
pub use options::{MemoryStyle, OptLevel, Options, OptionsError};
pub use target::{DEFAULT_X86_64_CPU, Target};
