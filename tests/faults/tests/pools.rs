//! Slots of a pool when calls of the platform fail: an error, or a slot that nobody gets again; never the bytes of another guest.

use std::sync::{Mutex, MutexGuard, PoisonError};

use stilt::{
    Config, Engine, Instance, Module, PoolConcurrencyLimitError, PoolingAllocationConfig, Result, Store, Trap,
};
use stilt_embedding_tests::{Ground, load};
use stilt_fault_tests::{alive, fail_after, fail_from, stop_failing};

/// One test at a time: what fails, fails for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn engine(ground: Ground, slots: u32, keep: usize) -> Result<Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(slots).max_memory_size(1 << 20).linear_memory_keep_resident(keep);
    Engine::new(Config::new().signals_based_traps(ground == Ground::Hardware).allocation_strategy(pool))
}

fn module(engine: &Engine, ground: Ground, pages: u32, data: &str) -> Result<Module> {
    let data =
        if data.is_empty() { String::new() } else { format!(r#"(data (i32.const 8192) "{}")"#, data.repeat(4096)) };
    load(
        engine,
        &ground.image(&format!(
            r#"(module (memory (export "memory") {pages} 20) {data}
                (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "spoil") (memory.fill (i32.const 0) (i32.const 0x77) (i32.mul (memory.size) (i32.const 65536)))))"#
        ))?,
    )
}

/// An instance that is as it should be, used and dropped: an error if the platform's failure was seen.
fn use_one(engine: &Engine, module: &Module, pages: u32, byte: u8) -> Result<()> {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[])?;
    let memory = instance.get_memory(&mut store, "memory").ok_or(stilt::Error::msg("no memory"))?;
    let bytes = memory.data(&store);
    assert_eq!(bytes.len(), pages as usize * 65536);
    for (place, found) in bytes.iter().enumerate() {
        let expected = if (8192..8192 + 4096).contains(&place) { byte } else { 0 };
        assert_eq!(*found, expected, "at {place}");
    }
    let grow = instance.get_typed_func::<u32, i32>(&mut store, "grow")?;
    let grown = grow.call(&mut store, 2)?;
    let now = memory.data(&store);
    assert!(now.get(pages as usize * 65536..).is_some_and(|grown| grown.iter().all(|byte| *byte == 0)));
    let end = u32::try_from(now.len())?;
    let read = instance.get_typed_func::<u32, u32>(&mut store, "load")?;
    for address in [end, end + 4096, end + 65536, end + 5 * 65536] {
        assert!(read.call(&mut store, address).is_err_and(|error| error.is::<Trap>()), "{address} of {end}");
    }
    instance.get_typed_func::<(), ()>(&mut store, "spoil")?.call(&mut store, ())?;
    if grown < 0 { Err(stilt::Error::msg("the guest saw that its memory could not grow")) } else { Ok(()) }
}

#[test]
fn every_call_fails_once() -> Result<()> {
    let _alone = alone();
    for ground in [Ground::Hardware, Ground::Explicit] {
        for keep in [0, 1 << 20] {
            let before = alive();
            {
                let engine = engine(ground, 1, keep)?;
                let modules = [
                    (module(&engine, ground, 1, "")?, 1, 0),
                    (module(&engine, ground, 3, "x")?, 3, b'x'),
                    (module(&engine, ground, 1, "y")?, 1, b'y'),
                ];
                // Whatever fails while a slot is prepared or cleaned, the next ones find it as it should be: one failure retires no slot.
                let mut silent = 0;
                for call in 0.. {
                    let mut failed = false;
                    let mut seen = false;
                    for (which, (module, pages, byte)) in modules.iter().enumerate() {
                        if which == call % 3 {
                            fail_after(call / 3);
                            seen = use_one(&engine, module, *pages, *byte).is_err();
                            failed = stop_failing();
                        }
                        use_one(&engine, module, *pages, *byte)?;
                    }
                    assert!(failed || !seen, "{ground:?}: an error without a failure");
                    silent = if failed { 0 } else { silent + 1 };
                    if silent == 3 {
                        assert!(call >= 9 || keep > 0, "{ground:?}: only {call} calls");
                        break;
                    }
                }
            }
            assert_eq!(alive(), before, "{ground:?}: something was not given back");
        }
    }
    Ok(())
}

/// A slot that can neither be cleaned nor closed is never given to anybody again; the others are.
#[test]
fn retired_slots() -> Result<()> {
    let _alone = alone();
    let engine = engine(Ground::Hardware, 2, 0)?;
    let module = module(&engine, Ground::Hardware, 1, "")?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    instance.get_typed_func::<(), ()>(&mut store, "spoil")?.call(&mut store, ())?;
    fail_from(0);
    drop(store);
    assert!(stop_failing());
    for _ in 0..3 {
        use_one(&engine, &module, 1, 0)?;
    }
    let mut store = Store::new(&engine, ());
    Instance::new(&mut store, &module, &[])?;
    assert!(Instance::new(&mut store, &module, &[]).is_err_and(|error| error.is::<PoolConcurrencyLimitError>()));
    Ok(())
}

/// A pool that cannot be reserved.
#[test]
fn no_address_space() {
    let _alone = alone();
    let before = alive();
    fail_after(0);
    assert!(engine(Ground::Hardware, 2, 0).is_err());
    assert!(stop_failing());
    assert_eq!(alive(), before);
}
