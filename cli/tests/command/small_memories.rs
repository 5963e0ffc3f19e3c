//! `--memory-bytes`: how many bytes `auto` finds, which modules cannot do with so few, and what `inspect` says of it.

use crate::support::Folder;
use serde_json::Value;

/// As `wasm-ld` links them by default: data, stack, heap.
const STACK_BEHIND: &str = r#"(module (memory (export "memory") 2)
    (global $__stack_pointer (mut i32) (i32.const 3088))
    (global (export "__data_end") i32 (i32.const 1040))
    (global (export "__heap_base") i32 (i32.const 3088))
    (data (i32.const 1024) "sixteen bytes...")
    (func (export "run") (param i32) (result i32) (i32.load (local.get 0))))"#;

#[test]
fn the_deviation_is_named_and_the_storage_is_small() {
    let folder = Folder::new();
    folder.file("m.wat", STACK_BEHIND);
    for (target, machine) in [("x86_64", None), ("pulley32", Some("arm"))] {
        folder.stilt(&["compile", "m.wat", "--target", target, "--memory-bytes", "8192"]).succeeds();
        let text = folder.stilt(&["inspect", "m.cwasm"]).succeeds().stdout;
        let line = "  memory 0        8192 of 131072 bytes backed: an access beyond traps, and it does not grow; not standard; every \
                    access is tested";
        assert!(text.lines().any(|found| found == line), "{text}");
        assert!(text.contains("memory  (memory 2)"), "the type is what it was: {text}");
        assert!(text.contains(" --memory-bytes=8192"), "{text}");
        let json = folder.stilt(&["inspect", "m.cwasm", "--format", "json"]).succeeds().stdout;
        let json: Value = serde_json::from_str(&json).expect("JSON");
        let instance = &json["modules"][0]["instance"];
        assert_eq!(
            (&instance["memories"][0]["min"], &instance["memories"][0]["backed"]),
            (&131_072.into(), &8192.into())
        );
        assert_eq!(instance["memories"][0]["reservation"], 0, "whoever finds other traps");
        assert_eq!(instance["storage"]["memories"], 8192 + 16);

        let mut object = vec!["compile", "m.wat", "--target", target, "--emit", "obj", "--memory-bytes", "8192"];
        object.extend(machine.into_iter().flat_map(|machine| ["--machine", machine]));
        folder.stilt(&object).succeeds();
        let header = std::fs::read_to_string(folder.path("m.h")).expect("text");
        assert!(header.contains("#define M_MEMORIES_SIZE 8208u"), "{header}");
    }
    // What is there is in the key of a cache.
    let key = |more: &[&str]| folder.stilt(&[&["compile", "m.wat", "--print-key"], more].concat()).succeeds().stdout;
    let keys = [key(&[]), key(&["--memory-bytes", "8192"]), key(&["--memory-bytes", "8193"])];
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
}

#[test]
fn auto_finds_the_end_of_data_and_stack() {
    let folder = Folder::new();
    let global = |name: &str, value: u32| format!(r#"(global (export "{name}") i32 (i32.const {value}))"#);
    let pointer = |value: u32| format!("(global $__stack_pointer (mut i32) (i32.const {value}))");
    for (globals, expected) in [
        ([pointer(3088), global("__data_end", 1040), global("__heap_base", 3088)], 3088),
        ([pointer(2048), global("__data_end", 2064), global("__heap_base", 2064)], 2064),
        // The stack behind the data, or in front of them.
        ([pointer(3088), global("__data_end", 1040), String::new()], 3088),
        ([pointer(1024), global("__data_end", 1040), String::new()], 1040),
        // A pointer to something else.
        ([pointer(200_000), global("__data_end", 1040), String::new()], 1040),
        // Less than there is data.
        ([String::new(), global("__heap_base", 16), String::new()], 1040),
    ] {
        let module = format!(r#"(module {} (memory 2) (data (i32.const 1024) "sixteen bytes..."))"#, globals.concat());
        folder.file("m.wat", &module);
        folder.stilt(&["compile", "m.wat", "--memory-bytes", "auto"]).succeeds();
        let json = folder.stilt(&["inspect", "m.cwasm", "--format", "json"]).succeeds().stdout;
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["modules"][0]["instance"]["memories"][0]["backed"], expected, "{module}");
    }
}

#[test]
fn what_cannot_do_with_so_few_is_refused() {
    let folder = Folder::new();
    let fails = |module: &str, bytes: &str, words: &[&str]| {
        folder.file("m.wat", module);
        folder.stilt(&["compile", "m.wat", "--memory-bytes", bytes]).fails(words);
    };
    let data = r#"(module (memory 1) (data (i32.const 16) "one") (data (i32.const 4000) "three") (data (i32.const 9000) "four"))"#;
    fails(
        data,
        "4004",
        &["data segment 1 fills 5 bytes of memory from 4000 on", "`--memory-bytes 4004`", "takes 9004 bytes"],
    );
    fails(data, "9003", &["data segment 2 fills 4 bytes of memory from 9000 on", "takes 9004 bytes"]);
    folder.stilt(&["compile", "m.wat", "--memory-bytes", "9004"]).succeeds();
    std::fs::remove_file(folder.path("m.cwasm")).expect("it was made");
    fails(data, "65537", &["`--memory-bytes 65537`", "more than the 65536 bytes"]);
    fails(data, "auto", &["neither `__heap_base` nor `__data_end`", "-Wl,--export=__heap_base"]);
    fails("(module)", "100", &["this one has none"]);
    fails("(module (memory 0 1))", "100", &["one page", "--initial-memory=65536"]);
    fails(r#"(module (import "env" "memory" (memory 1)))"#, "100", &["imports it", "--import-memory"]);
    folder.file("m.wat", data);
    for bad in ["0", "-1", "8k", "4294967296", ""] {
        let ran = folder.stilt(&["compile", "m.wat", &format!("--memory-bytes={bad}")]).ends(2);
        assert!(ran.stderr.contains("expected a number of bytes from 1 on, or `auto`"), "{ran:?}");
    }
    assert_eq!(folder.names(), ["m.wat"], "nothing was written");
}

/// A program runs with what it takes, and traps beyond.
#[test]
fn a_program_runs_in_it() {
    let folder = Folder::new();
    folder.file("m.wat", STACK_BEHIND);
    for target in ["x86_64", "pulley64"] {
        let run = |address: &str| {
            folder.stilt(&["run", "m.wat", "--target", target, "--memory-bytes", "auto", "--invoke", "run", address])
        };
        assert_eq!(run("1024").succeeds().stdout.trim(), u32::from_le_bytes(*b"sixt").to_string());
        run("3084").succeeds();
        let beyond = run("3085").ends(134);
        assert!(beyond.stderr.contains("out of bounds memory access"), "{beyond:?}");
    }
}
