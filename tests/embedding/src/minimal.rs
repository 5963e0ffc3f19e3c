//! A minimal embedding, written once for two runtimes: `tests/embedding` compiles it against Stilt and runs it;
//! `bench/minimal-embedding` compiles the same file with `stilt` naming Wasmtime 48. All that differs is this name.

use core::fmt::Write;
use core::ptr::NonNull;

use stilt::{Config, Engine, Instance, Linker, Module, Result, Store, ensure};

/// Exports `add`, and `trap`.
pub const SIMPLE: &str = r#"
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func $trap (export "trap") unreachable))
"#;

/// Exports `fma`, and imports what it multiplies with.
pub const LINKED: &str = r#"
(module
  (import "host" "multiply" (func $multiply (param i32 i32) (result i32)))
  (func (export "fma") (param i32 i32 i32) (result i32)
    (i32.add (call $multiply (local.get 0) (local.get 1)) (local.get 2))))
"#;

/// Says whether the CPU has a feature.
pub type Detect = fn(&str) -> Option<bool>;

/// Runs both modules; `simple` is an image that is copied, `linked` lies in memory that is executable and stays as it is. Says on
/// `out` what happened.
///
/// # Safety
/// Both are images that were made for this runtime, `linked` is ready to run in place, and `detect` tells the truth.
///
/// # Errors
/// Something was not as it should be.
pub unsafe fn run(simple: &[u8], linked: NonNull<[u8]>, detect: Detect, out: &mut dyn Write) -> Result<()> {
    let mut config = Config::new();
    // SAFETY: passed on from the caller.
    unsafe { config.detect_host_feature(detect) };
    // SAFETY: this program runs where float registers may be used.
    unsafe { config.x86_float_abi_ok(true) };
    let engine = Engine::new(&config)?;

    // SAFETY: passed on from the caller.
    let module = unsafe { Module::deserialize(&engine, simple) }?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let add = instance.get_typed_func::<(u32, u32), u32>(&mut store, "add")?;
    let sum = add.call(&mut store, (2, 3))?;
    ensure!(sum == 5, "2 + 3 is {sum}");
    let trap = instance.get_typed_func::<(), ()>(&mut store, "trap")?;
    match trap.call(&mut store, ()) {
        Ok(()) => writeln!(out, "no trap")?,
        Err(error) => writeln!(out, "{error}")?,
    }

    // SAFETY: passed on from the caller.
    let module = unsafe { Module::deserialize_raw(&engine, linked) }?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "multiply", |a: i32, b: i32| a.saturating_mul(b))?;
    let instance = linker.instantiate(&mut store, &module)?;
    let fma = instance.get_typed_func::<(i32, i32, i32), i32>(&mut store, "fma")?;
    writeln!(out, "{}", fma.call(&mut store, (3, 4, 5))?)?;
    Ok(())
}
