//! The smallest embedding there is: an image that lies in executable memory is run in place, one typed call is made, and a
//! trap comes back as a number. `cargo xtask size` links it, measures it, and proves that it can reach no panic.
#![no_std]

mod platform;

use stilt::{Config, Engine, Instance, Module, Result, Store, Trap};

/// What happened, for `outcome` of [`stilt_smallest_run`].
#[repr(C)]
pub struct Outcome {
    /// The function's result.
    pub result: i32,
    /// 0, or the number of the trap.
    pub trap: u8,
    /// Whether something else went wrong.
    pub failed: bool,
}

/// Runs the function `run` of the image, which takes and gives an `i32`.
///
/// # Safety
/// `image` points to `len` bytes of a trusted image, aligned, executable and unchanged while this runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn stilt_smallest_run(image: *mut u8, len: usize, argument: i32) -> Outcome {
    let Some(image) = core::ptr::NonNull::new(core::ptr::slice_from_raw_parts_mut(image, len)) else {
        return Outcome { result: 0, trap: 0, failed: true };
    };
    // SAFETY: the caller's promise is the one that is asked for here.
    let outcome = unsafe { call(image, argument) };
    match outcome {
        Ok(result) => Outcome { result, trap: 0, failed: false },
        Err(error) => match error.downcast_ref::<Trap>() {
            Some(trap) => Outcome { result: 0, trap: *trap as u8, failed: false },
            None => Outcome { result: 0, trap: 0, failed: true },
        },
    }
}

unsafe fn call(image: core::ptr::NonNull<[u8]>, argument: i32) -> Result<i32> {
    let engine = Engine::new(&Config::new())?;
    // SAFETY: passed on from the caller.
    let module = unsafe { Module::deserialize_raw(&engine, image) }?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<i32, i32>(&mut store, "run")?.call(&mut store, argument)
}
