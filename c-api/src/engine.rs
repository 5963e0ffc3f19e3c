//! `stilt_engine`.

use core::ffi::{c_char, c_void};

use stilt::{Config, Engine};

use crate::failure::{ErrorInfo, Failure, answer};
use crate::object::{Object, Tagged, tag};
use crate::{Status, pointer};

/// `stilt_engine`.
pub(crate) type EngineObject = Object<Held>;

/// An engine, and how many bytes its storage has.
#[derive(Debug)]
pub(crate) struct Held {
    engine: Engine,
    size: usize,
}

impl Tagged for Held {
    const TAG: usize = tag(*b"engi");
}

impl EngineObject {
    pub(crate) const fn engine(&self) -> &Engine {
        &self.as_ref().engine
    }

    /// Whether storage that is to be another object's is none of this one's.
    pub(crate) fn leaves(&self, storage: *mut c_void, size: usize) -> Result<(), Status> {
        let own: *const EngineObject = self;
        pointer::apart((own.cast_mut().cast(), self.as_ref().size), (storage, size))
    }
}

/// `stilt_engine_config`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct EngineConfig {
    function_types: u32,
    backtrace_frames: u32,
    stack_size: usize,
    no_hardware_traps: u32,
    cpu_features: *const c_char,
}

impl EngineConfig {
    /// # Safety
    /// INV-C-CALLER.
    unsafe fn config(self) -> Result<Config, Failure> {
        let mut config = Config::new();
        config.max_function_types(self.function_types).signals_based_traps(self.no_hardware_traps == 0);
        let frames = usize::try_from(self.backtrace_frames).unwrap_or(usize::MAX);
        config.wasm_backtrace_max_frames(core::num::NonZeroUsize::new(frames));
        if self.stack_size != 0 {
            config.max_wasm_stack(self.stack_size);
        }
        if !self.cpu_features.is_null() {
            // SAFETY: INV-C-CALLER.
            let names = unsafe { pointer::zero_terminated(self.cpu_features) };
            let names = core::str::from_utf8(names).map_err(|_| Status::INVALID)?;
            // SAFETY: INV-C-CALLER: so the header asks.
            unsafe { config.host_features(names) };
        }
        Ok(config)
    }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_engine_new(
    storage: *mut c_void,
    size: usize,
    config: *const EngineConfig,
    engine: *mut *const EngineObject,
    error: *mut ErrorInfo,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let made = unsafe { new(storage, size, config, engine) };
    // SAFETY: INV-C-CALLER.
    unsafe { answer(made, error) }
}

/// # Safety
/// INV-C-CALLER.
unsafe fn new(
    storage: *mut c_void,
    size: usize,
    config: *const EngineConfig,
    out: *mut *const EngineObject,
) -> Result<(), Failure> {
    // SAFETY: INV-C-CALLER.
    let config = unsafe { pointer::given(config) }?;
    pointer::place(out)?;
    // SAFETY: INV-C-CALLER.
    let config = unsafe { config.config() }?;
    // SAFETY: INV-C-CALLER.
    let (place, rest) = unsafe { pointer::storage::<EngineObject>(storage, size, Engine::storage_size(&config)) }?;
    let engine = Engine::new_in(&config, rest)?;
    // SAFETY: INV-C-CALLER.
    unsafe { pointer::put(out, place.as_ptr().cast_const()) }?;
    // SAFETY: the place is storage for it.
    unsafe { Object::make(place, Held { engine, size }) };
    Ok(())
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_engine_drop(engine: *const EngineObject) -> Status {
    // SAFETY: INV-C-CALLER.
    let object = match unsafe { Object::alive(engine) } {
        Ok(object) => object,
        Err(status) => return status,
    };
    if !stilt::raw::engine_is_only(object.engine()) {
        return Status::IN_USE;
    }
    // SAFETY: nobody else has it, and C does not use it any more.
    unsafe { object.end() };
    Status::OK
}
