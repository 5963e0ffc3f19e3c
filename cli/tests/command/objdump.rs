//! `stilt objdump`.

use crate::support::Folder;

const MODULE: &str = r#"(module
    (memory 1)
    (func $leaf (export "leaf") (param i32) (result i32) (i32.div_u (local.get 0) (i32.load (local.get 0))))
    (func $caller (param i32) (result i32) (i32.add (call $leaf (local.get 0)) (memory.grow (i32.const 1))))
    (func $pick (param i32) (result i32)
        (block (block (block (block (local.get 0) (br_table 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 0 1 2 3))
            (return (i32.const 100)))
            (return (i32.const 101)))
            (return (i32.const 102)))
        (i32.const 103))
    (func $constant (param v128) (result v128) (i8x16.add (local.get 0) (v128.const i32x4 1 2 3 4))))"#;

fn listing(folder: &Folder, compile: &[&str], objdump: &[&str]) -> String {
    folder.file("sample.wat", MODULE);
    folder.stilt(&[&["compile", "sample.wat"], compile].concat()).succeeds();
    folder.stilt(&[&["objdump", "sample.cwasm"], objdump].concat()).succeeds().stdout
}

/// Whether one line contains all of these.
#[track_caller]
fn has(listing: &str, words: &[&str]) {
    let found = listing.lines().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(found, "{words:?}:\n{listing}");
}

#[test]
fn native_code_is_shown_with_its_traps_and_calls() {
    let folder = Folder::new();
    let hardware = listing(&folder, &["--inline", "off"], &[]);
    has(&hardware, &["function 0 <leaf>:", "bytes, frame "]);
    has(&hardware, &["mov ", "; wasm 0x", "trap: out of bounds memory access"]);
    has(&hardware, &["div ", "; wasm 0x", "trap: integer divide by zero"]);
    has(&hardware, &["call ", "; wasm 0x", "calls function 0 <leaf>"]);
    has(&hardware, &["call ", "; wasm 0x", "calls builtin MemoryGrow"]);
    has(&hardware, &["trampoline, host to wasm: (func (param i32) (result i32)):"]);
    // The jump table (fewer ways would be told apart by comparisons) and the constants are no instructions.
    assert_eq!(hardware.lines().filter(|line| line.contains(".long ")).count(), 22, "{hardware}");
    has(&hardware, &[".byte ", "0x01", "0x02"]);
    let explicit = listing(&folder, &["--traps", "explicit"], &[]);
    has(&explicit, &["call ", "; wasm 0x", "calls trap: integer divide by zero"]);
    has(&explicit, &["builtin Raise:"]);
}

#[test]
fn bytecode_is_shown_alike_for_every_width_and_order() {
    let folder = Folder::new();
    for target in ["pulley32", "pulley64"] {
        let listing = listing(&folder, &["--target", target, "--inline", "off"], &[]);
        has(&listing, &["xdiv32_u", "; wasm 0x", "trap: integer divide by zero"]);
        has(&listing, &["xload32le_g32", "; wasm 0x", "trap: out of bounds memory access"]);
        has(&listing, &["call", "; wasm 0x", "calls function 0 <leaf>"]);
        has(&listing, &["call", "calls builtin MemoryGrow"]);
        has(&listing, &["br_table32"]);
        assert!(!listing.contains(".byte"), "{listing}");
    }
    folder.file("plain.wat", "(module (func $f (result i64) (i64.const 7)))");
    folder.stilt(&["compile", "plain.wat", "--target", "pulley32be"]).succeeds();
    has(&folder.stilt(&["objdump", "plain.cwasm"]).succeeds().stdout, &["xconst8", "7"]);
}

#[test]
fn functions_are_found_by_name_and_by_index() {
    let folder = Folder::new();
    let by_name = listing(&folder, &[], &["--function", "caller"]);
    assert!(by_name.starts_with("0x") && by_name.contains("function 1 <caller>"));
    assert!(!by_name.contains("<leaf>:"));
    assert_eq!(listing(&folder, &[], &["--function", "1"]), by_name);
    let bytes = listing(&folder, &[], &["--function", "1", "--bytes"]);
    has(&bytes, &["  55 ", "push    rbp"]);
    let stripped = listing(&folder, &["--strip"], &[]);
    has(&stripped, &["function 1:"]);
    folder.stilt(&["objdump", "sample.cwasm", "--function", "9"]).fails(&["no function `9`", "stilt inspect"]);
    folder.stilt(&["objdump", "sample.wat"]).fails(&["compile it first"]);
}

#[test]
fn damaged_code_is_shown_with_a_warning() {
    let folder = Folder::new();
    let _ = listing(&folder, &["--strip"], &[]);
    let mut image = std::fs::read(folder.path("sample.cwasm")).expect("the image");
    let last = image.len() - 1;
    image[last] ^= 1;
    folder.file("changed.cwasm", &image);
    let ran = folder.stilt(&["objdump", "changed.cwasm"]).succeeds();
    assert!(ran.stderr.contains("warning: changed.cwasm: code or data are damaged"));
}
