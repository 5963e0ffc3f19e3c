//! The bound of the stack: how deep a guest gets, by whose word.

use stilt::{Config, Engine, Instance, Result, Store, Trap};
use stilt_embedding_tests::{Ground, load};

use crate::everywhere;

const DEEP: &str = r#"(module
    (global $depth (export "depth") (mut i32) (i32.const 0))
    (func $down (export "down")
        (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
        (call $down)))"#;

/// How deep a guest gets before it traps.
fn depth(store: &mut Store<()>, instance: Instance) -> Result<i32> {
    let depth = instance.get_global(&mut *store, "depth").unwrap();
    depth.set(&mut *store, 0.into())?;
    let down = instance.get_typed_func::<(), ()>(&mut *store, "down")?;
    let error = down.call(&mut *store, ()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow), "{error}");
    Ok(depth.get(&mut *store).unwrap_i32())
}

#[test]
fn as_configured() {
    everywhere(|ground| {
        let image = ground.image(DEEP)?;
        let mut depths = Vec::new();
        for size in [32 << 10, 128 << 10, 512 << 10] {
            let engine = Engine::new(Config::new().max_wasm_stack(size))?;
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &load(&engine, &image)?, &[])?;
            depths.push(depth(&mut store, instance)?);
            assert_eq!(depth(&mut store, instance)?, depths[depths.len() - 1], "the same each time");
        }
        assert!(depths[0] > 100 && depths[0] * 3 < depths[1] && depths[1] * 3 < depths[2], "{depths:?}");
        Ok(())
    });
}

/// An embedder that knows where the stack ends says so to the store. (The interpreter has a stack of its own.)
#[test]
fn as_the_embedder_knows_it() -> Result<()> {
    for ground in [Ground::Hardware, Ground::Explicit] {
        let engine = ground.engine()?;
        let module = ground.module(&engine, DEEP)?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let free = depth(&mut store, instance)?;
        let here = (&raw const free).addr();
        // Of these 64 KiB, 16 are kept for the host.
        store.set_stack_limit(here - (64 << 10));
        let bound = depth(&mut store, instance)?;
        assert!(bound > 100 && bound * 5 < free, "{bound} of {free}");
        // Where the stack ends here there is no room for a guest at all.
        store.set_stack_limit(here);
        assert_eq!(depth(&mut store, instance)?, 0);
        store.set_stack_limit(0);
        assert_eq!(depth(&mut store, instance)?, free);
    }
    Ok(())
}
