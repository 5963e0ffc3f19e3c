//! Linking: what is found, what is refused, and with which words.

use stilt::{
    Extern, Func, Global, GlobalType, ImportTypeError, Instance, Linker, Memory, MemoryType, Mutability, Ref, RefType,
    Store, Table, TableType, Trap, UnknownImportError, Val, ValType,
};

use crate::everywhere;

#[test]
fn imports_must_be_there_and_fit() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        for (import, expected) in [
            (r#"(import "e" "none" (func))"#, "unknown import: `e::none`"),
            (r#"(import "none" "f" (func))"#, "unknown import: `none::f`"),
            (r#"(import "e" "f" (func (param i32)))"#, "expected (func (param i32)), found (func)"),
            (r#"(import "e" "f" (memory 1))"#, "expected (memory 1), found (func)"),
            (r#"(import "e" "m" (func))"#, "expected (func), found (memory 2 4)"),
            (r#"(import "e" "m" (memory 3))"#, "expected (memory 3), found (memory 2 4)"),
            (r#"(import "e" "m" (memory 2 3))"#, "expected (memory 2 3), found (memory 2 4)"),
            (r#"(import "e" "t" (table 1 externref))"#, "expected (table 1 externref), found (table 1 funcref)"),
            (r#"(import "e" "t" (table 1 5 funcref))"#, "expected (table 1 5 funcref), found (table 1 funcref)"),
            (r#"(import "e" "g" (global (mut i32)))"#, "expected (global (mut i32)), found (global i32)"),
            (r#"(import "e" "g" (global i64))"#, "expected (global i64), found (global i32)"),
        ] {
            let module = ground.module(&engine, &format!("(module {import})"))?;
            let mut store = Store::new(&engine, ());
            let mut linker = Linker::new(&engine);
            linker.func_wrap("e", "f", || {})?;
            let memory = Memory::new(&mut store, MemoryType::new(2, Some(4)))?;
            linker.define(&store, "e", "m", memory)?;
            let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, None), Ref::Func(None))?;
            linker.define(&store, "e", "t", table)?;
            let global = Global::new(&mut store, GlobalType::new(ValType::I32, Mutability::Const), Val::I32(1))?;
            linker.define(&store, "e", "g", global)?;
            let error = linker.instantiate(&mut store, &module).unwrap_err();
            assert!(error.to_string().contains(expected), "{ground:?} {import}: {error}");
            assert!(error.is::<UnknownImportError>() || error.is::<ImportTypeError>());
        }
        Ok(())
    });
}

#[test]
fn given_in_order() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (import "" "a" (func $a (result i32))) (import "" "b" (global i32))
                (func (export "sum") (result i32) (i32.add (call $a) (global.get 0))))"#,
        )?;
        let names: Vec<_> =
            module.imports().map(|import| (import.name().to_owned(), import.ty().to_string())).collect();
        assert_eq!(names, [("a".into(), "(func (result i32))".into()), ("b".into(), "(global i32)".into())]);
        let export = module.exports().next().unwrap();
        assert_eq!((export.name(), export.ty().to_string().as_str()), ("sum", "(func (result i32))"));
        let mut store = Store::new(&engine, ());
        let a: Extern = Func::wrap(&mut store, || 30).into();
        let b: Extern = Global::new(&mut store, GlobalType::new(ValType::I32, Mutability::Const), Val::I32(12))?.into();
        let instance = Instance::new(&mut store, &module, &[a, b])?;
        assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "sum")?.call(&mut store, ())?, 42);
        assert!(Instance::new(&mut store, &module, &[b, a]).unwrap_err().is::<ImportTypeError>());
        for wrong in [&[][..], &[a], &[a, b, b]] {
            let error = Instance::new(&mut store, &module, wrong).unwrap_err();
            assert!(error.to_string().contains('2'), "how many are expected: {error}");
        }
        Ok(())
    });
}

#[test]
fn one_linker_for_many_stores() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (import "h" "next" (func $next (result i32))) (func (export "next") (result i32) (call $next)))"#,
        )?;
        let mut linker: Linker<i32> = Linker::new(&engine);
        linker.func_wrap("h", "next", |mut caller: stilt::Caller<'_, i32>| {
            *caller.data_mut() += 1;
            *caller.data()
        })?;
        let pre = linker.instantiate_pre(&module)?;
        std::thread::scope(|scope| {
            for start in [10, 20, 30] {
                let (pre, engine) = (&pre, &engine);
                scope.spawn(move || {
                    let mut store = Store::new(engine, start);
                    for round in 1..=3 {
                        let instance = pre.instantiate(&mut store).unwrap();
                        let next = instance.get_typed_func::<(), i32>(&mut store, "next").unwrap();
                        assert_eq!(next.call(&mut store, ()).unwrap(), start + round);
                    }
                });
            }
        });
        Ok(())
    });
}

#[test]
fn names_and_instances() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let library = ground.module(
            &engine,
            r#"(module (global $n (mut i32) (i32.const 1))
                (func (export "_initialize") (global.set $n (i32.const 7)))
                (func (export "n") (result i32) (global.get $n)))"#,
        )?;
        let program = ground.module(
            &engine,
            r#"(module (import "lib" "n" (func $n (result i32))) (import "x" "gone" (func $gone (param i32)))
                (func (export "n") (result i32) (call $n))
                (func (export "gone") (call $gone (i32.const 1))))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.module(&mut store, "lib", &library)?;
        assert!(linker.func_wrap("lib", "n", || 8).is_err(), "defined already");
        linker.define_unknown_imports_as_traps(&program)?;
        let instance = linker.instantiate(&mut store, &program)?;
        assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "n")?.call(&mut store, ())?, 7);
        let error = instance.get_typed_func::<(), ()>(&mut store, "gone")?.call(&mut store, ()).unwrap_err();
        assert_eq!(error.downcast_ref::<UnknownImportError>().unwrap().name(), "gone");
        assert!(!error.is::<Trap>());

        linker.allow_shadowing(true).func_wrap("lib", "n", || 8)?;
        linker.alias("lib", "n", "other", "m")?;
        linker.alias_module("lib", "again")?;
        for (module, name) in [("lib", "n"), ("other", "m"), ("again", "n")] {
            let func = linker.get(&mut store, module, name)?.into_func().unwrap();
            assert_eq!(func.typed::<(), i32>(&store)?.call(&mut store, ())?, 8);
        }
        assert!(linker.get(&mut store, "lib", "m").is_err() && linker.alias("a", "b", "c", "d").is_err());
        let import = program.imports().next().unwrap();
        assert!(linker.get_by_import(&mut store, &import).is_some());
        assert!(linker.get_default(&mut store, "lib").is_err());
        Ok(())
    });
}

/// What a failed instantiation wrote before it failed stays, as the specification has it.
#[test]
fn failed_instantiation() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (import "e" "m" (memory 1)) (import "e" "t" (table 2 funcref))
                (func $f (export "f") (result i32) (i32.const 9))
                (elem (i32.const 1) $f)
                (data (i32.const 0) "first")
                (data (i32.const 65535) "out"))"#,
        )?;
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, None))?;
        let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Func(None))?;
        let error = Instance::new(&mut store, &module, &[memory.into(), table.into()]).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds), "{ground:?}");
        assert_eq!(memory.data(&store)[..5], *b"first");
        let left = table.get(&mut store, 1).unwrap();
        let left = left.as_func().flatten().unwrap().typed::<(), i32>(&store)?;
        assert_eq!(left.call(&mut store, ())?, 9, "{ground:?}: the function outlives the failure");
        Ok(())
    });
}
