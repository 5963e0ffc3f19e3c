//! Wasmtime: how it is configured, and the host program compiled against it.

use ::wasmtime as api;

#[path = "../embedder.rs"]
pub(crate) mod embedder;
pub(crate) mod setup;

/// Lets a store's guests run, whether or not their code tests if it is to stop.
pub(crate) fn let_run<T>(store: &mut wasmtime::Store<T>, epoch: bool) {
    if epoch {
        store.set_epoch_deadline(1);
    }
}
