//! Objects: an image as an ordinary linker takes it, to be a part of a program. No loader is needed then, no executable memory
//! is written, nothing is copied, and nothing is relocated when the program runs.
//!
//! An object has two sections of read-only bytes: headers, tables and data in one, code in the other. A linker may place
//! them wherever it likes: code refers to neither, and the tables refer to the code by one number in the image's header, the
//! distance between the two, which is the only relocation that a program needs. Function symbols and unwind information are for
//! debuggers. The symbol that a program refers to, and hands to `Module::from_linked`, is the image's header.

mod calls;
mod error;
mod identifier;
mod interface;
mod machine;
mod options;
mod storage;
mod unwind;
mod write;

pub use error::ObjectError;
pub use machine::machine_names;
pub use options::{CodeModel, FloatAbi, ObjectOptions, Unwind};
pub(crate) use write::ObjectPlan;

/// What a compilation for a linker gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Object {
    /// A relocatable ELF object.
    pub elf: Vec<u8>,
    /// A header for C and C++: the symbol, what the module imports and exports, and the storage that an instance takes.
    pub header: String,
}
