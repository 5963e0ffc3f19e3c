//! Each call of the platform fails in turn, at every step from loading to growing: an error comes back, all is given back, and what
//! was there before goes on.

use std::sync::{Mutex, MutexGuard, PoisonError};

use stilt::{Engine, Instance, Memory, MemoryType, Module, Ref, RefType, Result, Store, Table, TableType, Trap};
use stilt_embedding_tests::{Ground, load};
use stilt_fault_tests::{alive, fail_after, fail_unmapping, stop_failing};

/// Two memories' worth of steps: published code, a prepared memory, a growing one, one of the host's.
const WAT: &str = r#"(module
    (memory (export "memory") 2)
    (data (i32.const 0) "start")
    (data (i32.const 8192) "a page further")
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "end") (result i32)
        (i32.load8_u (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))))"#;

/// One test at a time: what fails, fails for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn every_call_fails_once() -> Result<()> {
    let _alone = alone();
    let image = Ground::Hardware.image(WAT)?;
    let engine = Ground::Hardware.engine()?;
    // One store that lives through it all.
    let witness: Module = load(&engine, &image)?;
    let mut outer = Store::new(&engine, ());
    let outside = Instance::new(&mut outer, &witness, &[])?;
    let before = alive();
    let mut calls = 0;
    loop {
        fail_after(calls);
        let result = steps(&engine, &image);
        let failed = stop_failing();
        assert_eq!(result.is_err(), failed, "call {calls}: {result:?}");
        assert_eq!(alive(), before, "call {calls}: something was not given back");
        let end = outside.get_typed_func::<(), i32>(&mut outer, "end")?;
        assert_eq!(end.call(&mut outer, ())?, 0);
        let memory = outside.get_memory(&mut outer, "memory");
        assert!(memory.is_some_and(|memory| memory.data(&outer).starts_with(b"start")));
        if !failed {
            break;
        }
        calls += 1;
    }
    assert!(calls >= 7, "publishing, an image, three memories, growth: only {calls} calls");
    Ok(())
}

fn steps(engine: &Engine, image: &[u8]) -> Result<()> {
    let module = load(engine, image)?;
    let mut store = Store::new(engine, ());
    // A failure leaves the store as usable as it was.
    let first = Instance::new(&mut store, &module, &[]);
    let second = Instance::new(&mut store, &module, &[]);
    for instance in [&first, &second].into_iter().flatten() {
        let memory = instance.get_memory(&mut store, "memory");
        assert!(memory.is_some_and(|memory| memory.data(&store).get(8192..8206) == Some(b"a page further")));
        let grow = instance.get_typed_func::<(), i32>(&mut store, "grow")?;
        let grown = grow.call(&mut store, ())?;
        assert!(grown == 2 || grown == -1, "{grown}");
        let end = instance.get_typed_func::<(), i32>(&mut store, "end")?;
        assert_eq!(end.call(&mut store, ())?, 0);
        if grown == -1 {
            return Err(stilt::Error::msg("the guest saw that its memory could not grow"));
        }
    }
    let host = Memory::new(&mut store, MemoryType::new(1, None));
    let grown = host.as_ref().map(|memory| memory.grow(&mut store, 3));
    if let Ok(grown) = grown {
        grown?;
    }
    host?;
    first?;
    second?;
    Ok(())
}

/// Growth that fails half way opens nothing to the guest, and leaves it nothing to find later.
#[test]
fn half_grown_memories() -> Result<()> {
    let _alone = alone();
    let engine = Ground::Hardware.engine()?;
    let module = load(
        &engine,
        &Ground::Hardware.image(
            r#"(module (memory 1 20)
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
                (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1))))"#,
        )?,
    )?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
    let read = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
    let write = instance.get_typed_func::<(u32, u32), ()>(&mut store, "store")?;
    fail_after(0);
    assert_eq!(grow.call(&mut store, 4)?, -1);
    assert!(stop_failing());
    for address in [65536, 65536 + 4096, 3 * 65536] {
        assert!(write.call(&mut store, (address, 7)).is_err_and(|error| error.is::<Trap>()), "{address}");
    }
    assert_eq!(grow.call(&mut store, 4)?, 1);
    for address in [65536, 65536 + 4096, 3 * 65536] {
        assert_eq!(read.call(&mut store, address)?, 0);
    }
    Ok(())
}

/// A memory whose content could not be placed is full of zeroes: the guest is there, and others may call it.
#[test]
fn content_that_could_not_be_placed() -> Result<()> {
    let _alone = alone();
    let engine = Ground::Hardware.engine()?;
    let module = load(
        &engine,
        &Ground::Hardware.image(&format!(
            r#"(module (import "e" "t" (table 1 funcref)) (memory 2) (elem (i32.const 0) $f) (data (i32.const 0) "{}")
                (func $f (param i32) (result i32)
                    (if (local.get 0) (then
                        (memory.fill (i32.const 0) (i32.const 1) (i32.const 10000))))
                    (i32.load (i32.const 4096))))"#,
            "x".repeat(70_000)
        ))?,
    )?;
    let mut store = Store::new(&engine, ());
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, None), Ref::Func(None))?;
    // The memory's mapping and its first bytes succeed.
    fail_after(2);
    assert!(Instance::new(&mut store, &module, &[table.into()]).is_err_and(|error| !error.is::<Trap>()));
    assert!(stop_failing());
    let Some(Ref::Func(Some(func))) = table.get(&mut store, 0) else { panic!("the function is there") };
    let func = func.typed::<u32, u32>(&store)?;
    assert_eq!(func.call(&mut store, 0)?, 0);
    assert_eq!(func.call(&mut store, 1)?, 0x0101_0101);
    Ok(())
}

/// An instance that could not be made does not decide what code a store runs.
#[test]
fn targets_after_a_failure() -> Result<()> {
    let _alone = alone();
    let engine = Ground::Hardware.engine()?;
    let native = load(&engine, &Ground::Hardware.image(WAT)?)?;
    let bytecode = load(&engine, &Ground::Pulley.image(WAT)?)?;
    let mut store = Store::new(&engine, ());
    fail_after(0);
    assert!(Instance::new(&mut store, &native, &[]).is_err());
    assert!(stop_failing());
    let instance = Instance::new(&mut store, &bytecode, &[])?;
    let grow = instance.get_typed_func::<(), i32>(&mut store, "grow")?;
    assert_eq!(grow.call(&mut store, ())?, 2);
    assert!(Instance::new(&mut store, &native, &[]).is_err(), "now it is decided");
    Ok(())
}

/// A platform that takes nothing back loses what it was given, and nothing else: not its content, not what comes later.
#[test]
fn nothing_is_taken_back() -> Result<()> {
    let _alone = alone();
    for ground in Ground::ALL {
        let engine = ground.engine()?;
        let image = ground.image(WAT)?;
        let before = alive();
        fail_unmapping(true);
        let result = steps(&engine, &image);
        fail_unmapping(false);
        result?;
        let lost = alive() - before;
        // The code; two memories of the guest's and one of the host's.
        assert_eq!(lost, [4, 1, 0][ground as usize], "{ground:?}");
        steps(&engine, &image)?;
        assert_eq!(alive() - before, lost, "{ground:?}");
    }
    Ok(())
}
