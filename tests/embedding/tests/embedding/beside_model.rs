//! What tests beside a model of memory have in common: an instance whose bytes all differ, with and without Spectre tests, and where an
//! access was out of bounds.

use core::num::NonZeroU32;
use stilt::{Error, Instance, Memory, Result, Store, Trap, WasmBacktrace};
use stilt_embedding_tests::{Ground, MemoryBytes, Options, compile, load};

/// Bytes of a whole page.
pub(crate) const PAGE: u32 = 65536;
/// How many bytes of its one page a memory has: all of them, or a number that is no multiple of anything.
pub(crate) const SIZES: [u32; 2] = [PAGE, 10_007];

/// An instance of a module that exports its memory as `m`.
pub(crate) struct Subject {
    pub(crate) wasm: Vec<u8>,
    pub(crate) store: Store<()>,
    pub(crate) instance: Instance,
    pub(crate) memory: Memory,
}

impl Subject {
    pub(crate) fn new(text: &str, ground: Ground, spectre: bool, size: u32) -> Result<Subject> {
        let options = options(ground, spectre, size);
        let engine = ground.engine()?;
        let module = load(&engine, &compile(text, options)?)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        assert_eq!(memory.data_size(&store), size as usize);
        for (number, byte) in memory.data_mut(&mut store).iter_mut().enumerate() {
            *byte = (number * 7 + number / 250) as u8;
        }
        Ok(Subject { wasm: wat::parse_str(text)?, store, instance, memory })
    }
}

/// How to compile a module of which so many bytes of the first page are there.
pub(crate) fn options(ground: Ground, spectre: bool, size: u32) -> Options {
    let mut options = ground.options();
    options.spectre = spectre;
    options.memory_bytes = NonZeroU32::new(size).filter(|_| size != PAGE).map(MemoryBytes::Exactly);
    options
}

/// Runs a test in every configuration, with Spectre tests and without, with a whole page and with a part of one.
pub(crate) fn everywhere(test: impl Fn(Ground, bool, u32) -> Result<()>) {
    crate::everywhere(|ground| {
        for size in SIZES {
            test(ground, true, size)?;
            test(ground, false, size)?;
        }
        Ok(())
    });
}

/// The offset of the instruction that went out of bounds.
#[track_caller]
pub(crate) fn out_of_bounds_at(error: &Error) -> usize {
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{error}");
    error.downcast_ref::<WasmBacktrace>().unwrap().frames()[0].module_offset().unwrap()
}
