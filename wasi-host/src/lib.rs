//! A host for WASI programs on Linux: this process's standard streams, clocks and randomness, and directories of its own.
//!
//! The command uses it, and the tests; so may any embedder whose ground is an operating system. Files go through
//! `cap-std`, which resolves each path below its directory's own handle: no `..`, absolute path, symbolic link or rename
//! leads out of it, also while others change the tree.
#![forbid(unsafe_code)]

mod directories;
mod errno;
mod status;
mod std_host;

pub use directories::{Directories, PreopenError};
pub use std_host::{StdHost, StringError};
