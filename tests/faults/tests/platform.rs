//! Each call of the platform fails in turn, at every step from loading to growing: an error comes back, all is given back, and what
//! was there before goes on.

use stilt::{Engine, Instance, Memory, MemoryType, Module, Result, Store};
use stilt_embedding_tests::{Ground, load};
use stilt_fault_tests::{alive, fail_after, stop_failing};

/// Two memories' worth of steps: published code, a prepared memory, a growing one, one of the host's.
const WAT: &str = r#"(module
    (memory (export "memory") 2)
    (data (i32.const 0) "start")
    (data (i32.const 8192) "a page further")
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "end") (result i32)
        (i32.load8_u (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))))"#;

#[test]
fn every_call_fails_once() -> Result<()> {
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
