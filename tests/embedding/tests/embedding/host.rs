//! Host functions: of every signature, called directly and through tables, calling back.

use stilt::{Caller, Extern, ExternRef, Func, FuncType, Linker, Result, Rooted, Store, V128, Val, ValType};

use crate::everywhere;

#[test]
fn closures_of_many_shapes() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module
                (import "h" "none" (func $none))
                (import "h" "many" (func $many (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)))
                (import "h" "caller" (func $caller (param i32) (result i32)))
                (import "h" "wide" (func $wide (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
                    (result i64)))
                (import "h" "one" (func $one (result i64)))
                (func (export "many") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
                    (call $none)
                    (call $many (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
                (func (export "caller") (param i32) (result i32) (call $caller (call $caller (local.get 0))))
                (func (export "wide") (result i64)
                    (call $wide (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6)
                      (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (i64.const 11) (i64.const 12)
                      (i64.const 13) (i64.const 14) (i64.const 15) (i64.const 16) (call $one))))"#,
        )?;
        let mut linker: Linker<Vec<i32>> = Linker::new(&engine);
        linker.func_wrap("h", "none", |mut caller: Caller<'_, Vec<i32>>| caller.data_mut().push(-1))?;
        linker.func_wrap("h", "many", |a: i32, b: i64, c: f32, d: f64, e: V128| (e, d + 1.0, c + 1.0, b + 1, a + 1))?;
        linker.func_wrap("h", "caller", |mut caller: Caller<'_, Vec<i32>>, n: i32| -> Result<i32> {
            caller.data_mut().push(n);
            Ok(n + 1)
        })?;
        type L = i64;
        linker.func_wrap(
            "h",
            "wide",
            |a: L, b: L, c: L, d: L, e: L, f: L, g: L, h: L, i: L, j: L, k: L, l: L, m: L, n: L, o: L, p: L, q: L| {
                let all = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q];
                all.iter().zip(1..).map(|(value, place)| value * place).sum::<i64>()
            },
        )?;
        linker.func_wrap("h", "one", || 17u64)?;
        let mut store = Store::new(&engine, Vec::new());
        let instance = linker.instantiate(&mut store, &module)?;
        type Many = (i32, i64, f32, f64, V128);
        let many = instance.get_typed_func::<Many, (V128, f64, f32, i64, i32)>(&mut store, "many")?;
        let vector = V128::from(7u128 << 64 | 9);
        let found = many.call(&mut store, (1, 2, 3.0, 4.0, vector))?;
        assert_eq!(found, (vector, 5.0, 4.0, 3, 2));
        let caller = instance.get_typed_func::<i32, i32>(&mut store, "caller")?;
        assert_eq!(caller.call(&mut store, 5)?, 7);
        assert_eq!(*store.data(), [-1, 5, 6]);
        let wide = instance.get_typed_func::<(), i64>(&mut store, "wide")?;
        assert_eq!(wide.call(&mut store, ())?, (1..=17).map(|n| n * n).sum::<i64>());
        Ok(())
    });
}

#[test]
fn functions_with_types_of_run_time() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let params = 30;
        let wat = format!(
            r#"(module
                (import "h" "sum" (func $sum (param {i64s}) (result i64 i64)))
                (func (export "run") (result i64 i64) {values} (call $sum)))"#,
            i64s = "i64 ".repeat(params),
            values = "(i64.const 3)".repeat(params),
        );
        let module = ground.module(&engine, &wat)?;
        let mut linker: Linker<()> = Linker::new(&engine);
        let ty = FuncType::new(&engine, vec![ValType::I64; params], [ValType::I64, ValType::I64]);
        linker.func_new("h", "sum", ty, |_, values, results| {
            let sum = values.iter().map(Val::unwrap_i64).sum::<i64>();
            results.copy_from_slice(&[Val::I64(sum), Val::I64(values.len() as i64)]);
            Ok(())
        })?;
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module)?;
        let run = instance.get_typed_func::<(), (i64, i64)>(&mut store, "run")?;
        assert_eq!(run.call(&mut store, ())?, (90, 30));

        let ty = FuncType::new(&engine, [], [ValType::I32]);
        let liar = Func::new(&mut store, ty, |_, _, results| {
            results[0] = Val::I64(1);
            Ok(())
        });
        assert!(liar.call(&mut store, &[], &mut [Val::I32(0)]).is_err());
        Ok(())
    });
}

/// Functions of the host as references: in tables, passed as values, called by wasm and by the host.
#[test]
fn through_references() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module
                (type $unary (func (param i32) (result i32)))
                (table (export "t") 4 funcref)
                (func (export "call") (param i32 i32) (result i32)
                    (call_indirect (type $unary) (local.get 1) (local.get 0)))
                (func (export "put") (param i32 funcref) (table.set (local.get 0) (local.get 1)))
                (func (export "get") (param i32) (result funcref) (table.get (local.get 0)))
                (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#,
        )?;
        let mut store = Store::new(&engine, 10);
        let instance = stilt::Instance::new(&mut store, &module, &[])?;
        let call = instance.get_typed_func::<(i32, i32), i32>(&mut store, "call")?;
        let put = instance.get_typed_func::<(i32, Option<Func>), ()>(&mut store, "put")?;
        let get = instance.get_typed_func::<i32, Option<Func>>(&mut store, "get")?;
        let add = Func::wrap(&mut store, |caller: Caller<'_, i32>, n: i32| n + *caller.data());
        let table = instance.get_table(&mut store, "t").unwrap();
        table.set(&mut store, 0, add.into())?;
        assert_eq!(call.call(&mut store, (0, 5))?, 15);
        let double = instance.get_func(&mut store, "double").unwrap();
        put.call(&mut store, (1, Some(double)))?;
        assert_eq!(call.call(&mut store, (1, 5))?, 10);
        put.call(&mut store, (2, Some(add)))?;
        *store.data_mut() = 20;
        assert_eq!(call.call(&mut store, (2, 5))?, 25);
        let back = get.call(&mut store, 2)?.unwrap();
        assert_eq!(back.typed::<i32, i32>(&store)?.call(&mut store, 1)?, 21);
        assert!(get.call(&mut store, 3)?.is_none());
        let wrong = Func::wrap(&mut store, |_: i64| {});
        put.call(&mut store, (3, Some(wrong)))?;
        let error = call.call(&mut store, (3, 0)).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&stilt::Trap::BadSignature));
        Ok(())
    });
}

/// The caller is the instance that calls, also through tables and other instances.
#[test]
fn callers_are_who_calls() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let library = ground.module(
            &engine,
            r#"(module
                (import "h" "who" (func $who (result i32)))
                (table (export "t") 1 funcref)
                (elem (i32.const 0) $ask)
                (global (export "me") i32 (i32.const 1))
                (func $ask (export "ask") (result i32) (call $who))
                (export "who" (func $who)))"#,
        )?;
        let program = ground.module(
            &engine,
            r#"(module
                (type $t (func (result i32)))
                (import "lib" "t" (table 1 funcref))
                (import "lib" "ask" (func $ask (result i32)))
                (import "lib" "who" (func $who (result i32)))
                (global (export "me") i32 (i32.const 2))
                (func (export "own") (result i32) (call $who))
                (func (export "theirs") (result i32) (call $ask))
                (func (export "indirect") (result i32) (call_indirect (type $t) (i32.const 0))))"#,
        )?;
        let mut linker: Linker<()> = Linker::new(&engine);
        linker.func_wrap("h", "who", |mut caller: Caller<'_, ()>| -> i32 {
            match caller.get_export("me").and_then(Extern::into_global) {
                Some(global) => global.get(&mut caller).unwrap_i32(),
                None => 0,
            }
        })?;
        let mut store = Store::new(&engine, ());
        let library = linker.instantiate(&mut store, &library)?;
        linker.instance(&mut store, "lib", library)?;
        let program = linker.instantiate(&mut store, &program)?;
        for (name, expected) in [("own", 2), ("theirs", 1), ("indirect", 1)] {
            let func = program.get_typed_func::<(), i32>(&mut store, name)?;
            assert_eq!(func.call(&mut store, ())?, expected, "{ground:?} {name}");
        }
        // Called by the host, there is no caller.
        let who = library.get_typed_func::<(), i32>(&mut store, "who")?;
        assert_eq!(who.call(&mut store, ())?, 0);
        let table = library.get_table(&mut store, "t").unwrap();
        let who = *who.func();
        table.set(&mut store, 0, who.into())?;
        let indirect = program.get_typed_func::<(), i32>(&mut store, "indirect")?;
        assert_eq!(indirect.call(&mut store, ())?, 2, "{ground:?}: a host function in a table");
        Ok(())
    });
}

#[test]
fn references_to_values_of_the_host() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module
                (import "h" "see" (func $see (param externref) (result externref)))
                (global $kept (export "kept") (mut externref) (ref.null extern))
                (func (export "keep") (param externref) (result externref)
                    (global.set $kept (local.get 0))
                    (call $see (global.get $kept))))"#,
        )?;
        let mut linker: Linker<Vec<String>> = Linker::new(&engine);
        linker.func_wrap(
            "h",
            "see",
            |mut caller: Caller<'_, Vec<String>>,
             value: Option<Rooted<ExternRef>>|
             -> Result<Option<Rooted<ExternRef>>> {
                let Some(value) = value else { return Ok(None) };
                let text = value.data(&caller)?.and_then(|data| data.downcast_ref::<String>()).unwrap().clone();
                caller.data_mut().push(text.clone());
                Ok(Some(ExternRef::new(&mut caller, text + "!")?))
            },
        )?;
        let mut store = Store::new(&engine, Vec::new());
        let instance = linker.instantiate(&mut store, &module)?;
        type Reference = Option<Rooted<ExternRef>>;
        let keep = instance.get_typed_func::<Reference, Reference>(&mut store, "keep")?;
        assert!(keep.call(&mut store, None)?.is_none());
        let value = ExternRef::new(&mut store, String::from("text"))?;
        let back = keep.call(&mut store, Some(value))?.unwrap();
        assert_eq!(back.data(&store)?.unwrap().downcast_ref::<String>().unwrap(), "text!");
        assert_eq!(*store.data(), ["text"]);
        let kept = instance.get_global(&mut store, "kept").unwrap().get(&mut store);
        let kept = kept.unwrap_externref().unwrap().data(&store)?.unwrap().downcast_ref::<String>().unwrap();
        assert_eq!(kept, "text");
        Ok(())
    });
}
