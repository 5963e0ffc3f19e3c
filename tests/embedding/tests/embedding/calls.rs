//! From the host into wasm, typed and untyped.

use stilt::{Func, Result, V128, Val};

use crate::{everywhere, instantiate};

#[test]
fn typed_calls() {
    everywhere(|ground| {
        let (mut store, instance) = instantiate(
            ground,
            r#"(module
                (func (export "none"))
                (func (export "swap") (param i32 f64) (result f64 i32) local.get 1 local.get 0)
                (func (export "neg") (param f32) (result f32) local.get 0 f32.neg)
                (func (export "sub") (param i64 i64) (result i64) local.get 0 local.get 1 i64.sub)
                (func (export "vector") (param i32 v128) (result v128)
                    local.get 1 local.get 0 i32x4.splat i32x4.add)
                (func (export "wide") (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32)
                    (result i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32)
                    local.get 0 local.get 1 local.get 2 local.get 3 local.get 4 local.get 5 local.get 6 local.get 7
                    local.get 8 local.get 9 local.get 10 local.get 11 local.get 12 local.get 13 local.get 14
                    local.get 15 local.get 16))"#,
        )?;
        instance.get_typed_func::<(), ()>(&mut store, "none")?.call(&mut store, ())?;
        let swap = instance.get_typed_func::<(i32, f64), (f64, i32)>(&mut store, "swap")?;
        assert_eq!(swap.call(&mut store, (-7, 2.5))?, (2.5, -7));
        let neg = instance.get_typed_func::<f32, f32>(&mut store, "neg")?;
        assert_eq!(neg.call(&mut store, 1.5)?, -1.5);
        let nan = f32::from_bits(0x7fa0_1234);
        assert_eq!(neg.call(&mut store, nan)?.to_bits(), 0xffa0_1234, "NaNs pass as they are");
        let sub = instance.get_typed_func::<(u64, u64), u64>(&mut store, "sub")?;
        assert_eq!(sub.call(&mut store, (5, 7))?, u64::MAX - 1);
        let vector = instance.get_typed_func::<(u32, V128), V128>(&mut store, "vector")?;
        let lanes = V128::from(0x0000_0004_0000_0003_0000_0002_0000_0001);
        assert_eq!(vector.call(&mut store, (10, lanes))?.as_u128(), 0x0000_000e_0000_000d_0000_000c_0000_000b);
        type Wide = (i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64, i32);
        let wide = instance.get_typed_func::<Wide, Wide>(&mut store, "wide")?;
        let values: Wide = (-1, 2, 3.0, 4.0, 5, -6, 7.0, 8.0, 9, 10, 11.0, 12.0, -13, 14, 15.0, 16.0, 17);
        let found = wide.call(&mut store, values)?;
        assert_eq!((found.0, found.1, found.2, found.3, found.4), (-1, 2, 3.0, 4.0, 5));
        assert_eq!((found.5, found.12, found.13, found.14, found.15, found.16), (-6, -13, 14, 15.0, 16.0, 17));
        Ok(())
    });
}

#[test]
fn types_are_checked_once() {
    everywhere(|ground| {
        let (mut store, instance) = instantiate(
            ground,
            r#"(module (func (export "f") (param i32) (result i64) i64.const 0) (memory (export "m") 1))"#,
        )?;
        assert!(instance.get_typed_func::<i32, i64>(&mut store, "f").is_ok());
        assert!(instance.get_typed_func::<u32, u64>(&mut store, "f").is_ok());
        assert!(instance.get_typed_func::<(i32,), (i64,)>(&mut store, "f").is_ok());
        for error in [
            instance.get_typed_func::<i64, i64>(&mut store, "f").map(drop).unwrap_err(),
            instance.get_typed_func::<i32, ()>(&mut store, "f").map(drop).unwrap_err(),
            instance.get_typed_func::<(i32, i32), i64>(&mut store, "f").map(drop).unwrap_err(),
            instance.get_typed_func::<(), ()>(&mut store, "m").map(drop).unwrap_err(),
            instance.get_typed_func::<(), ()>(&mut store, "nothing").map(drop).unwrap_err(),
        ] {
            assert!(!error.to_string().is_empty());
        }
        Ok(())
    });
}

#[test]
fn untyped_calls() {
    everywhere(|ground| {
        let (mut store, instance) = instantiate(
            ground,
            r#"(module (func (export "f") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
                local.get 4 local.get 3 local.get 2 local.get 1 local.get 0))"#,
        )?;
        let func: Func = instance.get_func(&mut store, "f").unwrap();
        let ty = func.ty(&store);
        let names = |types: &[stilt::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(names(&ty.params().collect::<Vec<_>>()), "i32 i64 f32 f64 v128");
        assert_eq!(names(&ty.results().collect::<Vec<_>>()), "v128 f64 f32 i64 i32");
        assert!(ty.param(4).is_some_and(|ty| ty.is_v128()));
        let arguments = [Val::I32(-1), Val::I64(-2), Val::from(3.5f32), Val::from(4.5f64), Val::from(5u128 << 100)];
        let mut results = [const { Val::I32(0) }; 5];
        func.call(&mut store, &arguments, &mut results)?;
        assert_eq!(results[0].unwrap_v128().as_u128(), 5 << 100);
        assert_eq!((results[1].unwrap_f64(), results[2].unwrap_f32()), (4.5, 3.5));
        assert_eq!((results[3].unwrap_i64(), results[4].unwrap_i32()), (-2, -1));
        let wrong: [Result<()>; 4] = [
            func.call(&mut store, &arguments[..4], &mut results),
            func.call(&mut store, &arguments, &mut results[..4]),
            func.call(
                &mut store,
                &[arguments[0], arguments[0], arguments[2], arguments[3], arguments[4]],
                &mut results,
            ),
            func.typed::<(), ()>(&store).map(drop),
        ];
        assert!(wrong.iter().all(Result::is_err));
        Ok(())
    });
}
