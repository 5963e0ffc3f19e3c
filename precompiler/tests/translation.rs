//! What is tested in translated code, and what is not: the shape of it. That it does the right thing is tested by running it.

use stilt_artifact::builtins::Builtin;
use stilt_artifact::target::TrapMode;
use stilt_artifact::trap::TrapCode;
use stilt_precompiler::module::Module;
use stilt_precompiler::translate::{ModuleEnv, Scratch, Translated, translate};
use stilt_precompiler::{MemoryStyle, OptLevel, Options, Target};

/// Translates the first function of a module.
fn first(text: &str, change: fn(&mut Options)) -> Translated {
    let mut options = Options::default();
    change(&mut options);
    let target = Target::new(&options).expect("options that fit");
    let wasm = wat::parse_str(text).expect("good text");
    let module = Module::parse(&wasm).expect("a good module");
    let env = ModuleEnv::new(&module, &target).expect("plans");
    let own = module.bodies.keys().next().expect("a function");
    let translated = translate(&env, own, &mut Scratch::default(), false).expect("a good function");
    cranelift_codegen::verify_function(&translated.function, target.isa()).expect("well formed");
    translated
}

fn hardware(_: &mut Options) {}

fn explicit(options: &mut Options) {
    options.traps = Some(TrapMode::Explicit);
}

fn explicit_plain(options: &mut Options) {
    options.traps = Some(TrapMode::Explicit);
    options.spectre = false;
}

fn pulley(options: &mut Options) {
    options.target = "pulley64".into();
}

fn pulley_32(options: &mut Options) {
    options.target = "pulley32".into();
}

/// How often a word stands in the function's text.
fn count(translated: &Translated, what: &str) -> usize {
    translated.function.display().to_string().matches(what).count()
}

/// Tests that raise this trap through a trampoline.
fn tests(translated: &Translated, code: TrapCode) -> usize {
    let declared = format!("u2:{} ", code as u8);
    let text = translated.function.display().to_string();
    let Some(line) = text.lines().find(|line| line.contains(&declared)) else { return 0 };
    let name = line.split_whitespace().next().expect("its name comes first");
    text.matches(&format!("call {name}(")).count()
}

const THREE_FIELDS: &str = r#"(module (memory 1) (func (param i32) (result i32)
    (i32.add (i32.load offset=8 (local.get 0))
        (i32.add (i32.load offset=4 (local.get 0)) (i32.load8_u offset=11 (local.get 0))))))"#;

#[test]
fn guard_pages_spare_tests() {
    let code = first(THREE_FIELDS, hardware);
    assert_eq!((count(&code, "brif"), count(&code, "trapnz")), (0, 0));
    assert_eq!(count(&code, "user2 little"), 3, "{}", code.function.display());
    let far = "(module (memory 1) (func (param i32) (result i32) (i32.load offset=0x2000000 (local.get 0))))";
    assert_eq!(count(&first(far, hardware), "trapnz"), 1);
    let near = "(module (memory 1) (func (param i32) (result i32) (i32.load offset=0x1fffffc (local.get 0))))";
    assert_eq!(count(&first(near, hardware), "trapnz"), 0);
    let movable = |options: &mut Options| options.memory = Some(MemoryStyle::Movable);
    let code = first(THREE_FIELDS, movable);
    assert_eq!((count(&code, "trapnz"), count(&code, "user2 little")), (1, 0));
}

/// Conditional branches outside of cold blocks.
fn branches_in_warm_blocks(code: &Translated) -> usize {
    let text = code.function.display().to_string();
    let mut warm = true;
    let counted = text.lines().filter(|line| {
        if line.trim_start().starts_with("block") {
            warm = !line.contains("cold");
        }
        warm && line.contains("brif")
    });
    counted.count()
}

#[test]
fn one_test_serves_several_accesses() {
    for options in [explicit, explicit_plain] {
        let code = first(THREE_FIELDS, options);
        assert_eq!(tests(&code, TrapCode::MemoryOutOfBounds), 1, "{}", code.function.display());
        assert_eq!(code.uses.traps.iter().copied().collect::<Vec<_>>(), [TrapCode::MemoryOutOfBounds]);
    }
    // A later access reaches further: the first test is widened, and the cold copy has one for each.
    let growing = THREE_FIELDS.replace("offset=11", "offset=12");
    for options in [explicit, explicit_plain] {
        let code = first(&growing, options);
        assert_eq!(branches_in_warm_blocks(&code), 1, "{}", code.function.display());
        assert_eq!(count(&code, "brif"), 2);
    }
    assert_eq!(count(&first(THREE_FIELDS, explicit), "select_spectre_guard"), 1);
    assert_eq!(count(&first(THREE_FIELDS, explicit_plain), "select_spectre_guard"), 0);
}

#[test]
fn the_interpreter_tests_what_it_accesses() {
    for options in [pulley, pulley_32] {
        let code = first(THREE_FIELDS, options);
        assert_eq!((count(&code, "select"), count(&code, "trapnz")), (3, 0), "{}", code.function.display());
        // An offset that its instruction has no room for, and one that may lie behind the end at first.
        for (offset, memory) in [("65536", "(memory 2)"), ("8", "(memory 0)")] {
            let text = format!("(module {memory} (func (param i32) (drop (i32.load offset={offset} (local.get 0)))))");
            let code = first(&text, options);
            assert_eq!((count(&code, "select"), count(&code, "trapnz")), (0, 1), "{}", code.function.display());
        }
    }
}

#[test]
fn what_was_tested_on_one_path_is_not_known_on_another() {
    let branches = r#"(module (memory 1) (func (param i32 i32) (result i32)
        (if (local.get 1) (then (drop (i32.load (local.get 0)))) (else (drop (i32.load (local.get 0)))))
        (i32.load (local.get 0))))"#;
    assert_eq!(tests(&first(branches, explicit), TrapCode::MemoryOutOfBounds), 3);
    let left_early = r#"(module (memory 1) (func (param i32 i32) (result i32)
        (block (br_if 0 (local.get 1)) (drop (i32.load (local.get 0))))
        (i32.load (local.get 0))))"#;
    assert_eq!(tests(&first(left_early, explicit), TrapCode::MemoryOutOfBounds), 2);
    let before_both = r#"(module (memory 1) (func (param i32 i32) (result i32)
        (drop (i32.load (local.get 0)))
        (if (local.get 1) (then (drop (i32.load (local.get 0)))) (else (drop (i32.load (local.get 0)))))
        (loop (br_if 0 (i32.load (local.get 0))))
        (i32.load (local.get 0))))"#;
    assert_eq!(tests(&first(before_both, explicit), TrapCode::MemoryOutOfBounds), 1);
    // The loop gives the local another value.
    let set_in_loop = before_both.replace(
        "(loop (br_if 0 (i32.load (local.get 0))))",
        "(loop (br_if 0 (local.tee 0 (i32.load (local.get 0)))))",
    );
    assert_eq!(tests(&first(&set_in_loop, explicit), TrapCode::MemoryOutOfBounds), 3);
    // The local has another value.
    let changed = r#"(module (memory 1) (func (param i32) (result i32)
        (local.set 0 (i32.load (local.get 0)))
        (i32.load (local.get 0))))"#;
    assert_eq!(tests(&first(changed, explicit), TrapCode::MemoryOutOfBounds), 2);
}

#[test]
fn constants_are_tested_here() {
    let inside = "(module (memory 1) (func (result i32) (i32.load offset=4 (i32.const 65528))))";
    let outside = "(module (memory 1) (func (result i32) (i32.load offset=4 (i32.const 65529))))";
    for options in [pulley, pulley_32] {
        assert_eq!(count(&first(inside, options), "select"), 0);
        assert_eq!(count(&first(inside, options), "trapnz"), 0);
        assert_eq!(count(&first(outside, options), "select"), 1);
    }
    for options in [explicit, explicit_plain] {
        assert_eq!(tests(&first(inside, options), TrapCode::MemoryOutOfBounds), 0);
        assert_eq!(tests(&first(outside, options), TrapCode::MemoryOutOfBounds), 1);
    }
    assert_eq!(count(&first(inside, hardware), "user2"), 0);
    let division = "(module (func (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 10))))";
    assert!(first(division, explicit).uses.traps.is_empty());
    let by_minus_one = "(module (func (param i32) (result i32) (i32.div_s (local.get 0) (i32.const -1))))";
    assert_eq!(tests(&first(by_minus_one, explicit), TrapCode::IntegerOverflow), 1);
    assert_eq!(tests(&first(by_minus_one, explicit), TrapCode::IntegerDivisionByZero), 0);
    let global = "(module (global i64 (i64.const 7)) (func (result i64) (global.get 0)))";
    assert_eq!(count(&first(global, explicit), "load"), 0);
}

#[test]
fn ranges_are_tested_in_the_width_of_a_pointer() {
    // A memory is never smaller than at first, so no range of so many bytes is longer than it.
    for (len, most) in [("(i32.const 65536)", 1), ("(i32.const 65537)", 2), ("(local.get 2)", 2)] {
        for operation in ["memory.copy", "memory.fill"] {
            let text = format!(
                "(module (memory 1) (func (param i32 i32 i32) ({operation} (local.get 0) (local.get 1) {len})))"
            );
            let narrow = first(&text, pulley_32);
            assert_eq!(count(&narrow, "trapnz"), most, "{}", narrow.function);
            assert_eq!(count(&narrow, "isub"), 1, "{}", narrow.function);
            assert_eq!(count(&first(&text, pulley), "trapnz"), 1, "{text}");
        }
    }
}

#[test]
fn explicit_code_relies_on_no_fault() {
    let everything = r#"(module (memory 1) (table 3 funcref) (type $t (func))
        (func (param i32 i32 f32) (result i32)
            (drop (i64.load (local.get 1)))
            (drop (table.get (local.get 1)))
            (call_indirect (type $t) (local.get 0))
            (drop (i32.div_s (local.get 0) (local.get 1)))
            (drop (i32.trunc_f32_s (local.get 2)))
            (if (local.get 0) (then unreachable))
            (i32.rem_u (local.get 0) (local.get 1))))"#;
    for options in [explicit, explicit_plain] {
        let code = first(everything, options);
        for trap in [
            TrapCode::Unreachable,
            TrapCode::MemoryOutOfBounds,
            TrapCode::TableOutOfBounds,
            TrapCode::UndefinedElement,
            TrapCode::UninitializedElement,
            TrapCode::BadSignature,
            TrapCode::IntegerOverflow,
            TrapCode::IntegerDivisionByZero,
            TrapCode::BadConversionToInteger,
        ] {
            assert!(code.uses.traps.contains(&trap), "{trap:?}");
            assert!(tests(&code, trap) > 0, "{trap:?}");
        }
        let text = code.function.display().to_string();
        let faulting = text.lines().filter(|line| line.contains("load") && !line.contains("notrap"));
        assert_eq!(faulting.count(), 0, "{text}");
        assert!(!text.contains("trapnz") && !text.contains("trapz"), "{text}");
        // Nothing behind the call of a trampoline is reached.
        assert_eq!(text.matches("trap user").count(), text.matches("trap user15").count(), "{text}");
    }
    for options in [hardware, pulley, pulley_32] {
        assert!(first(everything, options).uses.traps.is_empty());
    }
}

#[test]
fn entries_loops_and_ranges_can_be_interrupted() {
    let interruptible = |options: &mut Options| options.interrupt = true;
    let interrupts = |code: &Translated| count(code, &format!("user{}", TrapCode::Interrupt as u8));
    // A leaf.
    let loops = "(module (func (param i32) (loop (br_if 0 (local.get 0))) (loop (br_if 0 (local.get 0)))))";
    assert_eq!(interrupts(&first(loops, interruptible)), 2);
    assert_eq!(interrupts(&first(loops, hardware)), 0);
    let leaf = "(module (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))";
    assert_eq!(interrupts(&first(leaf, interruptible)), 0);
    let long = format!("(module (func (param i32) (result i32) (local.get 0) {}))", "(i32.clz)".repeat(300));
    assert_eq!(interrupts(&first(&long, interruptible)), 1);
    let calls = r#"(module (import "a" "b" (func $import)) (func (call $import)))"#;
    assert_eq!(interrupts(&first(calls, interruptible)), 1);
    // Not behind the test of a loop, nor for a function that does little.
    let in_loop =
        r#"(module (import "a" "b" (func $import)) (func (param i32) (loop (call $import) (br_if 0 (local.get 0)))))"#;
    assert_eq!(interrupts(&first(in_loop, interruptible)), 1);
    let light = "(module (func (export \"a\") (call $leaf) (call $leaf)) (func $leaf (loop (br_if 0 (i32.ctz (i32.const 1))))))";
    let no_passes = |options: &mut Options| {
        options.interrupt = true;
        options.inline = false;
    };
    assert_eq!(interrupts(&first(light, no_passes)), 0);
    // Where an inner loop tests on every way, the outer one does not; where it need not come to its test, it does.
    let counted = |value: &str| {
        format!(
            "(module (func (param i32) (local i32) (loop (local.set 1 {value})
                (loop (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))) (br_if 0 (local.get 0)))))"
        )
    };
    assert_eq!(interrupts(&first(&counted("(local.get 0)"), no_passes)), 1 + 1);
    let once = |options: &mut Options| {
        options.interrupt = true;
        options.opt_level = OptLevel::Size;
    };
    assert_eq!(interrupts(&first(&counted("(local.get 0)"), once)), 1);
    // A few rounds by constants.
    assert_eq!(interrupts(&first(&counted("(i32.const 100)"), interruptible)), 1);
    assert_eq!(interrupts(&first(&counted("(i32.const 10000)"), interruptible)), 1 + 1);
    let bulk = "(module (memory 1) (func (param i32) (memory.fill (i32.const 0) (i32.const 0) (local.get 0))))";
    assert_eq!(interrupts(&first(bulk, interruptible)), 1);
    let small = "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))))";
    assert_eq!(interrupts(&first(small, interruptible)), 0);
    let tested = first(loops, |options| {
        explicit(options);
        options.interrupt = true;
    });
    assert_eq!(tests(&tested, TrapCode::Interrupt), 2);
}

#[test]
fn uses_are_told() {
    let text = r#"(module (import "a" "b" (func $import)) (table 1 funcref) (memory 1)
        (func (call $import) (call $own) (call_indirect (i32.const 0))
            (drop (memory.grow (i32.const 1))) (elem.drop 0))
        (func $own (call $own)) (elem func $own))"#;
    let uses = first(text, hardware).uses;
    assert_eq!(uses.imports.iter().map(|f| f.as_u32()).collect::<Vec<_>>(), [0]);
    assert_eq!(uses.calls.iter().map(|f| f.as_u32()).collect::<Vec<_>>(), [2]);
    assert!(uses.indirect && !uses.is_leaf());
    assert_eq!(uses.builtins.iter().copied().collect::<Vec<_>>(), [Builtin::MemoryGrow, Builtin::ElemDrop]);
    assert!(
        first("(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))))", hardware)
            .uses
            .is_leaf()
    );
}
