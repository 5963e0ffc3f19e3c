//! Globals, and references in them.

use stilt::{Func, Global, GlobalType, Mutability, Val, ValType};

use crate::{everywhere, instantiate};

#[test]
fn globals() {
    everywhere(|ground| {
        let (mut store, instance) = instantiate(
            ground,
            r#"(module
                (global (export "i32") (mut i32) (i32.const -1))
                (global (export "i64") (mut i64) (i64.const -2))
                (global (export "f32") (mut f32) (f32.const 1.5))
                (global (export "f64") (mut f64) (f64.const 2.5))
                (global (export "v128") (mut v128) (v128.const i64x2 3 4))
                (global (export "func") (mut funcref) (ref.func $f))
                (global (export "fixed") i32 (i32.const 9))
                (func $f (result i64) (global.get 1))
                (func (export "vector") (result v128) (global.get 4))
                (func (export "call") (result i64) (table.set (i32.const 0) (global.get 5))
                    (call_indirect (result i64) (i32.const 0)))
                (table 1 funcref))"#,
        )?;
        let get = |store: &mut stilt::Store<()>, name: &str| instance.get_global(store, name).unwrap();
        assert_eq!(get(&mut store, "i32").get(&mut store).unwrap_i32(), -1);
        assert_eq!(get(&mut store, "i64").get(&mut store).unwrap_i64(), -2);
        assert_eq!(get(&mut store, "f32").get(&mut store).unwrap_f32(), 1.5);
        assert_eq!(get(&mut store, "f64").get(&mut store).unwrap_f64(), 2.5);
        let vector = get(&mut store, "v128");
        assert_eq!(vector.get(&mut store).unwrap_v128().as_u128(), 3 | 4 << 64);
        vector.set(&mut store, Val::from(77u128 << 64))?;
        let read = instance.get_typed_func::<(), stilt::V128>(&mut store, "vector")?;
        assert_eq!(read.call(&mut store, ())?.as_u128(), 77 << 64);
        get(&mut store, "i64").set(&mut store, Val::I64(1 << 40))?;
        let call = instance.get_typed_func::<(), i64>(&mut store, "call")?;
        assert_eq!(call.call(&mut store, ())?, 1 << 40);
        let func = get(&mut store, "func");
        assert!(func.get(&mut store).unwrap_funcref().is_some());
        let host = Func::wrap(&mut store, || 5i64);
        func.set(&mut store, host.into())?;
        assert_eq!(call.call(&mut store, ())?, 5, "{ground:?}");
        let fixed = get(&mut store, "fixed");
        assert!(fixed.set(&mut store, Val::I32(1)).is_err() && fixed.ty(&store).mutability().is_const());
        assert!(get(&mut store, "i32").set(&mut store, Val::I64(1)).is_err());
        Ok(())
    });
}

#[test]
fn globals_of_the_host() {
    everywhere(|ground| {
        let engine = ground.engine()?;
        let module = ground.module(
            &engine,
            r#"(module (import "e" "a" (global $a (mut i64))) (import "e" "v" (global $v v128))
                (global (export "copy") v128 (global.get $v))
                (func (export "add") (param i64) (global.set $a (i64.add (global.get $a) (local.get 0)))))"#,
        )?;
        let mut store = stilt::Store::new(&engine, ());
        let a = Global::new(&mut store, GlobalType::new(ValType::I64, Mutability::Var), Val::I64(1))?;
        let v = Global::new(&mut store, GlobalType::new(ValType::V128, Mutability::Const), Val::from(9u128 << 90))?;
        let instance = stilt::Instance::new(&mut store, &module, &[a.into(), v.into()])?;
        instance.get_typed_func::<i64, ()>(&mut store, "add")?.call(&mut store, 41)?;
        assert_eq!(a.get(&mut store).unwrap_i64(), 42);
        let copy = instance.get_global(&mut store, "copy").unwrap();
        assert_eq!(copy.get(&mut store).unwrap_v128().as_u128(), 9 << 90);
        Ok(())
    });
}
