//! An embedder that does all that safe code lets it do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use stilt::{
    Caller, Config, Engine, Extern, Func, FuncType, Instance, Linker, Memory, MemoryType, Ref, RefType, Result, Store,
    Table, TableType, Trap, V128, Val, ValType, WasmBacktrace,
};
use stilt_embedding_tests::{Ground, load};

use crate::everywhere;

/// The number of a type stands for another type in another engine.
#[test]
fn a_linker_of_another_engine() {
    everywhere(|ground| {
        let (ours, theirs) = (ground.engine()?, ground.engine()?);
        // These two have the same number.
        let mut linker = Linker::<()>::new(&theirs);
        linker.func_wrap("m", "f", |func: Option<Func>| i32::from(func.is_some()))?;
        let mut store = Store::new(&ours, ());
        let _first = Func::try_wrap(&mut store, |number: i64| i32::from(number != 0))?;
        let found = linker.get(&mut store, "m", "f");
        assert!(found.is_err(), "{:?}", found.map(|found| found.ty(&store)));
        let module = ground.module(&theirs, r#"(module (import "m" "f" (func (param funcref) (result i32))))"#)?;
        assert!(linker.instantiate(&mut store, &module).is_err());
        assert!(linker.instantiate_pre(&module)?.instantiate(&mut store).is_err());
        Ok(())
    });
}

/// The number of a host function's type is not given to another type as long as the store has the function.
#[test]
fn numbers_of_types_are_held() {
    everywhere(|ground| {
        let engine = Engine::new(Config::new().max_function_types(1))?;
        let mut store = Store::new(&engine, ());
        let func = Func::try_wrap(&mut store, |number: i64| number)?;
        assert!(Func::try_wrap(&mut store, || 5i32).is_err(), "{ground:?}: the one number is in use");
        assert_eq!(func.typed::<i64, i64>(&store)?.call(&mut store, 7)?, 7);
        drop(store);
        let mut store = Store::new(&engine, ());
        assert!(Func::try_wrap(&mut store, || 5i32).is_ok(), "{ground:?}: nobody uses it any more");
        Ok(())
    });
}

/// A host function that the host calls adds no frames, and its caller's stand there once.
#[test]
fn frames_are_told_once() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let mut store = Store::new(&engine, ());
        let outer = ground.module(
            &engine,
            r#"(module (import "h" "f" (func $f)) (func $inner (export "inner") unreachable)
                (func $outer (export "outer") (call $f)))"#,
        )?;
        let step = Func::wrap(&mut store, |mut caller: Caller<'_, ()>| -> Result<()> {
            let inner = caller.get_export("inner").and_then(Extern::into_func);
            // The host calls a host function, which calls the guest.
            let again = Func::try_wrap(&mut caller, move |mut caller: Caller<'_, ()>| -> Result<()> {
                assert!(caller.get_export("inner").is_none(), "the host has called");
                inner.unwrap().call(&mut caller, &[], &mut [])
            })?;
            again.call(&mut caller, &[], &mut [])
        });
        let instance = Instance::new(&mut store, &outer, &[step.into()])?;
        let error = instance.get_func(&mut store, "outer").unwrap().call(&mut store, &[], &mut []).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached));
        let trace = error.downcast_ref::<WasmBacktrace>().unwrap();
        let names: Vec<_> = trace.frames().iter().map(|frame| frame.func_name().unwrap_or("?")).collect();
        assert_eq!(names, ["inner", "outer"], "{ground:?}");
        Ok(())
    });
}

/// What an instance that could not be completed has put into a table of others works on.
#[test]
fn half_built_instances_live() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        for end in ["(data (i32.const 65536) \"x\")", "(func $s unreachable) (start $s)"] {
            let module = ground.module(
                &engine,
                &format!(
                    r#"(module
                        (import "e" "t" (table 2 funcref))
                        (memory 1) (global $g (mut i32) (i32.const 5)) (data (i32.const 0) "\2a")
                        (elem (i32.const 1) $f)
                        (func $f (result i32)
                            (global.set $g (i32.add (global.get $g) (i32.const 1)))
                            (drop (memory.grow (i32.const 1)))
                            (i32.add (i32.load8_u (i32.const 65536)) (i32.add (i32.load8_u (i32.const 0)) (global.get $g))))
                        {end})"#
                ),
            )?;
            let user = ground.module(
                &engine,
                r#"(module (import "e" "t" (table 2 funcref)) (type $f (func (result i32)))
                    (func (export "run") (result i32) (call_indirect (type $f) (i32.const 1))))"#,
            )?;
            let mut store = Store::new(&engine, ());
            let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Func(None))?;
            let user = Instance::new(&mut store, &user, &[table.into()])?;
            let error = Instance::new(&mut store, &module, &[table.into()]).unwrap_err();
            assert!(error.is::<Trap>(), "{error}");
            drop(module);
            let run = user.get_typed_func::<(), i32>(&mut store, "run")?;
            // Whether the data before the one that does not fit is there is the specification's to say: it is.
            assert_eq!(run.call(&mut store, ())?, 42 + 6, "{ground:?}");
            let Some(Ref::Func(Some(func))) = table.get(&mut store, 1) else { panic!("{ground:?}: no function") };
            assert_eq!(func.typed::<(), i32>(&store)?.call(&mut store, ())?, 42 + 7);
        }
        Ok(())
    });
}

/// Memories and tables move under a guest while it calls the host.
#[test]
fn growth_under_a_guest() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module
                (import "h" "grow" (func $grow))
                (memory (export "m") 1) (table $t (export "t") 1 externref) (table $f (export "f") 1 funcref)
                (elem declare func $seven)
                (type $ty (func (result i32)))
                (func $seven (export "seven") (result i32) (i32.const 7))
                (func (export "run") (param i32 externref) (result i32 externref)
                    (i32.store (i32.const 0) (i32.const 1))
                    (table.set $t (i32.const 0) (local.get 1))
                    (table.set $f (i32.const 0) (ref.func $seven))
                    (drop (i32.load (i32.const 65532)))
                    (call $grow)
                    (i32.store (local.get 0) (i32.const 30))
                    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 4)))
                    (i32.add (i32.add (i32.load (i32.const 0)) (i32.load (local.get 0)))
                        (i32.add (call_indirect $f (type $ty) (i32.const 0)) (call_indirect $f (type $ty) (i32.const 4999))))
                    (table.get $t (i32.const 9999))))"#,
        )?;
        let mut linker = Linker::new(&engine);
        linker.func_wrap("h", "grow", |mut caller: Caller<'_, ()>| -> Result<()> {
            let seven = caller.get_export("seven").and_then(Extern::into_func);
            let memory = caller.get_export("m").and_then(Extern::into_memory).unwrap();
            memory.grow(&mut caller, 30)?;
            let table = caller.get_export("t").and_then(Extern::into_table).unwrap();
            let old = table.get(&mut caller, 0).unwrap();
            table.grow(&mut caller, 9999, old)?;
            let table = caller.get_export("f").and_then(Extern::into_table).unwrap();
            table.grow(&mut caller, 4999, Ref::Func(seven))?;
            Ok(())
        })?;
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module)?;
        let value = stilt::ExternRef::new(&mut store, 99u8)?;
        let mut results = [Val::I32(0), Val::I32(0)];
        let run = instance.get_func(&mut store, "run").unwrap();
        run.call(&mut store, &[Val::I32(20 * 65536), value.into()], &mut results)?;
        assert_eq!(results[0].unwrap_i32(), 5 + 30 + 14, "{ground:?}");
        let found = results[1].unwrap_externref().unwrap().data(&store)?.unwrap();
        assert_eq!(found.downcast_ref(), Some(&99u8));
        Ok(())
    });
}

/// A host function may call the guest from another thread: the bound of that thread's stack holds there.
#[test]
fn a_nested_call_on_another_stack() {
    const SIZE: usize = 1 << 20;
    fn on_thread<R: Send>(run: impl FnOnce() -> R + Send) -> R {
        thread::scope(|scope| {
            let thread = thread::Builder::new().stack_size(SIZE).spawn_scoped(scope, run).unwrap();
            thread.join().unwrap()
        })
    }
    fn test(ground: Ground, release: &mpsc::Sender<()>, ended: impl FnOnce() + Send + Sync + 'static) -> Result<()> {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (import "h" "f" (func $f))
                (func (export "outer") (call $f))
                (func $inner (export "inner") (call $inner)))"#,
        )?;
        let (release, ended) = (release.clone(), std::sync::Mutex::new(Some(ended)));
        let mut store = Store::new(&engine, 0usize);
        let step = Func::try_wrap(&mut store, move |mut caller: Caller<'_, usize>| {
            release.send(()).unwrap();
            (ended.lock().unwrap().take().unwrap())();
            // Its stack lies where that of the thread was which has just ended, above this one.
            on_thread(|| {
                let inner = caller.get_export("inner").and_then(Extern::into_func).unwrap();
                let error = inner.call(&mut caller, &[], &mut []).unwrap_err();
                assert_eq!(error.downcast_ref(), Some(&Trap::StackOverflow));
                *caller.data_mut() += 1;
            });
        })?;
        let instance = Instance::new(&mut store, &module, &[step.into()])?;
        let outer = instance.get_typed_func::<(), ()>(&mut store, "outer")?;
        outer.call(&mut store, ())?;
        assert_eq!(*store.data(), 1);
        Ok(())
    }
    everywhere(|ground| {
        let (release, released) = mpsc::channel();
        let first = thread::Builder::new().stack_size(SIZE).spawn(move || released.recv().unwrap()).unwrap();
        on_thread(|| test(ground, &release, move || first.join().unwrap()))
    });
}

/// Many threads load, call, trap and let go at once.
#[test]
fn threads() {
    for ground in Ground::ALL {
        let image = ground
            .image(
                r#"(module
                    (import "h" "f" (func $f (param i32) (result i32)))
                    (memory 1) (table 1 funcref)
                    (func (export "load") (param i32) (result i32) (call $f (i32.load (local.get 0))))
                    (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
                    (func $deep (export "deep") (call $deep)))"#,
            )
            .unwrap();
        let engine = ground.engine().unwrap();
        let (barrier, traps) = (Barrier::new(16), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    barrier.wait();
                    for _ in 0..8 {
                        let module = load(&engine, &image).unwrap();
                        let mut linker = Linker::<()>::new(&engine);
                        linker.func_wrap("h", "f", |n: i32| n + 1).unwrap();
                        let mut store = Store::new(&engine, ());
                        let instance = linker.instantiate(&mut store, &module).unwrap();
                        let load = instance.get_typed_func::<u32, i32>(&mut store, "load").unwrap();
                        let divide = instance.get_typed_func::<u32, i32>(&mut store, "divide").unwrap();
                        let deep = instance.get_typed_func::<(), ()>(&mut store, "deep").unwrap();
                        assert_eq!(load.call(&mut store, 8).unwrap(), 1);
                        for (error, trap) in [
                            (load.call(&mut store, 65536).unwrap_err(), Trap::MemoryOutOfBounds),
                            (divide.call(&mut store, 0).unwrap_err(), Trap::IntegerDivisionByZero),
                            (deep.call(&mut store, ()).unwrap_err(), Trap::StackOverflow),
                        ] {
                            assert_eq!(error.downcast_ref(), Some(&trap));
                            traps.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(traps.into_inner(), 16 * 8 * 3);
    }
}

/// An error goes through host, guest, host, another store's guest and host, and is still that error.
#[test]
fn errors_through_layers() {
    #[derive(Debug)]
    struct Mine(#[expect(dead_code, reason = "counted")] Arc<()>);
    impl std::fmt::Display for Mine {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("mine")
        }
    }
    impl std::error::Error for Mine {}
    const CALLS: &str =
        r#"(module (import "h" "f" (func $f)) (func (export "run") (call $f)) (func (export "trap") unreachable))"#;
    for outside in Ground::ALL {
        for inside in Ground::ALL {
            let engine = Engine::default();
            let (outer, inner) = (outside.module(&engine, CALLS).unwrap(), inside.module(&engine, CALLS).unwrap());
            let alive = Arc::new(());
            let witness = alive.clone();
            let mut store = Store::new(&engine, ());
            let step = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| -> Result<()> {
                let mut other = Store::new(caller.engine(), ());
                let alive = alive.clone();
                let raise = Func::wrap(&mut other, move || -> Result<()> { Err(Mine(alive.clone()).into()) });
                let instance = Instance::new(&mut other, &inner, &[raise.into()])?;
                let trap = instance.get_typed_func::<(), ()>(&mut other, "trap")?;
                assert!(trap.call(&mut other, ()).unwrap_err().is::<Trap>());
                // The outer store's guest traps while the inner store is at rest, and is asked again.
                let own = caller.get_export("trap").and_then(Extern::into_func).unwrap();
                assert!(own.call(&mut caller, &[], &mut []).unwrap_err().is::<Trap>());
                instance.get_typed_func::<(), ()>(&mut other, "run")?.call(&mut other, ())
            });
            let instance = Instance::new(&mut store, &outer, &[step.into()]).unwrap();
            let run = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap();
            for _ in 0..3 {
                let error = run.call(&mut store, ()).unwrap_err();
                assert!(error.is::<Mine>() && !error.is::<Trap>(), "{outside:?} {inside:?}: {error:?}");
            }
            drop(store);
            assert_eq!(Arc::strong_count(&witness), 1, "{outside:?} {inside:?}");
        }
    }
}

/// Every type of value, more than fit into registers, through the host and back.
#[test]
fn many_values() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let count = 200;
        let kinds = ["i32", "v128", "i64", "f32", "funcref", "f64", "externref"];
        let list: String = (0..count).map(|n| format!("{} ", kinds[n % kinds.len()])).collect();
        let gets: String = (0..count).map(|n| format!("(local.get {n}) ")).collect();
        let module = ground.module(
            &engine,
            &format!(
                r#"(module (import "h" "f" (func $f (param {list}) (result {list})))
                    (func (export "run") (param {list}) (result {list}) (call $f {gets})))"#
            ),
        )?;
        let mut store = Store::new(&engine, ());
        let types = [
            ValType::I32,
            ValType::V128,
            ValType::I64,
            ValType::F32,
            ValType::FUNCREF,
            ValType::F64,
            ValType::EXTERNREF,
        ];
        let all: Vec<_> = types.iter().cloned().cycle().take(count).collect();
        let ty = FuncType::new(&engine, all.iter().cloned(), all.iter().cloned());
        let echo = Func::try_new(&mut store, ty, |_, values, results| {
            results.copy_from_slice(values);
            Ok(())
        })?;
        let instance = Instance::new(&mut store, &module, &[echo.into()])?;
        let run = instance.get_func(&mut store, "run").unwrap();
        let mut values = Vec::new();
        for n in 0..count as u32 {
            values.push(match n % 7 {
                0 => Val::I32(-(n as i32)),
                1 => Val::V128(V128::from(u128::from(n) << 100 | 0x0102_0304_0506_0708_090a)),
                2 => Val::I64(-i64::from(n) << 33),
                3 => Val::F32(0x7fa0_0000 | n),
                4 => Val::FuncRef((n % 2 == 0).then_some(run)),
                5 => Val::F64(0x7ff4_0000_0000_0000 | u64::from(n)),
                _ => Val::ExternRef(Some(stilt::ExternRef::new(&mut store, n)?)),
            });
        }
        let mut results = vec![Val::I32(0); count];
        run.call(&mut store, &values, &mut results)?;
        let texts = |values: &[Val]| values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>();
        assert_eq!(texts(&values), texts(&results), "{ground:?}");
        Ok(())
    });
}

/// Handles of a store that is gone are foreign to all others, also to one in its place.
#[test]
fn handles_outlive_their_store() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(&engine, r#"(module (func (export "f") (result i32) (i32.const 1)))"#)?;
        let mut old = Vec::new();
        for _ in 0..20 {
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[])?;
            let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
            let func = instance.get_typed_func::<(), i32>(&mut store, "f")?;
            for (other, func, memory) in &old {
                let (other, func, memory): (&Instance, &stilt::TypedFunc<(), i32>, &Memory) = (other, func, memory);
                assert!(func.call(&mut store, ()).is_err());
                assert!(other.get_func(&mut store, "f").is_none());
                assert!(memory.data_mut(&mut store).is_empty());
            }
            assert_eq!(func.call(&mut store, ())?, 1);
            old.push((instance, func, memory));
        }
        Ok(())
    });
}

/// Start functions that are not the module's own; functions of others and of the host in tables of third parties.
#[test]
fn functions_travel() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let owner = ground.module(
            &engine,
            r#"(module (global $g (export "g") (mut i32) (i32.const 0))
                (func (export "count") (global.set $g (i32.add (global.get $g) (i32.const 1)))))"#,
        )?;
        let passes = ground.module(
            &engine,
            r#"(module (import "o" "f" (func $f)) (export "f" (func $f)) (start $f)
                (global (export "r") funcref (ref.func $f)) (table (export "t") 3 funcref) (elem (i32.const 2) $f)
                (func (export "direct") (call $f)))"#,
        )?;
        let calls = ground.module(
            &engine,
            r#"(module (import "o" "t" (table 3 funcref)) (import "o" "r" (global $r funcref)) (type $v (func))
                (func (export "run") (table.set (i32.const 0) (global.get $r))
                    (call_indirect (type $v) (i32.const 0)) (call_indirect (type $v) (i32.const 2))))"#,
        )?;
        let mut store = Store::new(&engine, 0i32);
        let own = Instance::new(&mut store, &owner, &[])?;
        let counter = own.get_global(&mut store, "g").unwrap();
        let host = Func::wrap(&mut store, |mut caller: Caller<'_, i32>| *caller.data_mut() += 1);
        for func in [own.get_func(&mut store, "count").unwrap(), host] {
            let first = Instance::new(&mut store, &passes, &[func.into()])?;
            let again = first.get_func(&mut store, "f").unwrap();
            // The same once more, through a second set of hands.
            let second = Instance::new(&mut store, &passes, &[again.into()])?;
            for instance in [first, second] {
                let table = instance.get_table(&mut store, "t").unwrap();
                let global = instance.get_global(&mut store, "r").unwrap();
                let user = Instance::new(&mut store, &calls, &[table.into(), global.into()])?;
                user.get_func(&mut store, "run").unwrap().call(&mut store, &[], &mut [])?;
                instance.get_func(&mut store, "direct").unwrap().call(&mut store, &[], &mut [])?;
                instance.get_func(&mut store, "f").unwrap().call(&mut store, &[], &mut [])?;
            }
        }
        // Each once at its start, four times by each.
        assert_eq!((counter.get(&mut store).unwrap_i32(), *store.data()), (10, 10), "{ground:?}");
        Ok(())
    });
}

/// Functions that wait for a trampoline in a table get one with the first guest that could call them.
#[test]
fn host_functions_wait_for_their_callers() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let calls = |ty: &str, value: &str| {
            format!(
                r#"(module (import "h" "t" (table 4 funcref)) (type $t (func (param {ty}) (result {ty})))
                    (func (export "run") (param i32) (result {ty})
                        (call_indirect (type $t) ({value} 20) (local.get 0))))"#
            )
        };
        let mut store = Store::new(&engine, ());
        let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 4, None), Ref::Func(None))?;
        for place in 0..2 {
            let func = Func::wrap(&mut store, move |n: i32| n + place as i32);
            table.set(&mut store, place, func.into())?;
            let func = Func::wrap(&mut store, move |n: i64| n * (place as i64 + 2));
            table.set(&mut store, place + 2, func.into())?;
        }
        let narrow = Instance::new(&mut store, &ground.module(&engine, &calls("i32", "i32.const"))?, &[table.into()])?;
        let run = narrow.get_typed_func::<u32, i32>(&mut store, "run")?;
        let answers = |run: &dyn Fn(u32, &mut Store<()>) -> Option<i64>, store: &mut Store<()>| {
            [0, 1, 2, 3].map(|place| run(place, store))
        };
        let narrow = move |place, store: &mut Store<()>| match run.call(store, place) {
            Ok(value) => Some(i64::from(value)),
            Err(error) => {
                assert_eq!(error.downcast_ref(), Some(&Trap::BadSignature));
                None
            }
        };
        assert_eq!(answers(&narrow, &mut store), [Some(20), Some(21), None, None], "{ground:?}");
        let wide = Instance::new(&mut store, &ground.module(&engine, &calls("i64", "i64.const"))?, &[table.into()])?;
        let run = wide.get_typed_func::<u32, i64>(&mut store, "run")?;
        let wide = move |place, store: &mut Store<()>| run.call(store, place).ok();
        assert_eq!(answers(&wide, &mut store), [None, None, Some(40), Some(60)], "{ground:?}");
        assert_eq!(answers(&narrow, &mut store), [Some(20), Some(21), None, None], "{ground:?}");
        Ok(())
    });
}

/// Segments that were dropped, and empty ranges at the very ends, from the host's side and the guest's.
#[test]
fn ends_of_segments() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (memory 1) (table $t 2 externref) (table $f 2 funcref)
                (data $active (i32.const 0) "active") (data $passive "passive")
                (elem $a (table $f) (i32.const 0) func $run) (elem $p func $run $run)
                (func $run (export "run") (param i32 i32 i32)
                    (memory.init $active (local.get 0) (local.get 1) (local.get 2))
                    (table.init $f $a (local.get 0) (local.get 1) (local.get 2)))
                (func (export "passive") (param i32 i32 i32)
                    (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
                (func (export "elements") (param i32 i32 i32)
                    (table.init $f $p (local.get 0) (local.get 1) (local.get 2)))
                (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
                (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
                (func (export "tables") (param i32 i32 i32) (table.copy $f $f (local.get 0) (local.get 1) (local.get 2)))
                (func (export "drop") (data.drop $passive) (elem.drop $p)))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[])?;
        let mut check = |name: &str, args: (u32, u32, u32), fits: bool| {
            let func = instance.get_typed_func::<(u32, u32, u32), ()>(&mut store, name).unwrap();
            assert_eq!(func.call(&mut store, args).is_ok(), fits, "{ground:?} {name} {args:?}");
        };
        for (name, to, from, most) in [
            ("run", 2, 0, 0),
            ("passive", 65536, 7, 7),
            ("elements", 2, 2, 2),
            ("copy", 65536, 65536, 65536),
            ("fill", 65536, 255, 65536),
            ("tables", 2, 2, 2),
        ] {
            let bounded = name != "fill";
            check(name, (to, from, 0), true);
            check(name, (to + 1, from, 0), false);
            check(name, (to, from + 1, 0), !bounded);
            check(name, (0, 0, most), true);
            check(name, (0, 0, most + 1), false);
            check(name, (1, from, u32::MAX), false);
            check(name, (u32::MAX, 0, 1), false);
            check(name, (u32::MAX, u32::MAX, u32::MAX), false);
        }
        instance.get_func(&mut store, "drop").unwrap().call(&mut store, &[], &mut [])?;
        for name in ["passive", "elements"] {
            let func = instance.get_typed_func::<(u32, u32, u32), ()>(&mut store, name)?;
            assert!(func.call(&mut store, (0, 0, 0)).is_ok() && func.call(&mut store, (0, 0, 1)).is_err());
        }
        Ok(())
    });
}
