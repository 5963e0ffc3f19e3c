//! What parsing finds out about a module, and what it says about modules that it refuses.

use stilt_artifact::types::{ExternKind, ValueType};
use stilt_precompiler::module::{
    ConstExpr, ContextPlan, DefinedFuncIndex, ElemItems, FuncIndex, GlobalIndex, Module, SegmentMode,
};
use stilt_precompiler::translate::{ModuleEnv, Scratch, translate};
use stilt_precompiler::{CompileError, Options, Precompiler, Target};

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("good text")
}

fn check(wasm: &[u8]) -> Result<(), CompileError> {
    let target = Target::new(&Options::default())?;
    let module = Module::parse(wasm)?;
    let env = ModuleEnv::new(&module, &target)?;
    let mut scratch = Scratch::default();
    module.bodies.keys().try_for_each(|own| translate(&env, own, &mut scratch, true).map(drop))
}

fn refused(text: &str) -> CompileError {
    check(&wasm(text)).expect_err(text)
}

#[test]
fn a_module_is_described() {
    let wasm = wasm(
        r#"(module $demo
            (import "env" "f" (func $f (param i32) (result i64)))
            (import "env" "g" (global $base i32))
            (table $t 2 10 funcref)
            (memory $m 1 3)
            (global $own (mut i64) (i64.const -2))
            (global $ref funcref (ref.func $third))
            (func $second (export "second"))
            (func $third)
            (func $fourth)
            (func $fifth)
            (start $second)
            (elem (table $t) (global.get $base) func $f)
            (elem declare func $fifth)
            (elem externref (ref.null extern))
            (data (i32.const 7) "seven")
            (data "passive")
            (export "m" (memory $m)))"#,
    );
    let module = Module::parse(&wasm).expect("a good module");
    assert_eq!(module.name, Some("demo"));
    assert_eq!((module.imported_functions, module.imported_globals, module.imported_tables), (1, 1, 0));
    assert_eq!((module.functions.len(), module.bodies.len()), (5, 4));
    assert_eq!(module.imports[1].kind, ExternKind::Global);
    assert_eq!(module.function_type(FuncIndex::from_u32(0)).results, [ValueType::I64]);
    assert_eq!(module.start, Some(FuncIndex::from_u32(1)));
    // Imported and in an element segment, exported, the value of a global, declared; the fourth is only called.
    let refs: Vec<u32> = module.func_refs.iter().map(|f| f.as_u32()).collect();
    assert_eq!(refs, [0, 1, 2, 4]);
    assert_eq!(module.func_ref_place(FuncIndex::from_u32(4)), Some(3));
    assert_eq!(module.func_ref_place(FuncIndex::from_u32(3)), None);
    let globals: Vec<_> = module.globals.values().map(|g| g.init).collect();
    let third = FuncIndex::from_u32(2);
    assert_eq!(
        globals,
        [None, Some(ConstExpr::Value(u128::from((-2i64).cast_unsigned()))), Some(ConstExpr::Func(third))]
    );
    let elems: Vec<_> = module.elems.values().collect();
    let base = ConstExpr::Global(GlobalIndex::from_u32(0));
    assert!(matches!(elems[0].mode, SegmentMode::Active { offset, .. } if offset == base));
    assert_eq!(elems[1].mode, SegmentMode::Declared);
    assert_eq!(
        (elems[2].element, &elems[2].items),
        (ValueType::ExternRef, &ElemItems::Expressions(vec![ConstExpr::Null]))
    );
    assert_eq!(module.data.values().map(|d| d.bytes).collect::<Vec<_>>(), [b"seven".as_slice(), b"passive"]);
    assert_eq!(module.label(FuncIndex::from_u32(3)).to_string(), "function 3 (fourth)");
    assert_eq!(module.function_index(DefinedFuncIndex::from_u32(0)), FuncIndex::from_u32(1));

    for width in [4, 8] {
        let plan = ContextPlan::new(&module, width).expect("a small context");
        let own = plan.globals[GlobalIndex::from_u32(1)];
        assert_eq!(own, plan.layout.globals);
        assert_eq!(plan.globals[GlobalIndex::from_u32(2)], own + 8);
        assert_eq!(plan.globals[GlobalIndex::from_u32(0)], plan.layout.imported_globals);
        assert_eq!(plan.func_import(FuncIndex::from_u32(0)), plan.layout.imported_funcs);
        assert!(plan.func_ref(3) < plan.layout.size);
    }
}

#[test]
fn what_is_not_there_yet_is_named() {
    for (text, expected) in [
        ("(module (func $x (return_call $x)))", "tail call"),
        ("(module (memory 1 1 shared))", "threads"),
        ("(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))", "threads"),
        ("(module (memory i64 1))", "memory64"),
        ("(module (memory $a 1) (memory $b 1))", "multi-memory"),
        ("(module (tag))", "exception handling"),
        ("(module (func (try_table (catch_all 0))))", "exception handling"),
        ("(module (type (struct)))", "garbage collection"),
        ("(module (global i32 (i32.add (i32.const 1) (i32.const 2))))", "extended constant"),
        (
            "(module (func (drop (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))))",
            "relaxed SIMD",
        ),
        ("(module (type $t (func)) (func (param (ref null $t)) (call_ref $t (local.get 0))))", "function references"),
        ("(module (func (i64.mul_wide_s (i64.const 0) (i64.const 0)) drop drop))", "wide arithmetic"),
        ("(module (memory 1 (pagesize 1)))", "custom page sizes"),
    ] {
        let error = refused(text);
        let CompileError::Unsupported { feature, .. } = &error else { panic!("{text}: {error:?}") };
        assert!(feature.contains(expected), "{text}: {error}");
        assert!(error.to_string().contains(feature), "{error}");
    }
}

#[test]
fn errors_say_where() {
    let error = refused("(module (func) (func $bad (result i32) (i64.const 1)))");
    assert_eq!(
        error.to_string(),
        "invalid module at offset 0x21 in function 1 (bad): type mismatch: expected i32, found i64"
    );
    // With no name section, the name of an export.
    let error = refused("(module (func (export \"run\") (result i32) (i64.const 1)))");
    assert!(error.to_string().contains("in function 0 (run)"), "{error}");
    assert_eq!(refused("(component)"), CompileError::Component);
    assert_eq!(check(b""), Err(CompileError::NotWasm));
    assert_eq!(check(b"\x7fELF"), Err(CompileError::NotWasm));
    assert!(matches!(check(b"\0asm\x02\0\0\0"), Err(CompileError::Invalid { offset: 4, .. })));
    assert!(matches!(check(b"\0asm\x01\0\0\0\x01"), Err(CompileError::Invalid { offset: 9, .. })));
}

#[test]
fn every_truncation_is_an_error_or_a_module() {
    let whole = wasm(
        r#"(module (import "a" "b" (func)) (memory 1) (global i32 (i32.const 1)) (table 1 funcref)
            (func (export "f") (param i32) (result i32) (block (result i32) (br_if 0 (i32.const 1) (local.get 0))))
            (elem (i32.const 0) func 1) (data (i32.const 0) "abc"))"#,
    );
    for len in 0..whole.len() {
        let _ = check(&whole[..len]);
    }
    check(&whole).expect("the whole module is good");
}

#[test]
fn bodies_are_validated_before_any_is_translated() {
    let bytes = wasm("(module (func (result i32) (i32.const 1)) (func (result i32) (block (br 0)) (i64.const 1)))");
    let target = Target::new(&Options::default()).expect("defaults");
    let module = Module::parse(&bytes).expect("bodies are not looked at");
    let error = ModuleEnv::new(&module, &target).expect_err("the second is wrong");
    assert!(matches!(error, CompileError::Invalid { function: Some(ref label), .. } if label.index == 1), "{error}");
}

#[test]
fn vectors_without_v_are_refused_by_name() {
    let precompiler = |features: &[&str]| {
        let mut options = Options::for_target("riscv64");
        options.cpu_features = features.iter().map(|feature| ((*feature).to_owned(), true)).collect();
        Precompiler::new(options).expect("good options")
    };
    let inside =
        wasm("(module (func $mix (param i64) (result i64) (i64x2.extract_lane 1 (i64x2.splat (local.get 0)))))");
    let error = precompiler(&[]).compile(&inside).expect_err("no vectors");
    let text = error.to_string();
    assert!(text.starts_with("SIMD is used at offset 0x"), "{text}");
    assert!(text.contains("in function 0 (mix)") && text.contains("`v`: compile with `--cpu-feature v`"), "{text}");
    assert!(precompiler(&["v"]).compile(&inside).is_ok());
    // Only a trampoline has to do with them.
    let passed = wasm(r#"(module (import "host" "take" (func (param v128))))"#);
    let error = precompiler(&[]).compile(&passed).expect_err("no vectors");
    assert!(matches!(error, CompileError::VectorFeature { feature: "v", function: None, .. }), "{error}");
    assert!(precompiler(&["v"]).compile(&passed).is_ok());
}
