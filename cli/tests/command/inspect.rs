//! `stilt inspect`.

use crate::support::Folder;
use serde_json::Value;

const MODULE: &str = r#"(module $sample
    (import "env" "log" (func $log (param i32 f64)))
    (memory (export "memory") 1 3)
    (func $leaf (param i32) (result i32) (i32.div_u (local.get 0) (i32.load (local.get 0))))
    (func $outer (export "outer") (param i32) (result i32)
        (call $log (local.get 0) (f64.const 1))
        (call $leaf (local.get 0))))"#;

#[test]
fn people_see_what_an_image_needs_and_contains() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    folder.stilt(&["compile", "sample.wat"]).succeeds();
    let text = folder.stilt(&["inspect", "sample.cwasm"]).succeeds().stdout;
    for line in [
        "Needs rung 2: storage and one TLS pointer + virtual memory + hardware traps",
        "  target          x86_64, 64-bit pointers, little-endian",
        "  traps           hardware",
        "  memory 0        64 KiB at first, at most 192 KiB; 4 GiB of address space, 32 MiB of guard on both sides",
        "  env.log  (func (param i32 f64))",
        "  memory  (memory 1 3)",
        "  outer  (func (param i32) (result i32))",
        "  not counted     calls of imports, what the host does",
        "Functions (2)",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let one = folder.stilt(&["inspect", "sample.cwasm", "--functions", "1"]).succeeds().stdout;
    assert!(one.contains("… and 1 smaller ones"));
    folder.stilt(&["compile", "sample.wat", "--traps", "explicit"]).succeeds();
    let text = folder.stilt(&["inspect", "sample.cwasm"]).succeeds().stdout;
    assert!(text.contains("Needs rung 0: storage and one TLS pointer\n  when linked into the program"), "{text}");
    assert!(text.contains("every access is tested"), "{text}");
}

#[test]
fn programs_see_the_same_for_every_target() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    for (target, architecture, bits, order) in
        [("x86_64", "x86_64", 64, "little"), ("pulley32", "pulley", 32, "little"), ("pulley64be", "pulley", 64, "big")]
    {
        folder.stilt(&["compile", "sample.wat", "--target", target]).succeeds();
        let text = folder.stilt(&["inspect", "sample.cwasm", "--format", "json"]).succeeds().stdout;
        let json: Value = serde_json::from_str(&text).expect("JSON");
        let needs = &json["needs"];
        assert_eq!(needs["architecture"], architecture);
        assert_eq!(needs["pointer_bits"], bits);
        assert_eq!(needs["byte_order"], order);
        assert_eq!(json["intact"], true);
        let module = &json["modules"][0];
        assert_eq!(module["imports"][0]["type"], "(func (param i32 f64))");
        assert_eq!(module["stack"]["path"][0]["name"], "outer");
        let functions = module["functions"].as_array().expect("a list");
        assert!(functions.iter().all(|function| function["frame"].as_u64() > Some(0)));
        let sections = json["sections"].as_array().expect("a list").iter();
        let sum: u64 = sections.filter_map(|section| section["len"].as_u64()).sum();
        assert_eq!(json["file_len"], sum);
    }
}

/// Tables of both kinds of elements, an imported one, and nothing that is a multiple of 16.
const STORAGE: &str = r#"(module
    (import "env" "log" (func (param i32 f64)))
    (import "env" "more" (table 4 funcref))
    (memory (export "memory") 2 3)
    (table 5 funcref)
    (table 3 externref)
    (global (mut i64) (i64.const 1))
    (func (export "run") (param i32) (call 0 (local.get 0) (f64.const 1))))"#;

#[test]
fn the_storage_is_what_the_header_of_an_object_says() {
    let folder = Folder::new();
    folder.file("sample.wat", STORAGE);
    for (target, machine) in [("x86_64", None), ("pulley32", Some("arm")), ("pulley64", Some("aarch64"))] {
        let mut object = vec!["compile", "sample.wat", "--emit", "obj", "--target", target, "--traps", "explicit"];
        object.extend(machine.into_iter().flat_map(|machine| ["--machine", machine]));
        folder.stilt(&object).succeeds();
        let header = std::fs::read_to_string(folder.path("sample.h")).expect("text");
        let defined = |name: &str| -> u64 {
            let line = header.lines().find_map(|line| line.strip_prefix(&format!("#define SAMPLE_{name} ")));
            line.and_then(|value| value.trim_end_matches('u').parse().ok())
                .unwrap_or_else(|| panic!("{name}: {header}"))
        };

        folder.stilt(&["compile", "sample.wat", "--target", target, "--traps", "explicit"]).succeeds();
        let json = folder.stilt(&["inspect", "sample.cwasm", "--format", "json"]).succeeds().stdout;
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let storage = json["modules"][0]["instance"]["storage"].as_object().expect("an object");
        let names = [
            ("block", "INSTANCE_SIZE"),
            ("align", "INSTANCE_ALIGN"),
            ("tables", "TABLES_SIZE"),
            ("memories", "MEMORIES_SIZE"),
            ("total", "STORAGE_SIZE"),
            ("types", "TYPES"),
        ];
        assert_eq!(storage.len(), names.len(), "{storage:?}");
        let text = folder.stilt(&["inspect", "sample.cwasm"]).succeeds().stdout;
        for (field, name) in names {
            assert_eq!(storage[field].as_u64(), Some(defined(name)), "{field} on {target}: {storage:?}");
            let line = format!("  {name:<14}  {}", defined(name));
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(defined("TABLES_SIZE") > 0 && defined("MEMORIES_SIZE") > 2 << 16);
        let interpreter = if machine.is_some() { " + STILT_INTERPRETER_SIZE + stack" } else { "" };
        let total = defined("STORAGE_SIZE");
        let sum =
            format!("STILT_STORE_SIZE(frames) + STILT_INSTANCE_BASE + {total} + 2 * STILT_IMPORT_SIZE{interpreter}");
        assert!(text.contains(&sum), "{sum}\n{text}");
    }
}

#[test]
fn what_is_no_image_is_refused() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    folder.stilt(&["inspect", "sample.wat"]).fails(&["compile it first: stilt compile sample.wat"]);
    folder.stilt(&["inspect", "/bin/sh"]).fails(&["not a Stilt image"]);
    folder.stilt(&["inspect", "missing"]).fails(&["cannot read missing"]);
    folder.stilt(&["compile", "sample.wat"]).succeeds();
    let mut image = std::fs::read(folder.path("sample.cwasm")).expect("the image");
    folder.file("cut.cwasm", image.get(..600).expect("longer"));
    folder.stilt(&["inspect", "cut.cwasm"]).fails(&["cut short"]);
    // The table of types, behind both headers.
    image[320] ^= 1;
    folder.file("changed.cwasm", &image);
    folder.stilt(&["inspect", "changed.cwasm"]).fails(&["damaged"]);
}
