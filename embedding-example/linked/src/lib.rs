//! Modules that are linked into a program for C: no loader, no virtual memory, no executable memory that is written. C hands over
//! the symbol of a module, and has its function `run` called; the module's import `board.blink` is a function of C's.
#![no_std]

#[path = "../../smallest/src/platform.rs"]
mod ground;

// A whole platform, in place of what main.c has.
#[cfg(feature = "hardware")]
use stilt_platform_linux as _;

use stilt::{Caller, Config, Engine, LinkedImage, Linker, Module, Result, Store, Trap};

/// What happened.
#[repr(C)]
pub struct Outcome {
    /// The function's result.
    pub result: i32,
    /// 0, or the number of the trap.
    pub trap: u8,
    /// Whether the module could not be loaded or instantiated.
    pub failed: bool,
}

unsafe extern "C" {
    fn blink(number: i32) -> i32;
}

/// Runs the function `run` of a module, which takes and gives an `i32`.
///
/// # Safety
/// `image` is the symbol of an object that Stilt made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stilt_linked_run(image: &'static LinkedImage, argument: i32) -> Outcome {
    // SAFETY: the caller's promise is the one that is asked for.
    match unsafe { run(image, argument) } {
        Ok(result) => Outcome { result, trap: 0, failed: false },
        Err(error) => match error.downcast_ref::<Trap>() {
            Some(trap) => Outcome { result: 0, trap: *trap as u8, failed: false },
            None => Outcome { result: 0, trap: 0, failed: true },
        },
    }
}

unsafe fn run(image: &'static LinkedImage, argument: i32) -> Result<i32> {
    let engine = Engine::new(&Config::new())?;
    // SAFETY: handed on from the caller.
    let module = unsafe { Module::from_linked(&engine, image) }?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("board", "blink", |_: Caller<'_, ()>, number: i32| -> i32 {
        // SAFETY: the program defines it; it takes any number.
        unsafe { blink(number) }
    })?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<i32, i32>(&mut store, "run")?.call(&mut store, argument)
}
