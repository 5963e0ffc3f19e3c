//! Images that are part of a program, placed here as a linker would: tables and code apart, and one number filled in. What a
//! linker or a board gets wrong is an error, and none takes memory. (`cargo xtask test --only linked` links with real ones.)

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};

use stilt::{Config, Engine, Instance, LinkedImage, Module, Result, Store};
use stilt_artifact::header::CODE_FIELD;
use stilt_embedding_tests::linked::Parts;
use stilt_embedding_tests::{Ground, for_ever, in_flash};

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

std::thread_local! {
    /// Allocations of this thread.
    static CALLS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: handed on.
        unsafe { System.dealloc(place, layout) }
    }
}

const MODULE: &str = r#"
(module
  (memory (export "memory") 1)
  (data (i32.const 8) "\2a")
  (table 2 funcref)
  (elem (i32.const 0) $answer)
  (func $answer (export "answer") (result i32) (i32.load (i32.const 8))))
"#;

fn parts(ground: Ground) -> Parts {
    Parts::new(ground, MODULE).expect("it compiles")
}

fn load(engine: &Engine, image: &'static LinkedImage) -> Result<Module> {
    // SAFETY: the parts are the precompiler's; where they are damaged, nothing runs.
    unsafe { Module::from_linked(engine, image) }
}

/// The error, which took no memory.
fn refused(engine: &Engine, image: &'static LinkedImage) -> String {
    let before = CALLS.get();
    let refused = load(engine, image);
    let calls = CALLS.get() - before;
    let error = refused.expect_err("it must be refused");
    // The error itself: its cause, and what holds that.
    assert!(calls <= 2, "{calls} allocations for: {error}");
    error.to_string()
}

#[test]
fn linked_images() -> Result<()> {
    for ground in Ground::ALL {
        let (engine, parts) = (ground.engine()?, parts(ground));
        runs(&engine, &parts)?;
        what_is_wrong_is_said(&engine, &parts);
        damage_is_found(&engine, &parts);
    }
    let hardware = parts(Ground::Hardware);
    let without = Engine::new(Config::new().signals_based_traps(false))?;
    assert!(refused(&without, hardware.link()).contains("trap"));
    Ok(())
}

fn runs(engine: &Engine, parts: &Parts) -> Result<()> {
    let before = CALLS.get();
    let module = load(engine, parts.link())?;
    let linked = CALLS.get() - before;
    assert!(linked <= 6, "{linked} allocations");
    module.verify()?;
    for _ in 0..2 {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "answer")?.call(&mut store, ())?, 42);
    }
    Ok(())
}

fn what_is_wrong_is_said(engine: &Engine, parts: &Parts) {
    let mut other = parts.clone();
    other.code[parts.start - 1] ^= 1;
    for (image, words) in [
        (parts.link_at(8, 0), "which is not aligned to 16"),
        (parts.link_at(0, 64), "no code of its own"),
        (other.link(), "no code of its own"),
    ] {
        let error = refused(engine, image);
        assert!(error.contains(words), "{error}");
    }
}

fn damage_is_found(engine: &Engine, parts: &Parts) {
    // Any bit of headers and tables; the field that the linker fills in is checked by where it leads.
    let header = &parts.tables;
    let code = in_flash(&parts.code).cast::<u8>().as_ptr().addr();
    let tables_len = u32::from_ne_bytes(*header[32..].first_chunk().expect("a header")) as usize;
    for at in (0..tables_len).filter(|at| !(CODE_FIELD..CODE_FIELD + 8).contains(at)) {
        let mut damaged = parts.clone();
        damaged.tables[at] ^= 1 << (at % 8);
        refused(engine, damaged.link_with(code, 0, 0));
    }
    // Code and data are looked at when that is asked for.
    let mut code = parts.clone();
    *code.code.last_mut().expect("code") ^= 1;
    let mut data = parts.clone();
    *data.tables.last_mut().expect("data") ^= 1;
    for damaged in [code, data] {
        let module = load(engine, damaged.link()).expect("loading does not look there");
        assert!(module.verify().is_err());
    }
    // An image that is to be loaded is none that is linked, and the other way round.
    let image = in_flash(&Ground::Pulley.image(MODULE).expect("it compiles"));
    let start = image.cast::<u8>().as_ptr().addr() + stilt_artifact::header::ELF_PREFIX;
    // SAFETY: an image, whose headers come first, in memory that stays.
    let image = unsafe { &*core::ptr::with_exposed_provenance::<LinkedImage>(start) };
    assert!(refused(engine, image).contains("not compiled to be linked"));
    // SAFETY: nothing of it runs.
    let error = unsafe { Module::deserialize(engine, &parts.tables) }.expect_err("it must be refused");
    assert!(error.to_string().contains("from_linked"), "{error}");
    let nothing: &'static [u8] = for_ever(vec![0; 4096]);
    // SAFETY: as many bytes as headers have.
    let nothing = unsafe { &*nothing.as_ptr().cast::<LinkedImage>() };
    assert!(refused(engine, nothing).contains("not a Stilt image"));
}
