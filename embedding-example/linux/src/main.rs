//! A small embedding on Linux. It takes an image of `greet.wat`:
//!
//! ```text
//! cargo run -p stilt-cli -- compile embedding-example/linux/greet.wat -o greet.cwasm
//! cargo run -p stilt-example-linux -- greet.cwasm
//! ```

use std::process::ExitCode;
use stilt::{Caller, Config, Engine, Linker, Module, Result, Store, Trap, format_err};
// Links the C implementation of wasmtime-platform.h.
use stilt_platform_linux as _;

/// What the store carries for its host functions.
struct Greeter {
    greetings: usize,
}

fn main() -> ExitCode {
    match std::env::args().nth(1).ok_or_else(|| format_err!("usage: example IMAGE")).and_then(|path| greet(&path)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn greet(path: &str) -> Result<()> {
    let engine = Engine::new(&Config::new())?;
    let image = std::fs::read(path)?;
    // SAFETY: the image is what `stilt compile` wrote: an image is native code and trusted like any program.
    let module = unsafe { Module::deserialize(&engine, &image) }?;

    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "print", |mut caller: Caller<'_, Greeter>, at: i32, len: i32| -> Result<()> {
        let memory = caller.get_export("memory").and_then(|export| export.into_memory());
        let memory = memory.ok_or_else(|| format_err!("the guest exports no memory"))?;
        let range = (at as usize)..(at as usize).saturating_add(len as usize);
        let (bytes, greeter) = memory.data_and_store_mut(&mut caller);
        let text = bytes.get(range).ok_or_else(|| format_err!("the guest's text lies outside of its memory"))?;
        println!("{}", String::from_utf8_lossy(text));
        greeter.greetings += 1;
        Ok(())
    })?;

    let mut store = Store::new(&engine, Greeter { greetings: 0 });
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, "greet")?.call(&mut store, ())?;
    println!("greetings: {}", store.data().greetings);

    let divide = instance.get_typed_func::<(i32, i32), i32>(&mut store, "divide")?;
    println!("7 / 2 = {}", divide.call(&mut store, (7, 2))?);
    match divide.call(&mut store, (7, 0)) {
        Ok(result) => println!("7 / 0 = {result}"),
        Err(error) if error.downcast_ref::<Trap>() == Some(&Trap::IntegerDivisionByZero) => println!("7 / 0: {error}"),
        Err(error) => return Err(error),
    }
    Ok(())
}
