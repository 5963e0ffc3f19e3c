//! The calls as host functions of a [`stilt::Linker`].
//!
//! Each takes the memory that the calling instance exports as `memory`, as the interface's documents ask, and hands its
//! bytes to the call for as long as that lasts.

use crate::signature::for_each_call;
use crate::{Errno, GuestMemory, I32Exit, MODULE, WasiCtx, WasiHost, calls};
use core::error::Error;
use core::fmt;
use stilt::{Caller, Linker, Memory};

/// Defines all functions of preview 1 in `linker`. `get` finds a program's context in its store's data.
///
/// # Errors
/// What the linker says: a name that is defined already, or no memory left.
pub fn add_to_linker<T: 'static, H: WasiHost + 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx<H> + Copy + Send + Sync + 'static,
) -> stilt::Result<()> {
    linker.func_wrap(MODULE, "proc_exit", |_: Caller<'_, T>, code: i32| -> stilt::Result<()> {
        Err(stilt::Error::new(I32Exit(code)))
    })?;

    macro_rules! wasm_type {
        (u32) => {
            i32
        };
        (u64) => {
            i64
        };
    }
    macro_rules! define {
        ($($name:ident($($arg:ident: $type:tt),*);)*) => {$(
            linker.func_wrap(
                MODULE,
                stringify!($name),
                move |mut caller: Caller<'_, T>, $($arg: wasm_type!($type)),*| -> stilt::Result<i32> {
                    let memory = exported_memory(&mut caller)?;
                    let (bytes, data) = memory.data_and_store_mut(&mut caller);
                    let mut memory = GuestMemory::new(bytes);
                    Ok(Errno::code(calls::$name(get(data), &mut memory, $($arg.cast_unsigned()),*)))
                },
            )?;
        )*};
    }
    for_each_call!(define);
    Ok(())
}

fn exported_memory<T>(caller: &mut Caller<'_, T>) -> stilt::Result<Memory> {
    caller.get_export("memory").and_then(stilt::Extern::into_memory).ok_or_else(|| stilt::Error::new(NoMemory))
}

/// A module called WASI without exporting a memory named `memory`: there is nowhere to put answers.
#[derive(Clone, Copy, Debug)]
struct NoMemory;

impl fmt::Display for NoMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a module that calls WASI must export its memory as \"memory\"")
    }
}

impl Error for NoMemory {}
