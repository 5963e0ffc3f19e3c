//! Compiles WebAssembly modules ahead of time into Stilt images: validation by wasmparser, translation of our own to Cranelift's
//! intermediate form, code by Cranelift, and the image that `stilt-artifact` describes.

mod bytecode;
mod code;
pub mod compile;
pub mod device;
pub mod error;
mod general_registers;
mod identity;
mod image;
pub mod inspect;
pub mod module;
pub mod names;
pub mod object;
pub mod options;
mod shorten;
pub mod signature;
mod stack;
pub mod survey;
pub mod target;
pub mod trampoline;
pub mod translate;
mod unit;
mod worker;

pub use compile::{Precompiler, Progress};
pub use device::Device;
pub use error::{CompileError, FunctionLabel};
pub use object::{Object, ObjectError, ObjectOptions};
pub use options::{FloatMode, MemoryBytes, MemoryStyle, OptLevel, Options, OptionsError};
pub use target::{DEFAULT_X86_64_CPU, Target};
