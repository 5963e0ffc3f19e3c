//! How a program's own end reaches the embedder.
//!
//! `proc_exit` never returns to the guest: the host function fails with an [`I32Exit`], which unwinds the guest and
//! which the embedder finds with `err.downcast_ref::<I32Exit>()`, as with Wasmtime.

use core::error::Error;
use core::fmt;

/// The exit code a program gave to `proc_exit`; zero is success.
///
/// Preview 1 passes any 32-bit number. Which of them a process can hand on is for the embedder to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct I32Exit(pub i32);

impl fmt::Display for I32Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exited with status {}", self.0)
    }
}

impl Error for I32Exit {}
