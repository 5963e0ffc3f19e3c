//! The contract between the precompiler and the runtime: what an image contains, how the structures that compiled
//! code reads are laid out, which builtins it may call, how traps and targets are numbered.
//!
//! Both sides use this crate and nothing else of each other. It is `no_std`, allocates nothing, has no
//! dependencies and no `unsafe`. The precompiler writes images of any byte order and pointer width through it; the
//! runtime reads images of its own only.
//!
//! | module | subject |
//! |---|---|
//! | [`order`] | byte orders, known at compile time or at run time |
//! | [`mod@record`] | fixed-size records and tables of them |
//! | [`header`] | the image header and the module headers |
//! | [`tables`] | the records of every section |
//! | [`image`] | the checked view of a whole image |
//! | [`checksum`] | the checksums of header, tables, code and data |
//! | [`types`] | value types and the encoding of function types |
//! | [`crossing`] | how values cross between compiled code and the host |
//! | [`layout`] | the VM structures, for each pointer width |
//! | [`storage`] | what an instance takes of the heap |
//! | [`builtins`] | what compiled code may ask of the runtime |
//! | [`trap`] | trap codes and their messages |
//! | [`sites`] | trap sites and return addresses, back to wasm offsets |
//! | [`contract`] | a number that changes with all of this |
//! | [`target`] | architectures, CPU features, calling-convention numbers |
//! | [`ground`] | what a device offers, and whether that is enough for an image |
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::panic)]

pub mod builtins;
pub mod bytecode;
pub mod checksum;
pub mod contract;
pub mod crossing;
pub mod ground;
pub mod header;
pub mod image;
pub mod layout;
pub mod order;
pub mod record;
pub mod sites;
pub mod storage;
pub mod tables;
pub mod target;
pub mod trap;
pub mod types;

pub use image::{Image, ImageError, ModuleImage};
pub use order::{ByteOrder, Endian, Native};

/// The number in [`header::ImageHeader::abi`]. ABI 0 may change with any commit and is matched exactly, by
/// [`contract::FINGERPRINT`].
pub const ABI: u8 = 0;

/// "No such thing" in a field that holds an index or an offset.
pub const NONE: u32 = u32::MAX;
