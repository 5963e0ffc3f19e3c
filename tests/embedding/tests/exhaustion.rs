//! Memory that runs out, at every single allocation in turn: an error each time, and all is well afterwards. And what loading in
//! place allocates.
#![expect(clippy::unwrap_used, reason = "tests")]

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};

use stilt::{
    Caller, Config, Engine, ExternRef, Func, FuncType, Global, GlobalType, Instance, Linker, Memory, MemoryType,
    Module, Mutability, OutOfMemory, Ref, RefType, Result, Store, StoreLimits, Table, TableType, Trap, Val, ValType,
    bail,
};
use stilt_embedding_tests::{Ground, in_flash, load};

thread_local! {
    /// Allocations until the one that fails; `None` fails none.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
    /// Whether it has failed.
    static FAILED: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

struct Failing;

impl Failing {
    fn fails(size: usize) -> bool {
        COUNT.set(COUNT.get() + 1);
        BYTES.set(BYTES.get() + size);
        match LEFT.get() {
            Some(0) => {
                LEFT.set(None);
                FAILED.set(true);
                true
            }
            Some(left) => {
                LEFT.set(Some(left - 1));
                false
            }
            None => false,
        }
    }
}

// SAFETY: it is the system's allocator, or fails.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        if Failing::fails(layout.size()) { core::ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        if Failing::fails(layout.size()) { core::ptr::null_mut() } else { unsafe { System.alloc_zeroed(layout) } }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        if Failing::fails(size) { core::ptr::null_mut() } else { unsafe { System.realloc(place, layout, size) } }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

const LIBRARY: &str = r#"
(module $library
  (import "h" "log" (func $log (param i32 i64 f32 f64)))
  (import "h" "dynamic" (func $dynamic (param i64 i64) (result i64)))
  (memory (export "m") 1 20)
  (table (export "t") 4 funcref)
  (global (export "g") (mut i64) (i64.const 5))
  (elem (i32.const 0) $add $log)
  (data (i32.const 16) "initial")
  (func $add (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "work") (result i64)
    (call $log (i32.const 1) (i64.const 2) (f32.const 3) (f64.const 4))
    (call $dynamic (i64.const 30) (i64.const 12)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "trap") unreachable))
"#;

const PROGRAM: &str = r#"
(module $program
  (import "lib" "m" (memory 1))
  (import "lib" "t" (table 4 funcref))
  (import "lib" "add" (func $add (param i32 i32) (result i32)))
  (import "e" "g" (global externref))
  (table 3 externref)
  (func (export "run") (result i32) (call $add (i32.const 40) (i32.load8_u (i32.const 0)))))
"#;

/// Everything that allocates. Errors that are not about memory are failures of the test.
fn everything(ground: Ground, library: &[u8], program: &[u8]) -> Result<()> {
    let engine = Engine::new(Config::new().signals_based_traps(ground == Ground::Hardware))?;
    let library = load(&engine, library)?;
    let program = load(&engine, program)?;
    let mut linker: Linker<(u32, StoreLimits)> = Linker::new(&engine);
    linker.func_wrap("h", "log", |mut caller: Caller<'_, (u32, StoreLimits)>, _: i32, _: i64, _: f32, _: f64| {
        caller.data_mut().0 += 1;
    })?;
    let long = FuncType::try_new(&engine, [ValType::I64; 40], [])?;
    linker.func_new("h", "long", long, |_, _, _| Ok(()))?;
    let ty = FuncType::try_new(&engine, [ValType::I64, ValType::I64], [ValType::I64])?;
    linker.func_new("h", "dynamic", ty, |_, values, results| {
        results[0] = Val::I64(values[0].unwrap_i64() + values[1].unwrap_i64());
        Ok(())
    })?;
    let mut store = Store::new(&engine, (0, StoreLimits::default()));
    store.limiter(|data| &mut data.1);
    let instance = linker.instantiate_pre(&library)?.instantiate(&mut store)?;
    linker.instance(&mut store, "lib", instance)?;
    let value = ExternRef::new(&mut store, 5u64)?;
    let global = Global::new(&mut store, GlobalType::new(ValType::EXTERNREF, Mutability::Const), value.into())?;
    linker.define(&store, "e", "g", global)?;
    let client = linker.instantiate(&mut store, &program)?;
    let work = instance.get_typed_func::<(), i64>(&mut store, "work")?;
    assert_eq!(work.call(&mut store, ())?, 42);
    let grow = instance.get_typed_func::<(), i32>(&mut store, "grow")?;
    match grow.call(&mut store, ())? {
        1 => {}
        _ => return Err(OutOfMemory::new(1 << 16).into()),
    }
    let run = client.get_typed_func::<(), i32>(&mut store, "run")?;
    assert_eq!(run.call(&mut store, ())?, 40);
    let trap = instance.get_typed_func::<(), ()>(&mut store, "trap")?;
    let error = trap.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached), "a trap needs no memory");
    let memory = Memory::new(&mut store, MemoryType::new(0, None))?;
    if memory.grow(&mut store, 2).is_err() {
        return Err(OutOfMemory::new(1 << 17).into());
    }
    let func = Func::try_wrap(&mut store, |n: i32| n + 1)?;
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), func.into())?;
    if table.grow(&mut store, 100, Ref::Func(None)).is_err() {
        return Err(OutOfMemory::new(800).into());
    }
    let missing = Linker::<()>::new(&engine).instantiate_pre(&library).unwrap_err();
    if !missing.is::<OutOfMemory>() {
        assert!(missing.is::<stilt::UnknownImportError>());
    }
    fn fails(n: u32) -> Result<()> {
        bail!("a message with {n}")
    }
    let error = fails(store.data().0).unwrap_err();
    // The test itself allocates from here on.
    LEFT.set(None);
    assert!(error.is::<OutOfMemory>() || error.to_string() == "a message with 1", "{error}");
    Ok(())
}

#[test]
fn every_allocation_fails_once() {
    for ground in Ground::ALL {
        let (library, program) = (ground.image(LIBRARY).unwrap(), ground.image(PROGRAM).unwrap());
        everything(ground, &library, &program).unwrap();
        let mut failures = 0;
        for fail in 0.. {
            FAILED.set(false);
            LEFT.set(Some(fail));
            let result = everything(ground, &library, &program);
            LEFT.set(None);
            let reached = FAILED.get();
            match result {
                Ok(()) if !reached => break,
                // What only helps may be missing: a backtrace, the message of an error.
                Ok(()) => {}
                Err(error) => {
                    assert!(error.is::<OutOfMemory>(), "{ground:?}, allocation {fail}: {error}");
                    failures += 1;
                }
            }
            assert!(fail < 10_000);
        }
        assert!(failures > 20, "{ground:?}: {failures}");
        everything(ground, &library, &program).unwrap();
    }
}

/// So many functions, imports, exports, names and data: nothing of it is allocated for.
#[test]
fn loading_in_place_allocates_for_types_only() {
    for ground in Ground::ALL {
        let module = |functions: usize| {
            let bodies: String = (0..functions)
                .map(|n| format!(r#"(func $name{n} (export "export{n}") (param i32) (result i32) (i32.const {n}))"#))
                .collect();
            format!(r#"(module (memory 1) (data (i32.const 8) "{}") {bodies})"#, "x".repeat(functions * 10))
        };
        let measure = |functions: usize| -> Result<(usize, usize)> {
            let engine = ground.engine()?;
            let place = in_flash(&ground.image(&module(functions))?);
            // What the process allocates once.
            // SAFETY: the image was just made, and lies still, executable, for the rest of the process.
            drop(unsafe { Module::deserialize_raw(&engine, place) }?);
            let before = (COUNT.get(), BYTES.get());
            // SAFETY: as above.
            let module = unsafe { Module::deserialize_raw(&engine, place) }?;
            let after = (COUNT.get(), BYTES.get());
            assert_eq!(module.exports().len(), functions);
            Ok((after.0 - before.0, after.1 - before.1))
        };
        let (small, large) = (measure(1).unwrap(), measure(500).unwrap());
        assert_eq!(small, large, "{ground:?}: allocations and bytes");
        assert!(small.0 <= 4 && small.1 <= 1024, "{ground:?}: {small:?}");
    }
}

/// One store after another, for good.
#[test]
fn nothing_is_left_behind() {
    for ground in Ground::ALL {
        let engine = ground.engine().unwrap();
        let module = ground.module(&engine, r#"(module (memory 1) (table 1 funcref) (func (export "f")))"#).unwrap();
        for _ in 0..2000 {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            instance.get_typed_func::<(), ()>(&mut store, "f").unwrap().call(&mut store, ()).unwrap();
        }
    }
}
