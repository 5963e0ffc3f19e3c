//! Floats without float registers: how values cross, and which conversions trap. What they compute is for the suite to say.

use stilt::{Caller, Engine, Func, Instance, Result, Store, Trap, Val};
use stilt_embedding_tests::{FloatMode, Ground, compile, load};

const MODULE: &str = r#"
(module
  (import "" "mix" (func $mix (param f32 i32 f64) (result f64 f32)))
  (memory 1)
  (global $kept (export "kept") (mut f64) (f64.const -0x1p-1074))
  (func (export "mix") (param f32 i32 f64) (result f64 f32)
    (call $mix (local.get 0) (local.get 1) (local.get 2)))
  (func (export "keep") (param f64) (result f64)
    (global.get $kept) (global.set $kept (local.get 0)))
  (func (export "sum") (param i32) (result f64) (local f64)
    (loop
      (f64.store (i32.const 65528) (f64.convert_i32_s (local.get 0)))
      (local.set 1 (f64.add (local.get 1) (f64.load (i32.const 65528))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func (export "to i32") (param f32) (result i32) (i32.trunc_f32_s (local.get 0)))
  (func (export "to u64") (param f64) (result i64) (i64.trunc_f64_u (local.get 0))))
"#;

/// Natively, with each kind of traps.
fn natively(test: impl Fn(&mut Store<()>, Instance) -> Result<()>) {
    for ground in [Ground::Hardware, Ground::Explicit] {
        let run = || -> Result<()> {
            let mut options = ground.options();
            options.float = Some(FloatMode::Soft);
            let engine: Engine = ground.engine()?;
            let module = load(&engine, &compile(MODULE, options)?)?;
            let mut store = Store::new(&engine, ());
            let mix = Func::wrap(&mut store, |_: Caller<'_, ()>, a: f32, b: i32, c: f64| (f64::from(a) + c, b as f32));
            let instance = Instance::new(&mut store, &module, &[mix.into()])?;
            test(&mut store, instance)
        };
        run().unwrap_or_else(|error| panic!("{ground:?}: {error:?}"));
    }
}

#[test]
fn values_cross_as_their_bits() {
    natively(|store, instance| {
        let mix = instance.get_typed_func::<(f32, i32, f64), (f64, f32)>(&mut *store, "mix")?;
        assert_eq!(mix.call(&mut *store, (0.5, 7, 1.25))?, (1.75, 7.0));
        let signalling = 0x7ff0_0000_0000_0001;
        let keep = instance.get_func(&mut *store, "keep").unwrap();
        let mut found = [Val::F64(0)];
        keep.call(&mut *store, &[Val::F64(signalling)], &mut found)?;
        assert!(matches!(found[0], Val::F64(bits) if bits == (1 << 63) + 1), "{found:?}");
        keep.call(&mut *store, &[Val::F64(0)], &mut found)?;
        assert!(matches!(found[0], Val::F64(bits) if bits == signalling), "{found:?}");
        let sum = instance.get_typed_func::<i32, f64>(&mut *store, "sum")?;
        assert_eq!(sum.call(&mut *store, 1000)?, 500_500.0);
        Ok(())
    });
}

#[test]
fn what_does_not_fit_traps() {
    natively(|store, instance| {
        let to_i32 = instance.get_typed_func::<f32, i32>(&mut *store, "to i32")?;
        let to_u64 = instance.get_typed_func::<f64, i64>(&mut *store, "to u64")?;
        assert_eq!(to_i32.call(&mut *store, -2_147_483_648.0)?, i32::MIN);
        assert_eq!(to_i32.call(&mut *store, -1.9)?, -1);
        assert_eq!(to_u64.call(&mut *store, -0.9)?, 0);
        assert_eq!(to_u64.call(&mut *store, 18_446_744_073_709_549_568.0)?, -2048);
        for (value, expected) in [
            (f32::NAN, Trap::BadConversionToInteger),
            (-f32::NAN, Trap::BadConversionToInteger),
            (2_147_483_648.0, Trap::IntegerOverflow),
            (-2_147_483_904.0, Trap::IntegerOverflow),
            (f32::INFINITY, Trap::IntegerOverflow),
            (f32::NEG_INFINITY, Trap::IntegerOverflow),
        ] {
            let error = to_i32.call(&mut *store, value).unwrap_err();
            assert_eq!(error.downcast_ref::<Trap>(), Some(&expected), "{value}");
        }
        for value in [-1.0, 18_446_744_073_709_551_616.0] {
            let error = to_u64.call(&mut *store, value).unwrap_err();
            assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::IntegerOverflow), "{value}");
        }
        Ok(())
    });
}
