//! What tests beside a model of memory have in common: an instance whose bytes all differ, with and without Spectre tests, and where an
//! access was out of bounds.

use stilt::{Error, Instance, Memory, Result, Store, Trap, WasmBacktrace};
use stilt_embedding_tests::{Ground, compile, load};

/// An instance of a module that exports its memory as `m`.
pub(crate) struct Subject {
    pub(crate) wasm: Vec<u8>,
    pub(crate) store: Store<()>,
    pub(crate) instance: Instance,
    pub(crate) memory: Memory,
}

impl Subject {
    pub(crate) fn new(text: &str, ground: Ground, spectre: bool) -> Result<Subject> {
        let mut options = ground.options();
        options.spectre = spectre;
        let engine = ground.engine()?;
        let module = load(&engine, &compile(text, options)?)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        for (number, byte) in memory.data_mut(&mut store).iter_mut().enumerate() {
            *byte = (number * 7 + number / 250) as u8;
        }
        Ok(Subject { wasm: wat::parse_str(text)?, store, instance, memory })
    }
}

/// Runs a test in every configuration, with Spectre tests and without.
pub(crate) fn everywhere(test: impl Fn(Ground, bool) -> Result<()>) {
    crate::everywhere(|ground| {
        test(ground, true)?;
        test(ground, false)
    });
}

/// The offset of the instruction that went out of bounds.
#[track_caller]
pub(crate) fn out_of_bounds_at(error: &Error) -> usize {
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{error}");
    error.downcast_ref::<WasmBacktrace>().unwrap().frames()[0].module_offset().unwrap()
}
