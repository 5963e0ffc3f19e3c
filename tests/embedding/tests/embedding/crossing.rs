//! Values between host and guest, in registers and beside them, and what stays as it was when a guest inside another is unwound.

use std::fmt::Write as _;

use stilt::{Caller, Engine, Extern, Func, FuncType, Instance, Result, Store, Trap, Val, ValType, WasmBacktrace};

use crate::everywhere;

/// Integers and floats by turns, as long as there are any, and then vectors.
fn mix(mut integers: usize, mut floats: usize, vectors: usize) -> Vec<ValType> {
    let mut types = Vec::new();
    while integers + floats > 0 {
        if integers > 0 {
            types.push(if integers.is_multiple_of(2) { ValType::I32 } else { ValType::I64 });
            integers -= 1;
        }
        if floats > 0 {
            types.push(if floats.is_multiple_of(2) { ValType::F32 } else { ValType::F64 });
            floats -= 1;
        }
    }
    types.extend(std::iter::repeat_n(ValType::V128, vectors));
    types
}

/// Negative, so that every bit matters, and each one different.
fn value(ty: &ValType, place: usize, round: i32) -> Val {
    let number = -1 - i32::try_from(place).unwrap() - 100 * round;
    match ty {
        ValType::I32 => Val::I32(number),
        ValType::I64 => Val::I64(i64::from(number) << 20),
        ValType::F32 => (number as f32 + 0.5).into(),
        ValType::F64 => (f64::from(number) + 0.25).into(),
        _ => Val::V128((number.cast_unsigned() as u128 * 0x1_0000_0001_0000_0001).into()),
    }
}

fn values(types: &[ValType], round: i32) -> Vec<Val> {
    types.iter().enumerate().map(|(place, ty)| value(ty, place, round)).collect()
}

fn same(left: &[Val], right: &[Val]) -> bool {
    let text = |values: &[Val]| format!("{values:?}");
    text(left) == text(right)
}

fn wasm_types(types: &[ValType]) -> String {
    let mut text = String::new();
    for ty in types {
        let _ = write!(text, "{ty} ");
    }
    text
}

#[test]
fn values_cross_in_any_number() {
    // Around the numbers of registers that there are.
    let numbers = [
        (0, 0, 0),
        (1, 1, 0),
        (5, 6, 0),
        (14, 0, 0),
        (15, 0, 0),
        (0, 16, 0),
        (0, 17, 0),
        (14, 16, 0),
        (15, 17, 0),
        (2, 2, 2),
    ];
    everywhere(|ground| {
        let engine = ground.engine()?;
        for params in numbers {
            for results in [(0, 0, 0), (1, 0, 0), (0, 1, 0), params] {
                let (params, results) = (mix(params.0, params.1, params.2), mix(results.0, results.1, results.2));
                let (from, to) = (wasm_types(&params), wasm_types(&results));
                let gets: String = (0..params.len()).map(|place| format!("(local.get {place}) ")).collect();
                let module = ground.module(
                    &engine,
                    &format!(
                        r#"(module (import "h" "f" (func $f (param {from}) (result {to})))
                            (func (export "run") (param {from}) (result {to}) (call $f {gets})))"#
                    ),
                )?;
                let mut store = Store::new(&engine, 0);
                let ty = FuncType::new(&engine, params.clone(), results.clone());
                let (expected, given) = (values(&params, 1), values(&results, 2));
                let answer = given.clone();
                let host = Func::try_new(&mut store, ty, move |mut caller: Caller<'_, i32>, params, results| {
                    assert!(same(params, &expected), "{params:?}");
                    results.copy_from_slice(&answer);
                    *caller.data_mut() += 1;
                    Ok(())
                })?;
                let instance = Instance::new(&mut store, &module, &[host.into()])?;
                let run = instance.get_func(&mut store, "run").unwrap();
                let mut found = vec![Val::I32(0); results.len()];
                run.call(&mut store, &values(&params, 1), &mut found)?;
                assert!(same(&found, &given), "{ground:?}: {from} -> {to}: {found:?}");
                assert_eq!(*store.data(), 1);
            }
        }
        Ok(())
    });
}

/// A guest that is unwound inside another leaves that one's values alone: more than there are registers that it may change.
#[test]
fn an_unwound_guest_leaves_the_outer_one_alone() {
    const LIVE: usize = 24;
    let mut text = String::from(
        r#"(module (import "h" "f" (func $f))
            (func $keep (param i64) (result i64) (if (i64.eqz (local.get 0)) (then unreachable)) (local.get 0))"#,
    );
    // Values that are computed before a call and used behind it, by a guest that traps and by the one outside it.
    for (name, before, after) in
        [("outer", "(call $f)", "(nop)"), ("inner", "(drop (call $keep (local.get 0)))", "unreachable")]
    {
        let locals = "i64 ".repeat(LIVE);
        let _ = write!(text, r#"(func ${name} (export "{name}") (param i64) (result i64) (local {locals})"#);
        for local in 1..=LIVE {
            let _ = write!(
                text,
                "(local.set {local} (i64.mul (call $keep (local.get 0)) (i64.const {})))",
                local * local + 1
            );
        }
        let _ = write!(text, "{before} (local.set 0 (i64.const 0))");
        for local in 1..=LIVE {
            let _ = write!(text, "(local.set 0 (i64.add (i64.mul (local.get 0) (i64.const 3)) (local.get {local})))");
        }
        let _ = write!(
            text,
            "(if (i64.eqz (i64.rem_u (local.get 0) (i64.const 2))) (then {after})) {after} (local.get 0))"
        );
    }
    text.push(')');
    let sum =
        |n: i64| (1..=LIVE as i64).fold(0i64, |sum, at| sum.wrapping_mul(3).wrapping_add(n.wrapping_mul(at * at + 1)));
    everywhere(|ground| {
        let engine: Engine = ground.engine()?;
        let module = ground.module(&engine, &text)?;
        let mut store = Store::new(&engine, ());
        let host = Func::try_wrap(&mut store, |mut caller: Caller<'_, ()>| -> Result<()> {
            let inner = caller.get_export("inner").and_then(Extern::into_func).unwrap();
            let inner = inner.typed::<i64, i64>(&caller)?;
            for n in [1, 0] {
                let error = inner.call(&mut caller, n).unwrap_err();
                assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached));
                let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
                let names: Vec<_> = frames.iter().filter_map(|frame| frame.func_name()).collect();
                let expected: &[&str] = if n == 0 { &["keep", "inner", "outer"] } else { &["inner", "outer"] };
                assert_eq!(names, expected);
            }
            Ok(())
        })?;
        let instance = Instance::new(&mut store, &module, &[host.into()])?;
        let outer = instance.get_typed_func::<i64, i64>(&mut store, "outer")?;
        for n in [7, -9] {
            assert_eq!(outer.call(&mut store, n)?, sum(n), "{ground:?}");
        }
        Ok(())
    });
}
