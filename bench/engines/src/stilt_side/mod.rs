//! Stilt: how it is configured, and the host program compiled against it.

use ::stilt as api;

#[path = "../embedder.rs"]
pub(crate) mod embedder;
pub(crate) mod setup;

/// As the other engine's: guests here run until they are stopped.
pub(crate) fn let_run<T>(_store: &mut stilt::Store<T>, _epoch: bool) {}
