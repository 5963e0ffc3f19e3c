//! The bound of the stack: how deep a guest gets, by whose word.

use stilt::{Caller, Config, Engine, Extern, Instance, Result, Store, Trap, V128, Val};
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

/// Where the stack of this thread ends.
fn lowest_address() -> usize {
    let here = 0u8;
    let here = core::hint::black_box(&raw const here).addr();
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let ranges = maps.lines().filter_map(|line| line.split_whitespace().next()?.split_once('-'));
    let ranges = ranges.map(|(start, end)| [start, end].map(|hex| usize::from_str_radix(hex, 16).unwrap()));
    let range = ranges.into_iter().find(|[start, end]| (*start..*end).contains(&here));
    range.expect("the stack is mapped")[0]
}

/// Values that take as much stack as there is kept for the host: in calls of the guest's own, of the host, and by the host, from every
/// depth.
#[test]
fn many_values_at_every_depth() -> Result<()> {
    for ground in [Ground::Hardware, Ground::Explicit] {
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(move || many_values(ground));
        thread.unwrap().join().unwrap()?;
    }
    Ok(())
}

fn many_values(ground: Ground) -> Result<()> {
    const COUNT: usize = 1000;
    let engine = Engine::new(Config::new().max_wasm_stack(1 << 20).signals_based_traps(ground == Ground::Hardware))?;
    let (list, gets) = ("v128 ".repeat(COUNT), (0..COUNT).map(|n| format!("(local.get {n}) ")).collect::<String>());
    let zeroes = "(v128.const i64x2 0 0) ".repeat(COUNT);
    let module = ground.module(
        &engine,
        &format!(
            r#"(module
                (import "h" "f" (func $host (param {list}) (result {list})))
                (import "h" "g" (func $again))
                (func $own (param {list}) (result {list}) {gets})
                (func $pad (param i32 i32)
                    (if (local.get 0)
                        (then (call $pad (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
                        (else (if (local.get 1)
                            (then (if (i32.eq (local.get 1) (i32.const 1)) (then (call $one)) (else (call $again))))
                            (else (call $two))))))
                (func $one {zeroes} (call $own) {drops})
                (func $two {zeroes} (call $host) {drops})
                (export "pad" (func $pad))
                (func (export "many") (param {list}) (result {list}) {gets}))"#,
            drops = "drop ".repeat(COUNT)
        ),
    )?;
    let mut store = Store::new(&engine, ());
    let ty = stilt::FuncType::new(&engine, vec![stilt::ValType::V128; COUNT], vec![stilt::ValType::V128; COUNT]);
    let host = stilt::Func::try_new(&mut store, ty, |_, values, results| {
        results.copy_from_slice(values);
        Ok(())
    })?;
    let again = stilt::Func::try_wrap(&mut store, |mut caller: Caller<'_, ()>| -> Result<()> {
        let many = caller.get_export("many").and_then(Extern::into_func).unwrap();
        let values = vec![Val::V128(V128::from(7)); COUNT];
        let mut results = vec![Val::I32(0); COUNT];
        many.call(&mut caller, &values, &mut results)?;
        assert!(results.iter().all(|value| value.unwrap_v128() == V128::from(7)));
        Ok(())
    })?;
    let instance = Instance::new(&mut store, &module, &[host.into(), again.into()])?;
    store.set_stack_limit(lowest_address());
    let pad = instance.get_typed_func::<(u32, u32), ()>(&mut store, "pad")?;
    for which in [0, 1, 2] {
        let mut fits = |depth: u32| match pad.call(&mut store, (depth, which)) {
            Ok(()) => true,
            Err(error) => {
                assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow), "{error}");
                false
            }
        };
        let (mut good, mut bad) = (0, 1_000_000);
        while bad - good > 1 {
            let middle = (good + bad) / 2;
            *if fits(middle) { &mut good } else { &mut bad } = middle;
        }
        assert!(good > 100, "{good}");
        // With less and less above the bound.
        for step in 0..100 {
            assert!(!fits(bad + 8 * step));
        }
    }
    Ok(())
}
