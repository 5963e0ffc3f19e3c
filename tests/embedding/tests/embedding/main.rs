//! What an embedder can rely on, in every configuration: calls in both directions, traps, errors, handles, linking, loading,
//! memories, references, limits.
#![expect(clippy::unwrap_used, clippy::cast_possible_truncation, reason = "tests")]

mod accesses;
#[cfg(feature = "in-process")]
mod adversary;
mod beside_model;
#[cfg(feature = "in-process")]
mod bounds;
mod bulk;
mod calls;
mod crossing;
mod errors;
mod floats;
mod handles;
mod host;
mod interrupt;
mod limits;
mod linking;
#[cfg(feature = "in-process")]
mod loading;
#[cfg(feature = "in-process")]
mod loops;
mod memories;
#[cfg(feature = "in-process")]
mod minimal;
mod mixed;
#[cfg(feature = "in-process")]
mod passes;
mod pools;
mod references;
mod small_memories;
mod stack;
#[cfg(feature = "in-process")]
mod stress;
mod trampolines;
mod traps;

use stilt::{Engine, Instance, Result, Store};
use stilt_embedding_tests::Ground;

/// A store with one instance of a module that imports nothing.
fn instantiate(ground: Ground, wat: &str) -> Result<(Store<()>, Instance)> {
    let engine: Engine = ground.engine()?;
    let module = ground.module(&engine, wat)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

/// Runs a test in every configuration and says in which it failed.
fn everywhere(test: impl Fn(Ground) -> Result<()>) {
    for ground in Ground::ALL {
        if let Err(error) = test(ground) {
            panic!("{ground:?}: {error:?}");
        }
    }
}
