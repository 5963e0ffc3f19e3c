//! `wasmtime-platform.h` as Rust: declarations made by bindgen, thin wrappers over them, and the conformance kit.
//!
//! A platform (a C file that a port brings, or `stilt-platform-linux`) defines the functions; this crate only calls
//! them. Each gate of the header is a Cargo feature, and has a module of wrappers here. With the feature off, the
//! module's place is taken by a twin with the same items which answers [`PlatformError::Unsupported`] and links to
//! nothing, so that callers need no `cfg`; `SUPPORTED` in each module says which of the two it is.
//!
//! The contract of every function is in the header. The wrappers check what a platform returns against it as far as
//! that costs nothing, and turn each status into a typed error.
#![no_std]

mod error;
#[expect(missing_docs, non_camel_case_types, reason = "generated; the header has the documentation")]
#[path = "bindings.rs"]
pub mod sys;
pub mod tls;

#[cfg(feature = "virtual-memory")]
pub mod image;
#[cfg(not(feature = "virtual-memory"))]
#[path = "image_disabled.rs"]
pub mod image;

#[cfg(feature = "virtual-memory")]
pub mod memory;
#[cfg(not(feature = "virtual-memory"))]
#[path = "memory_disabled.rs"]
pub mod memory;
mod protection;

#[cfg(feature = "native-signals")]
pub mod traps;
#[cfg(not(feature = "native-signals"))]
#[path = "traps_disabled.rs"]
pub mod traps;

#[cfg(feature = "resumable-traps")]
pub mod resumable;
#[cfg(not(feature = "resumable-traps"))]
#[path = "resumable_disabled.rs"]
pub mod resumable;

#[cfg(feature = "execute-alias")]
pub mod alias;
#[cfg(not(feature = "execute-alias"))]
#[path = "alias_disabled.rs"]
pub mod alias;

#[cfg(feature = "parking")]
pub mod parking;
#[cfg(not(feature = "parking"))]
#[path = "parking_disabled.rs"]
pub mod parking;

#[cfg(feature = "custom-fiber")]
pub mod fiber;
#[cfg(not(feature = "custom-fiber"))]
#[path = "fiber_disabled.rs"]
pub mod fiber;

pub mod publication;
pub mod sync;

#[cfg(feature = "conformance")]
pub mod conformance;

// The tests of this crate run on Linux's platform.
#[cfg(all(test, target_os = "linux"))]
extern crate stilt_platform_linux as _;

pub use error::PlatformError;
