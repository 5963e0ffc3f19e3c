//! The one place through which the runtime allocates.
//!
//! The crates above use these types in place of `Box`, `Vec`, `Arc` and
//! `String`: here every allocation can fail, failure is a value, and no path of
//! a release build panics or aborts (the standard types link their panicking
//! growth paths even after `try_reserve`).
//!
//! The memory comes from the embedder's `#[global_allocator]`, or from storage
//! that the embedder has given ([`Arena`], feature `given-storage`).
//!
//! | type | in place of | notes |
//! |---|---|---|
//! | [`TryBox`] | `Box` | unsized by [`unsize_box!`]; `dyn Any` and `dyn Error` downcast |
//! | [`TryVec`] | `Vec` | an error from `try_push` and its like drops the value |
//! | [`TryArc`] | `Arc` | no weak references; an overflowing count leaks |
//! | [`TryString`] | `String` | `try_format` in place of `format!` |
//! | [`Storage`] | — | zeroed bytes of any size and alignment, growable |
//!
//! [`mod@atomic`] has what the runtime needs of compare-and-swap.

#![no_std]

extern crate alloc;

mod arc;
#[cfg_attr(not(feature = "given-storage"), path = "arena_disabled.rs")]
mod arena;
pub mod atomic;
mod boxed;
mod out_of_memory;
mod raw;
mod source;
mod storage;
mod string;
mod vec;

pub use arc::TryArc;
pub use arena::{Arena, ArenaMut, Lent};
pub use atomic::RefCount;
pub use boxed::TryBox;
pub use out_of_memory::OutOfMemory;
pub use source::Source;
pub use storage::Storage;
pub use string::{TryString, try_format, try_to_box_str};
pub use vec::{IntoIter, TryVec};
