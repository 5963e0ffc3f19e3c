//! Every vector operator, compiled alone for every target. What they compute is for the specification's suite to say.

use crate::compile::Precompiler;
use crate::error::CompileError;
use crate::module::{DefinedFuncIndex, Module};
use crate::options::Options;
use crate::target::{TARGETS, Target, TargetName};
use crate::translate::{ModuleEnv, Scratch, translate};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use stilt_artifact::target::{Architecture, TrapMode};

/// Operators without a type in common, each with its parameters and result.
const OTHERS: &[(&str, &str, &str)] = &[
    ("v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "", "v128"),
    ("v128.not", "v128", "v128"),
    ("v128.and", "v128 v128", "v128"),
    ("v128.andnot", "v128 v128", "v128"),
    ("v128.or", "v128 v128", "v128"),
    ("v128.xor", "v128 v128", "v128"),
    ("v128.bitselect", "v128 v128 v128", "v128"),
    ("v128.any_true", "v128", "i32"),
    ("i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 31", "v128 v128", "v128"),
    ("i8x16.swizzle", "v128 v128", "v128"),
    ("i8x16.popcnt", "v128", "v128"),
    ("i16x8.q15mulr_sat_s", "v128 v128", "v128"),
    ("i32x4.dot_i16x8_s", "v128 v128", "v128"),
    ("i32x4.trunc_sat_f32x4_s", "v128", "v128"),
    ("i32x4.trunc_sat_f32x4_u", "v128", "v128"),
    ("f32x4.convert_i32x4_s", "v128", "v128"),
    ("f32x4.convert_i32x4_u", "v128", "v128"),
    ("i32x4.trunc_sat_f64x2_s_zero", "v128", "v128"),
    ("i32x4.trunc_sat_f64x2_u_zero", "v128", "v128"),
    ("f64x2.convert_low_i32x4_s", "v128", "v128"),
    ("f64x2.convert_low_i32x4_u", "v128", "v128"),
    ("f32x4.demote_f64x2_zero", "v128", "v128"),
    ("f64x2.promote_low_f32x4", "v128", "v128"),
    ("v128.store", "i32 v128", ""),
];

/// All operators, likewise.
fn operators() -> Vec<(String, &'static str, &'static str)> {
    let mut all: Vec<_> = OTHERS.iter().map(|(name, params, result)| ((*name).to_owned(), *params, *result)).collect();
    let mut add = |names: &[&str], shapes: &[&str], params, result| {
        let named = shapes.iter().flat_map(|shape| names.iter().map(move |name| format!("{shape}.{name}")));
        all.extend(named.map(|name| (name, params, result)));
    };
    let (one, two) = ("v128", "v128 v128");
    let integers = ["i8x16", "i16x8", "i32x4", "i64x2"];
    let floats = ["f32x4", "f64x2"];

    add(&["splat"], &integers[..3], "i32", one);
    add(&["splat"], &["i64x2"], "i64", one);
    add(&["splat"], &["f32x4"], "f32", one);
    add(&["splat"], &["f64x2"], "f64", one);
    add(&["extract_lane_s 5", "extract_lane_u 5"], &integers[..2], one, "i32");
    add(&["extract_lane 1"], &["i32x4"], one, "i32");
    add(&["extract_lane 1"], &["i64x2"], one, "i64");
    add(&["extract_lane 1"], &["f32x4"], one, "f32");
    add(&["extract_lane 1"], &["f64x2"], one, "f64");
    add(&["replace_lane 1"], &integers[..3], "v128 i32", one);
    add(&["replace_lane 1"], &["i64x2"], "v128 i64", one);
    add(&["replace_lane 1"], &["f32x4"], "v128 f32", one);
    add(&["replace_lane 1"], &["f64x2"], "v128 f64", one);

    add(&["abs", "neg"], &integers, one, one);
    add(&["all_true", "bitmask"], &integers, one, "i32");
    add(&["shl", "shr_s", "shr_u"], &integers, "v128 i32", one);
    add(&["add", "sub", "eq", "ne", "lt_s", "gt_s", "le_s", "ge_s"], &integers, two, one);
    add(&["lt_u", "gt_u", "le_u", "ge_u", "min_s", "min_u", "max_s", "max_u"], &integers[..3], two, one);
    add(&["mul"], &integers[1..], two, one);
    add(&["add_sat_s", "add_sat_u", "sub_sat_s", "sub_sat_u", "avgr_u"], &integers[..2], two, one);
    for (shape, narrow) in [("i16x8", "i8x16"), ("i32x4", "i16x8"), ("i64x2", "i32x4")] {
        for sign in ["s", "u"] {
            for half in ["low", "high"] {
                add(&[&format!("extend_{half}_{narrow}_{sign}")], &[shape], one, one);
                add(&[&format!("extmul_{half}_{narrow}_{sign}")], &[shape], two, one);
            }
            if shape != "i64x2" {
                add(&[&format!("extadd_pairwise_{narrow}_{sign}")], &[shape], one, one);
                add(&[&format!("narrow_{shape}_{sign}")], &[narrow], two, one);
            }
        }
    }

    add(&["ceil", "floor", "trunc", "nearest", "abs", "neg", "sqrt"], &floats, one, one);
    add(&["add", "sub", "mul", "div", "min", "max", "pmin", "pmax"], &floats, two, one);
    add(&["eq", "ne", "lt", "gt", "le", "ge"], &floats, two, one);

    let whole = ["load", "load32_zero", "load64_zero", "load8_splat", "load16_splat", "load32_splat", "load64_splat"];
    add(&whole, &["v128"], "i32", one);
    add(&["load8x8_s", "load16x4_s", "load32x2_s"], &["v128"], "i32", one);
    add(&["load8x8_u", "load16x4_u", "load32x2_u"], &["v128"], "i32", one);
    add(&["load8_lane 1", "load16_lane 1", "load32_lane 1", "load64_lane 1"], &["v128"], "i32 v128", one);
    add(&["store8_lane 1", "store16_lane 1", "store32_lane 1", "store64_lane 1"], &["v128"], "i32 v128", "");
    all
}

/// A module with a function for each operator.
fn module() -> String {
    let functions = operators().into_iter().map(|(name, params, result)| {
        let gets: String = (0..params.split_whitespace().count()).map(|local| format!("local.get {local} ")).collect();
        format!("(func (param {params}) (result {result}) {gets} {name})\n")
    });
    format!("(module (memory 1)\n{})", functions.collect::<String>())
}

fn compile_all(change: impl Fn(&mut Options)) {
    let wasm = wat::parse_str(module()).expect("the module is well-formed");
    let module = Module::parse(&wasm).expect("the module is valid");
    let operators = operators();
    for name in TARGETS {
        let mut options = with_vectors(name);
        options.verify = true;
        change(&mut options);
        let Ok(target) = Target::new(&options) else { continue };
        let env = ModuleEnv::new(&module, &target).expect("a plan");
        let mut scratch = Scratch::default();
        for (own, (operator, ..)) in (0..).map(DefinedFuncIndex::from_u32).zip(&operators) {
            let done = translate(&env, own, &mut scratch, false);
            let done = done.unwrap_or_else(|error| panic!("{operator} for {}: {error}", name.name));
            let mut context = Context::for_function(done.function);
            if let Err(error) = context.compile(target.isa(), &mut ControlPlane::default()) {
                panic!("{operator} for {}: {:?}\n{}", name.name, error.inner, context.func);
            }
        }
    }
}

#[test]
fn there_are_236_operators() {
    let mut names: Vec<_> = operators().into_iter().map(|(name, ..)| name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 236);
}

#[test]
fn every_operator_compiles_for_every_target() {
    compile_all(|_| {});
}

#[test]
fn every_operator_compiles_with_explicit_traps() {
    compile_all(|options| options.traps = Some(TrapMode::Explicit));
}

#[test]
fn every_operator_compiles_with_canonical_nans_and_without_optimization() {
    compile_all(|options| {
        options.nan_canonicalization = true;
        options.opt_level = crate::options::OptLevel::None;
    });
}

/// A module whose functions have more vectors than there are registers: in use at once, as parameters, and `results` results.
fn crowded(results: usize) -> Vec<u8> {
    let types = |count: usize| "v128 ".repeat(count);
    let gets = |count: usize| (0..count).map(|local| format!("local.get {local} ")).collect::<String>();
    let sums = (0..60).map(|n| format!("(i8x16.add (local.get 0) (i8x16.splat (i32.const {n})))"));
    let text = format!(
        "(module (global $g (export \"g\") (mut v128) (v128.const i64x2 1 2))
        (func $leaf (param v128) (result v128) local.get 0 global.get $g v128.xor)
        (func $many (param {many}) (result {results}) {gets} )
        (func (export \"f\") (param v128) (result v128) {sums} {calls})
        (func (export \"h\") (param {many}) (result {results}) {all} call $many))",
        many = types(40),
        results = types(results),
        gets = gets(results),
        sums = sums.collect::<String>(),
        calls = "call $leaf i8x16.sub ".repeat(59),
        all = gets(40),
    );
    wat::parse_str(text).expect("the module is well-formed")
}

#[test]
fn vectors_find_room_in_memory_on_every_target() {
    for name in TARGETS {
        let compiled = Precompiler::new(with_vectors(name)).expect("a target").compile(&crowded(16));
        assert!(compiled.is_ok(), "{}: {:?}", name.name, compiled.err());
    }
}

#[test]
fn too_many_vectors_as_results_are_refused_where_they_must() {
    for name in TARGETS {
        let precompiler = Precompiler::new(with_vectors(name)).expect("a target");
        let compiled = precompiler.compile(&crowded(17));
        if precompiler.target().max_vector_results() < 17 {
            assert!(matches!(compiled, Err(CompileError::VectorResults { .. })), "{}", name.name);
        } else {
            assert!(compiled.is_ok(), "{}: {:?}", name.name, compiled.err());
        }
    }
}

/// The defaults for a target, and on riscv64 the CPU feature that vectors need.
fn with_vectors(name: TargetName) -> Options {
    let mut options = Options::for_target(name.name);
    if name.architecture() == Architecture::Riscv64 {
        options.cpu_features.push(("v".to_owned(), true));
    }
    options
}
