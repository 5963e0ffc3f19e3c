//! Stilt: how it is configured, and the host program compiled against it.

use ::stilt as api;

#[path = "../embedder.rs"]
pub(crate) mod embedder;
pub(crate) mod setup;
