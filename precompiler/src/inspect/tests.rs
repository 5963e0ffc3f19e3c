//! Reports on images of every kind of target.

use super::{Report, Rung};
use crate::{Options, Precompiler};
use stilt_artifact::target::TrapMode;

const MODULE: &str = r#"(module $sample
    (import "env" "log" (func $log (param i32 f64)))
    (import "env" "limit" (global i64))
    (memory (export "memory") 1 3)
    (table $table 4 funcref)
    (global $count (mut i32) (i32.const 0))
    (elem (i32.const 0) $leaf $middle)
    (data (i32.const 8) "data")
    (func $leaf (param i32) (result i32) (i32.div_u (local.get 0) (i32.load (local.get 0))))
    (func $middle (param i32) (result i32)
        (call $log (local.get 0) (f64.const 1))
        (call $leaf (local.get 0)))
    (func $outer (export "outer") (param i32) (result i32)
        (global.set $count (i32.const 1))
        (call_indirect (param i32) (result i32) (call $middle (local.get 0)) (i32.const 0))))"#;

fn report(change: impl FnOnce(&mut Options), target: &str) -> Report {
    let mut options = Options::for_target(target);
    change(&mut options);
    let wasm = wat::parse_str(MODULE).expect("the text is right");
    let image = Precompiler::new(options).and_then(|precompiler| precompiler.compile(&wasm));
    Report::new(&image.expect("the module compiles")).expect("the image is whole")
}

#[test]
fn grounds_follow_from_what_the_code_relies_on() {
    let hardware = report(|_| {}, "x86_64").needs;
    assert_eq!((hardware.rung, hardware.rung_number, hardware.traps), (Rung::HardwareTraps, 2, "hardware"));
    let explicit = report(|options| options.traps = Some(TrapMode::Explicit), "x86_64").needs;
    assert_eq!((explicit.rung, explicit.rung_to_load), (Rung::Storage, Rung::VirtualMemory));
    let pulley = report(|_| {}, "pulley32be").needs;
    assert_eq!((pulley.rung, pulley.rung_to_load), (Rung::Storage, Rung::Storage));
    assert_eq!((pulley.architecture, pulley.pointer_bits, pulley.byte_order), ("pulley", 32, "big"));
    assert_eq!(pulley.cpu_features, [""; 0]);
    assert!(hardware.cpu_features.iter().any(|feature| feature == "sse4.1"));
    assert!(pulley.builtin_groups.contains(&"core"));
}

#[test]
fn what_a_module_contains_is_told_in_its_own_words() {
    for target in ["x86_64", "pulley32", "pulley64be"] {
        // Nothing is inlined, so that every call is there.
        let report = report(|options| options.inline = false, target);
        assert!(report.intact);
        let module = &report.modules[0];
        assert_eq!(module.name.as_deref(), Some("sample"));
        let types: Vec<_> = module.imports.iter().map(|import| (import.kind, import.ty.as_str())).collect();
        assert_eq!(types, [("function", "(func (param i32 f64))"), ("global", "(global i64)")]);
        let types: Vec<_> = module.exports.iter().map(|export| (export.name.as_str(), export.ty.as_str())).collect();
        assert_eq!(types, [("memory", "(memory 1 3)"), ("outer", "(func (param i32) (result i32))")]);
        let names: Vec<_> = module.stack.path.iter().map(|step| step.name.as_deref()).collect();
        assert_eq!(names, [Some("outer"), Some("middle"), Some("leaf")]);
        let wasm = wat::parse_str(MODULE).expect("the text is right");
        let body = |index: u32| module.functions.iter().find(|f| f.index == index).map(|f| &wasm[f.wasm as usize..]);
        // No locals; then a constant, or the first parameter.
        assert!(body(3).is_some_and(|body| body.starts_with(&[0, 0x41, 1])), "outer");
        assert!(body(2).is_some_and(|body| body.starts_with(&[0, 0x20, 0])), "middle");
        let sum: u32 = module.stack.path.iter().map(|step| step.frame).sum();
        assert_eq!(module.stack.deepest_path, Some(sum));
        assert_eq!(module.stack.not_counted, ["indirect calls", "calls of imports"]);
        assert_eq!(module.functions.len(), 3);
        assert!(module.functions.is_sorted_by(|one, two| one.len >= two.len));
        assert_eq!(module.instance.memories[0].max, Some(3 << 16));
        let word = u64::from(report.needs.pointer_bits / 8);
        assert_eq!(module.instance.least, module.instance.context + (1 << 16) + 4 * word);
        assert!(module.producer.contains_key("sha256"));
        assert!(module.sites > 3);
    }
}

#[test]
fn sections_cover_the_file() {
    for (target, strip) in [("x86_64", false), ("x86_64", true), ("pulley64", false)] {
        let report = report(|options| options.strip = strip, target);
        let mut at = 0;
        for section in &report.sections {
            assert_eq!(section.offset, at, "{}", section.name);
            at += section.len;
        }
        assert_eq!(at, report.file_len);
        let has = |name: &str| report.sections.iter().any(|section| section.name == name);
        assert_eq!(has("ELF header"), !strip);
        assert!(has("code") && has("functions") && has("image header"));
    }
}

#[test]
fn damage_is_told() {
    let wasm = wat::parse_str(MODULE).expect("the text is right");
    let precompiler = Precompiler::new(Options::default()).expect("the defaults fit");
    let mut image = precompiler.compile(&wasm).expect("the module compiles");
    let code = Report::new(&image).expect("whole").sections;
    let code = code.iter().find(|section| section.name == "code").expect("there is code");
    image[usize::try_from(code.offset).expect("small")] ^= 1;
    assert!(!Report::new(&image).expect("the tables are whole").intact);
    image.truncate(300);
    assert!(Report::new(&image).is_err());
    assert!(Report::new(&wasm).is_err());
}
