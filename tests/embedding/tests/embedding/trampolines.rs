//! Every kind of trampoline meets every kind of call: values in registers and in slots, of every type, in both directions; called
//! directly, through a table and across instances, typed and untyped; returning, failing, trapping, and with other guests inside.

use std::fmt::Write as _;

use stilt::{
    Caller, Engine, Error, Extern, ExternRef, Func, FuncType, Instance, Linker, Module, Ref, Result, Store, Trap, Val,
    ValType, WasmBacktrace,
};
use stilt_embedding_tests::Ground;

use crate::everywhere;

const TYPES: [ValType; 6] =
    [ValType::I32, ValType::F64, ValType::FUNCREF, ValType::I64, ValType::F32, ValType::EXTERNREF];

/// What the host function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Return,
    Fail,
    /// Calls a guest that returns.
    CallGuest,
    /// Calls a guest that traps, and goes on.
    CatchTrap,
    /// Calls a guest that traps, and hands that on.
    PassTrap,
    /// Calls itself from the host, which fails, and goes on.
    CatchOwn,
}

const ALL: [Does; 6] = [Does::Return, Does::Fail, Does::CallGuest, Does::CatchTrap, Does::PassTrap, Does::CatchOwn];

struct State {
    does: Does,
    calls: u32,
    expected: Vec<Val>,
    answer: Vec<Val>,
    host: Option<Func>,
}

fn show(values: &[Val]) -> String {
    format!("{values:?}")
}

fn names(types: &[ValType]) -> String {
    let mut text = String::new();
    for ty in types {
        let _ = write!(text, "{ty} ");
    }
    text
}

/// Two modules: the first calls the host in three ways, the second calls the first.
fn modules(params: &[ValType], results: &[ValType]) -> [String; 2] {
    let ty = format!("(func (param {}) (result {}))", names(params), names(results));
    let gets: String = (0..params.len()).map(|place| format!("(local.get {place}) ")).collect();
    let drops = "drop ".repeat(results.len());
    let first = format!(
        r#"(module (type $t {ty}) (import "h" "f" (func $f (type $t))) (table (export "table") 1 funcref)
            (func $direct (export "direct") (type $t) (call $f {gets}))
            (func $indirect (export "indirect") (type $t) (call_indirect (type $t) {gets} (i32.const 0)))
            (func $trapping (export "trapping") (type $t) (call $f {gets}) {drops} unreachable)
            (func $leaf (export "leaf") (param i32) (result i32)
                (if (i32.eqz (local.get 0)) (then unreachable)) (i32.add (local.get 0) (i32.const 1))))"#
    );
    let mut second = format!("(module (type $t {ty})");
    for name in ["direct", "indirect", "trapping"] {
        let _ = write!(second, r#"(import "first" "{name}" (func ${name} (type $t)))"#);
    }
    for name in ["direct", "indirect", "trapping"] {
        let _ = write!(second, r#"(func $outer_{name} (export "{name}") (type $t) (call ${name} {gets}))"#);
    }
    second.push(')');
    [first, second]
}

fn value(store: &mut Store<State>, ty: &ValType, place: usize, func: Func) -> Result<Val> {
    let number = -3 - i32::try_from(place).unwrap();
    Ok(match ty {
        ValType::I32 => Val::I32(number),
        ValType::I64 => Val::I64((i64::from(number) << 33) + 5),
        ValType::F32 => (number as f32 + 0.5).into(),
        ValType::F64 => (f64::from(number) + 0.125).into(),
        ValType::V128 => Val::V128((number.cast_unsigned() as u128 * 0x1_0000_0001_0000_0001).into()),
        ty if ty.matches(&ValType::FUNCREF) => Val::FuncRef(place.is_multiple_of(2).then_some(func)),
        _ if place.is_multiple_of(3) => Val::ExternRef(None),
        _ => ExternRef::new(store, number)?.into(),
    })
}

fn host(mut caller: Caller<'_, State>, params: &[Val], results: &mut [Val]) -> Result<()> {
    assert_eq!(show(params), show(&caller.data().expected));
    caller.data_mut().calls += 1;
    let leaf = caller.get_export("leaf").and_then(Extern::into_func);
    let call = |caller: &mut Caller<'_, State>, n: i32| -> Result<i32> {
        let mut result = [Val::I32(0)];
        leaf.unwrap().call(&mut *caller, &[Val::I32(n)], &mut result)?;
        leaf.unwrap().typed::<i32, i32>(&*caller)?.call(&mut *caller, n)?;
        Ok(result[0].unwrap_i32())
    };
    match caller.data().does {
        Does::Return => {}
        Does::Fail => return Err(Error::msg("the host does not want to")),
        Does::CallGuest => assert_eq!(call(&mut caller, 6)?, 7),
        Does::CatchTrap => assert!(call(&mut caller, 0).is_err()),
        Does::PassTrap => {
            call(&mut caller, 0)?;
        }
        Does::CatchOwn => {
            caller.data_mut().does = Does::Fail;
            let (own, params) = (caller.data().host.unwrap(), caller.data().expected.clone());
            let error = own.call(&mut caller, &params, &mut results.to_vec()).unwrap_err();
            assert!(error.downcast_ref::<WasmBacktrace>().is_none(), "no guest has called");
            caller.data_mut().does = Does::CatchOwn;
        }
    }
    results.copy_from_slice(&caller.data().answer);
    Ok(())
}

fn check(ground: Ground, engine: &Engine, params: &[ValType], results: &[ValType]) -> Result<()> {
    let [first, second] = modules(params, results);
    let (first, second) = (ground.module(engine, &first)?, ground.module(engine, &second)?);
    let state = State { does: Does::Return, calls: 0, expected: Vec::new(), answer: Vec::new(), host: None };
    let mut store = Store::new(engine, state);
    let ty = FuncType::new(engine, params.to_vec(), results.to_vec());
    let func = Func::try_new(&mut store, ty, host)?;
    store.data_mut().host = Some(func);
    let first = Instance::new(&mut store, &first, &[func.into()])?;
    first.get_table(&mut store, "table").unwrap().set(&mut store, 0, Ref::Func(Some(func)))?;
    let exports: Vec<Extern> =
        ["direct", "indirect", "trapping"].map(|name| first.get_export(&mut store, name).unwrap()).into();
    let second = Instance::new(&mut store, &second, &exports)?;
    let values = |store: &mut Store<State>, types: &[ValType], from: usize| -> Result<Vec<Val>> {
        types.iter().enumerate().map(|(place, ty)| value(store, ty, from + place, func)).collect()
    };
    let (given, answer) = (values(&mut store, params, 0)?, values(&mut store, results, 10)?);
    store.data_mut().expected.clone_from(&given);
    store.data_mut().answer.clone_from(&answer);
    for (outer, instance) in [(false, first), (true, second)] {
        for name in ["direct", "indirect", "trapping"] {
            let export = instance.get_func(&mut store, name).unwrap();
            for does in ALL {
                let said = format!("{ground:?}: {params:?} -> {results:?}, {name}, outer: {outer}, {does:?}");
                // The first instance's `leaf` is called by its host function, whoever calls that instance.
                (store.data_mut().does, store.data_mut().calls) = (does, 0);
                let mut found = vec![Val::I32(0); results.len()];
                let called = export.call(&mut store, &given, &mut found);
                assert_eq!(store.data().calls, if does == Does::CatchOwn { 2 } else { 1 }, "{said}");
                let mut expected = vec![name];
                let outer_name = format!("outer_{name}");
                if outer {
                    expected.push(&outer_name);
                }
                let trap = match does {
                    Does::Fail => None,
                    Does::PassTrap => {
                        expected.insert(0, "leaf");
                        Some(Trap::UnreachableCodeReached)
                    }
                    _ if name == "trapping" => Some(Trap::UnreachableCodeReached),
                    _ => {
                        called?;
                        assert_eq!(show(&found), show(&answer), "{said}");
                        continue;
                    }
                };
                let error = called.unwrap_err();
                assert_eq!(error.downcast_ref::<Trap>().copied(), trap, "{said}");
                let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
                let frames: Vec<_> = backtrace.frames().iter().filter_map(|frame| frame.func_name()).collect();
                assert_eq!(frames, expected, "{said}");
            }
        }
    }
    Ok(())
}

#[test]
fn every_kind_meets_every_kind_of_call() {
    everywhere(|ground| {
        let engine: Engine = ground.engine()?;
        for count in 0..=6 {
            for first in 0..TYPES.len() {
                let types: Vec<ValType> = TYPES.iter().cycle().skip(first).take(count).cloned().collect();
                let result = TYPES[(first + count) % TYPES.len()];
                // With each type as the first one, results in turn: none, one, and two.
                let results = [vec![], vec![result], vec![result, TYPES[first]]];
                if count == 0 && first > 0 {
                    check(ground, &engine, &types, &results[1])?;
                    continue;
                }
                check(ground, &engine, &types, &results[(first + count) % 3])?;
                check(ground, &engine, &types, &results[1])?;
            }
        }
        check(ground, &engine, &[ValType::V128], &[])?;
        check(ground, &engine, &[ValType::I32; 4], &[ValType::I32])?;
        check(ground, &engine, &[ValType::F32; 5], &[ValType::F32])
    });
}

/// A typed call of a guest that passes its arguments on to a typed host function and returns its result.
fn through<T: 'static>(engine: &Engine, module: &Module, linker: &Linker<T>, data: T) -> Result<(Store<T>, Instance)> {
    let mut store = Store::new(engine, data);
    let instance = linker.instantiate(&mut store, module)?;
    Ok((store, instance))
}

macro_rules! typed {
    ($($name:ident: ($($param:ident: $ty:ident = $value:expr),*) -> $result:ident = $answer:expr;)*) => {
        $( #[test]
        fn $name() {
            let types = [$(stringify!($ty)),*].map(|ty: &str| ty.replace('u', "i")).join(" ");
            let count = [$(stringify!($param)),*].map(|_: &str| ()).len();
            let gets: String = (0..count).map(|place| format!("(local.get {place}) ")).collect();
            let result = stringify!($result);
            let text = format!(
                r#"(module (type $t (func (param {types}) (result {result})))
                    (import "h" "plain" (func $plain (type $t))) (import "h" "fallible" (func $fallible (type $t)))
                    (import "h" "caller" (func $caller (type $t)))
                    (func (export "plain") (type $t) (call $plain {gets}))
                    (func (export "fallible") (type $t) (call $fallible {gets}))
                    (func (export "caller") (type $t) (call $caller {gets})))"#
            );
            everywhere(|ground| {
                let engine: Engine = ground.engine()?;
                let module = ground.module(&engine, &text)?;
                let mut linker = Linker::<bool>::new(&engine);
                let check = |$($param: $ty),*| -> $result {
                    $( assert_eq!($param.to_le_bytes(), <$ty>::to_le_bytes($value)); )*
                    $answer
                };
                linker.func_wrap("h", "plain", move |$($param: $ty),*| check($($param),*))?;
                linker.func_wrap("h", "caller", move |mut caller: Caller<'_, bool> $(, $param: $ty)*| {
                    assert!(caller.get_export("fallible").is_some());
                    *caller.data_mut() = true;
                    check($($param),*)
                })?;
                linker.func_wrap("h", "fallible", move |caller: Caller<'_, bool> $(, $param: $ty)*| {
                    if *caller.data() { Err(Error::msg("enough")) } else { Ok(check($($param),*)) }
                })?;
                let (mut store, instance) = through(&engine, &module, &linker, false)?;
                for name in ["plain", "fallible", "caller", "fallible"] {
                    let func = instance.get_typed_func::<($($ty,)*), $result>(&mut store, name)?;
                    let fails = name == "fallible" && *store.data();
                    match func.call(&mut store, ($($value,)*)) {
                        Ok(found) => assert!(!fails && found.to_le_bytes() == <$result>::to_le_bytes($answer), "{name}"),
                        Err(error) => assert!(fails && error.to_string().contains("enough"), "{name}: {error:?}"),
                    }
                }
                Ok(())
            });
        } )*
    };
}

typed! {
    typed_without_parameters: () -> i32 = -7;
    typed_one: (a: i64 = i64::MIN + 3) -> f32 = f32::from_bits(0xffa0_0001);
    typed_two: (a: f32 = f32::from_bits(0x7fa0_1234), b: i32 = -1) -> i64 = -1 << 40;
    typed_three: (a: f64 = -0.0, b: u32 = u32::MAX, c: f32 = 1.5) -> f64 = f64::from_bits(0x7ff4_0000_0000_0001);
    typed_four: (a: i32 = i32::MIN, b: f64 = 2.5, c: u64 = u64::MAX, d: f32 = -2.0) -> i32 = i32::MIN;
    typed_five: (a: i32 = 1, b: i64 = 2, c: f32 = 3.0, d: f64 = 4.0, e: i32 = -5) -> f64 = 0.5;
    typed_six: (a: i64 = -1, b: i64 = -2, c: i32 = -3, d: i32 = -4, e: f64 = -5.0, f: f32 = -6.0) -> i64 = 77;
}
