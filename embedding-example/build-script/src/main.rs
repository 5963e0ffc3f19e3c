//! A program that carries its WebAssembly, compiled by its build script:
//!
//! ```text
//! cd embedding-example/build-script && cargo run
//! ```

use std::process::ExitCode;
use stilt::{Config, Engine, Instance, Module, Result, Store};
// Links the C implementation of wasmtime-platform.h.
use stilt_platform_linux as _;

/// The image, from the build script.
static IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/filter.cwasm"));

fn main() -> ExitCode {
    match filter(&[100, 100, 0, 50]) {
        Ok(filtered) => {
            println!("{filtered:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn filter(samples: &[i32]) -> Result<Vec<i32>> {
    let engine = Engine::new(&Config::new())?;
    // SAFETY: the image is what this program's own build script compiled.
    let module = unsafe { Module::deserialize(&engine, IMAGE) }?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let filter = instance.get_typed_func::<i32, i32>(&mut store, "filter")?;
    samples.iter().map(|sample| filter.call(&mut store, *sample)).collect()
}

#[test]
fn the_module_in_the_program_runs() {
    assert_eq!(filter(&[100, 100, 0, 50]).expect("it runs"), [50, 75, 37, 43]);
}
