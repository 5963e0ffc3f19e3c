//! Tests of `tests/embedding`, compiled from the same files against Wasmtime and run on it: the names and shapes are the same, and
//! so is what they do.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../../../tests/embedding/tests/embedding/calls.rs"]
mod calls;
#[path = "../../../tests/embedding/tests/embedding/errors.rs"]
mod errors;
#[path = "../../../tests/embedding/tests/embedding/host.rs"]
mod host;
#[path = "../../../tests/embedding/tests/embedding/limits.rs"]
mod limits;
#[path = "../../../tests/embedding/tests/embedding/references.rs"]
mod references;

use stilt::{Engine, Instance, Module, Result, Store};

/// Wasmtime's only configuration here.
#[derive(Clone, Copy, Debug)]
struct Ground;

impl Ground {
    fn engine(self) -> Result<Engine> {
        Ok(Engine::default())
    }

    fn module(self, engine: &Engine, wat: &str) -> Result<Module> {
        Module::new(engine, wat)
    }
}

fn instantiate(ground: Ground, wat: &str) -> Result<(Store<()>, Instance)> {
    let engine = ground.engine()?;
    let module = ground.module(&engine, wat)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

fn everywhere(test: impl Fn(Ground) -> Result<()>) {
    test(Ground).unwrap();
}
