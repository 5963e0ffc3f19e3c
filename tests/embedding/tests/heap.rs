//! How many bytes of heap things take, to the byte: whoever makes something larger sees it here and decides.

use core::cell::Cell;
use core::num::NonZeroU32;
use std::alloc::{GlobalAlloc, Layout, System};

use stilt::{Config, Engine, Instance, Module, Result, Store};
use stilt_embedding_tests::{Ground, MemoryBytes, compile, for_ever, in_flash};

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

thread_local! {
    /// Bytes that this thread has and has not given back. Not the process': the test harness notes which tests run while they do.
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: every call is the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.set(LIVE.get() + layout.size().cast_signed());
        // SAFETY: handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get() - layout.size().cast_signed());
        // SAFETY: handed on.
        unsafe { System.dealloc(place, layout) }
    }
}

/// Bytes that `make` leaves on the heap, and what it makes.
fn taken<R>(make: impl FnOnce() -> R) -> (isize, R) {
    let before = LIVE.get();
    let made = make();
    (LIVE.get() - before, made)
}

/// The image of a module, of whose memory so many bytes are there, where it stays.
fn image(wat: &str, memory_bytes: Option<u32>) -> Result<&'static [u8]> {
    let mut options = Ground::Explicit.options();
    options.memory_bytes = memory_bytes.and_then(NonZeroU32::new).map(MemoryBytes::Exactly);
    let image = compile(wat, options)?;
    let place = for_ever(vec![0; image.len() + 4096]);
    let start = place.as_ptr().addr().next_multiple_of(4096) - place.as_ptr().addr();
    let bytes = &mut place[start..start + image.len()];
    bytes.copy_from_slice(&image);
    Ok(bytes)
}

/// Nothing of these modules is called.
#[test]
#[cfg(target_pointer_width = "64")]
fn bytes_of_heap() -> Result<()> {
    let tiny = image(r#"(module (func (export "f") (param i32 i32) (result i32) local.get 0))"#, None)?;
    let memory = image(
        r#"(module (memory (export "memory") 1) (func (export "f") (param i32 i32) (result i32) local.get 0))"#,
        None,
    )?;
    let config = Config::new();
    // What is made once per process is made.
    Engine::new(&config)?;

    let (engine_takes, engine) = taken(|| Engine::new(&config));
    let engine = engine?;
    // SAFETY: images of the precompiler's, unchanged; nothing of them runs.
    let load = |bytes: &'static [u8]| unsafe { Module::deserialize_raw(&engine, bytes.into()) };
    let (module_takes, module) = taken(|| load(tiny));
    let (module, with_memory) = (module?, load(memory)?);
    let (store_takes, mut store) = taken(|| Store::new(&engine, ()));
    let (first_takes, first) = taken(|| Instance::new(&mut store, &module, &[]));
    first?;
    let (instance_takes, second) = taken(|| Instance::new(&mut store, &module, &[]));
    second?;
    let (memory_takes, third) = taken(|| Instance::new(&mut store, &with_memory, &[]));
    third?;
    // What a store allocates with its first instance is the store's.
    let store_takes = store_takes + first_takes - instance_takes;
    let found = [engine_takes, module_takes, store_takes, instance_takes, memory_takes - instance_takes];
    assert_eq!(found, EXPECTED, "engine, module, store, instance, memory of one page");
    Ok(())
}

/// A memory has its page and 16 bytes behind it in one allocation; the rest is its part of the instance.
const EXPECTED: [isize; 5] = [144, 208, 416, 192, 65536 + 16 + 128];

/// An image in flash is read where it lies: passive segments, of data as of elements, and the source of active ones take nothing of the
/// heap, and a part of a memory takes no more than that.
#[test]
#[cfg(target_pointer_width = "64")]
fn segments_stay_in_flash() -> Result<()> {
    let segments = |data: &str, elements: &str| {
        image(
            &format!(
                r#"(module (memory 1) (data (i32.const 0) "{data}") (data $data "{data}")
                     (table 1 funcref) (elem $elements funcref {elements})
                     (func $f (export "f") (memory.init $data (i32.const 0) (i32.const 0) (i32.const 1))
                       (table.init $elements (i32.const 0) (i32.const 0) (i32.const 1))))"#
            ),
            Some(8192),
        )
    };
    let small = segments("x", "(ref.func $f)")?;
    let large = segments(&"x".repeat(8000), &"(ref.func $f)".repeat(3000))?;
    let (small, large) = (in_flash(small), in_flash(large));
    assert!(large.len() > small.len() + 2 * 7000 + 4 * 2900, "the image has them");
    let mut takes = Vec::new();
    for bytes in [small, large] {
        let engine = Engine::new(&Config::new())?;
        // SAFETY: images of the precompiler's, unchanged.
        let (of_module, module) = taken(|| unsafe { Module::deserialize_raw(&engine, bytes) });
        let module = module?;
        let mut store = Store::new(&engine, ());
        let (of_instance, instance) = taken(|| Instance::new(&mut store, &module, &[]));
        let run = instance?.get_typed_func::<(), ()>(&mut store, "f")?;
        let (of_call, called) = taken(|| run.call(&mut store, ()));
        called?;
        takes.push([of_module, of_instance, of_call]);
    }
    assert_eq!(takes[0], takes[1], "module, instance, call");
    assert!((8192 + 16..8192 + 1200).contains(&takes[0][1]), "{takes:?}");
    Ok(())
}
