//! Images of both trap modes in one store, and stores within stores.

use stilt::{Caller, Engine, Extern, Instance, Linker, Result, Store, Trap};
use stilt_embedding_tests::Ground;

const FAULTS: &str = r#"(module (memory 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))"#;

const CALLS: &str = r#"(module
    (import "m" "load" (func $load (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (call $load (local.get 0))))"#;

/// Explicitly checked code calls code that relies on hardware traps, and the other way round.
#[test]
fn trap_modes_meet() -> Result<()> {
    for (inner, outer) in [(Ground::Hardware, Ground::Explicit), (Ground::Explicit, Ground::Hardware)] {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let faults = Instance::new(&mut store, &inner.module(&engine, FAULTS)?, &[])?;
        let load = faults.get_func(&mut store, "load").unwrap();
        let calls = Instance::new(&mut store, &outer.module(&engine, CALLS)?, &[load.into()])?;
        let run = calls.get_typed_func::<u32, u32>(&mut store, "run")?;
        for _ in 0..3 {
            assert_eq!(run.call(&mut store, 65532)?, 0);
            let error = run.call(&mut store, 65536).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds), "{outer:?} calls {inner:?}");
        }
    }
    Ok(())
}

/// The first image with hardware traps comes into the store while explicitly checked code runs.
#[test]
fn hardware_traps_come_late() -> Result<()> {
    let engine = Engine::default();
    let late = Ground::Hardware.module(&engine, FAULTS)?;
    let early = Ground::Explicit.module(
        &engine,
        r#"(module
            (import "host" "bring" (func $bring))
            (table (export "table") 1 funcref)
            (type $load (func (param i32) (result i32)))
            (func (export "run") (param i32) (result i32)
                (call $bring)
                (call_indirect (type $load) (local.get 0) (i32.const 0))))"#,
    )?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "bring", move |mut caller: Caller<'_, ()>| -> Result<()> {
        let instance = Instance::new(&mut caller, &late, &[])?;
        let load = instance.get_func(&mut caller, "load");
        let table = caller.get_export("table").and_then(Extern::into_table).unwrap();
        table.set(&mut caller, 0, load.into())
    })?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &early)?;
    let run = instance.get_typed_func::<u32, u32>(&mut store, "run")?;
    assert_eq!(run.call(&mut store, 0)?, 0);
    let error = run.call(&mut store, u32::MAX).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
    Ok(())
}

/// Bytecode and native code cannot call each other: a store takes one of them.
#[test]
fn targets_do_not_meet() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    Instance::new(&mut store, &Ground::Pulley.module(&engine, FAULTS)?, &[])?;
    assert!(Instance::new(&mut store, &Ground::Explicit.module(&engine, FAULTS)?, &[]).is_err());
    Instance::new(&mut store, &Ground::Pulley.module(&engine, FAULTS)?, &[])?;
    Ok(())
}

/// A host function of one store runs a guest of another, which traps; then the outer guest traps.
#[test]
fn stores_within_stores() -> Result<()> {
    for outer in Ground::ALL {
        for inner in Ground::ALL {
            let engine = Engine::default();
            let module = inner.module(&engine, FAULTS)?;
            let inside = engine.clone();
            let mut linker = Linker::new(&engine);
            linker.func_wrap("m", "load", move |mut caller: Caller<'_, u32>, at: u32| -> Result<u32> {
                let mut store = Store::new(&inside, ());
                let instance = Instance::new(&mut store, &module, &[])?;
                let load = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
                *caller.data_mut() += 1;
                assert!(load.call(&mut store, 65533).unwrap_err().is::<Trap>());
                load.call(&mut store, at)
            })?;
            let mut store = Store::new(&engine, 0);
            let instance = linker.instantiate(
                &mut store,
                &outer.module(
                    &engine,
                    r#"(module
                        (import "m" "load" (func $load (param i32) (result i32)))
                        (memory 1)
                        (func (export "run") (param i32) (result i32)
                            (i32.load (i32.sub (call $load (i32.const 8)) (local.get 0))))
                        (func (export "pass") (param i32) (result i32) (call $load (local.get 0))))"#,
                )?,
            )?;
            let run = instance.get_typed_func::<u32, u32>(&mut store, "run")?;
            assert_eq!(run.call(&mut store, 0)?, 0);
            assert!(run.call(&mut store, 1).unwrap_err().is::<Trap>(), "{outer:?} around {inner:?}");
            let pass = instance.get_typed_func::<u32, u32>(&mut store, "pass")?;
            assert!(pass.call(&mut store, 1 << 20).unwrap_err().is::<Trap>(), "{outer:?} around {inner:?}");
            assert_eq!(*store.data(), 3);
        }
    }
    Ok(())
}
