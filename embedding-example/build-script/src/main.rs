//! A program that carries its WebAssembly, compiled by its build script:
//!
//! ```text
//! cd embedding-example/build-script && cargo run
//! ```

use core::ptr::NonNull;
use std::process::ExitCode;
use stilt::{Config, Engine, Instance, Module, Result, Store};
// Links the C implementation of wasmtime-platform.h.
use stilt_platform_linux as _;

fn main() -> ExitCode {
    for load in [linked, included] {
        match filter(load, &[100, 100, 0, 50]) {
            Ok(filtered) => println!("{filtered:?}"),
            Err(error) => {
                eprintln!("error: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// The native code that the linker has placed: nothing is read, copied or made executable.
fn linked(engine: &Engine) -> Result<Module> {
    // SAFETY: the build script has made it.
    unsafe { Module::from_linked(engine, stilt::linked_image!(filter)) }
}

/// The bytecode, where it lies in the program.
fn included(engine: &Engine) -> Result<Module> {
    let image = stilt::include_image!(concat!(env!("OUT_DIR"), "/filter.cwasm"));
    // SAFETY: the build script has made it, and constants stay as they are.
    unsafe { Module::deserialize_raw(engine, NonNull::from(image)) }
}

fn filter(load: fn(&Engine) -> Result<Module>, samples: &[i32]) -> Result<Vec<i32>> {
    let engine = Engine::new(&Config::new())?;
    let module = load(&engine)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let filter = instance.get_typed_func::<i32, i32>(&mut store, "filter")?;
    samples.iter().map(|sample| filter.call(&mut store, *sample)).collect()
}

#[test]
fn the_modules_in_the_program_run() {
    for load in [linked, included] {
        assert_eq!(filter(load, &[100, 100, 0, 50]).expect("it runs"), [50, 75, 37, 43]);
    }
}
