//! Why bytes are not an image that can be used here.

use crate::order::Endian;

/// Why bytes are not an image that can be used here.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// It does not start as an image does.
    NotAnImage,
    /// It is a WebAssembly module: it must be compiled first.
    WasmModule,
    /// Its code lies within it; only that of a linked image does not.
    NotLinked,
    /// It is linked into a program, which is not how it was to be loaded.
    Linked,
    /// It is shorter than it says.
    Truncated {
        /// Bytes needed.
        expected: u64,
        /// Bytes given.
        found: u64,
    },
    /// It was made for another ABI of this project.
    Abi {
        /// What this code reads.
        expected: u8,
        /// What the image has.
        found: u8,
    },
    /// It was made by another version of this project, whose images are not the same.
    Contract {
        /// [`crate::contract::FINGERPRINT`].
        expected: u32,
        /// What the image has.
        found: u32,
    },
    /// It was made for another byte order.
    ByteOrder {
        /// What this code reads.
        expected: Endian,
        /// What the image has.
        found: Option<Endian>,
    },
    /// It has a flag that this version does not know.
    UnknownFlags {
        /// The unknown bits.
        flags: u32,
    },
    /// Its header and tables are damaged.
    Checksum {
        /// The sum in the header.
        expected: u64,
        /// The sum of what is there.
        found: u64,
    },
    /// Something in it does not fit. It is damaged in spite of its checksum, or made by a defective tool.
    Malformed {
        /// What.
        what: &'static str,
        /// Where: an offset from the image base, or an index into the table that `what` names.
        at: u32,
    },
}

impl core::fmt::Display for ImageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            ImageError::NotAnImage => f.write_str("not a Stilt image: the magic number is missing"),
            ImageError::WasmModule => {
                f.write_str("this is a WebAssembly module, not an image: compile it with `stilt compile` first")
            }
            ImageError::Linked => {
                f.write_str("the image is linked into a program: load it with `from_linked` (in C `stilt_module_link`)")
            }
            ImageError::NotLinked => f.write_str(
                "the image was not compiled to be linked (`--emit obj`): load it with `deserialize_raw` (in C `stilt_module_load`)",
            ),
            ImageError::Truncated { expected, found } => {
                write!(f, "the image is cut short: it needs {expected} bytes, only {found} are there")
            }
            ImageError::Abi { expected, found } => {
                write!(f, "the image has ABI {found}, this runtime reads ABI {expected}: compile it again")
            }
            ImageError::Contract { expected, found } => write!(
                f,
                "the image was made by another version of Stilt (contract {found:#010x}, this one is {expected:#010x}): compile it again"
            ),
            ImageError::ByteOrder { expected, found: Some(found) } => {
                let (found, here) = (found.name(), expected.name());
                write!(f, "the image is for {found} targets, this one is {here}: compile it for this one")
            }
            ImageError::ByteOrder { found: None, .. } => {
                f.write_str("the image is damaged: its byte order is neither little nor big")
            }
            ImageError::UnknownFlags { flags } => {
                write!(f, "the image needs something that this runtime does not know (flags {flags:#x}): compile it again")
            }
            ImageError::Checksum { expected, found } => {
                write!(f, "the image is damaged: its tables have checksum {found:#018x}, expected {expected:#018x}")
            }
            ImageError::Malformed { what, at } => write!(f, "the image is malformed: {what} at {at:#x}"),
        }
    }
}

impl core::error::Error for ImageError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for ImageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

pub(super) const fn malformed(what: &'static str, at: u32) -> ImageError {
    ImageError::Malformed { what, at }
}
