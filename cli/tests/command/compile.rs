//! `stilt compile`.

use crate::support::{Folder, STILT};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const ADD: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))"#;

#[test]
fn text_and_binary_give_the_same_image_beside_the_module() {
    let folder = Folder::new();
    folder.file("add.wat", ADD);
    folder.stilt(&["compile", "add.wat"]).succeeds();
    assert_eq!(folder.names(), ["add.cwasm", "add.wat"]);
    let image = fs::read(folder.path("add.cwasm")).expect("the image");
    folder.file("binary.wasm", wat::parse_str(ADD).expect("the text is right"));
    folder.stilt(&["compile", "binary.wasm", "-o", "elsewhere"]).succeeds();
    assert_eq!(fs::read(folder.path("elsewhere")).expect("the image"), image);
    let mode = fs::metadata(folder.path("add.cwasm")).expect("the image").permissions().mode();
    assert_eq!(mode & 0o111, 0, "an image is not executable as a program");
    let mut command = Command::new(STILT);
    command.args(["compile", "add.wat", "-o", "-", "--jobs", "1"]);
    let printed = command.current_dir(folder.path("")).output().expect("the command starts");
    assert_eq!(printed.stdout, image);
}

#[test]
fn every_option_is_taken() {
    let folder = Folder::new();
    folder.file("add.wat", ADD);
    let options: [&[&str]; 9] = [
        &["--target", "pulley32be"],
        &["--target", "x86_64-unknown-linux-gnu", "--cpu", "x86-64-v3"],
        &["--cpu-feature", "avx", "--cpu-feature=-popcnt"],
        &["--traps", "explicit"],
        &["--memory", "movable"],
        &["--memory", "reserved", "--memory-reservation", "65536", "--memory-guard", "0"],
        &["--spectre", "off", "--strip"],
        &["-O", "none", "--interrupt", "epoch"],
        &["-Osize", "--canonicalize-nans"],
    ];
    for option in options {
        folder.stilt(&[&["compile", "add.wat"], option].concat()).succeeds();
    }
}

#[test]
fn bad_modules_are_refused_with_their_reason() {
    let folder = Folder::new();
    let cases: [(&str, &[u8], &[&str]); 10] = [
        ("other.txt", b"hello", &["other.txt", "neither a WebAssembly module", "[68, 65, 6c, 6c]"]),
        ("empty", b"", &["the file is empty"]),
        ("component.wasm", b"\0asm\x0d\0\x01\0", &["component"]),
        ("component.wat", b"(component)", &["component"]),
        ("cut.wasm", b"\0asm\x01\0\0\0\x05", &["invalid module at offset 0x9"]),
        (
            "invalid.wat",
            b"(module (func $g) (func $f (result i32) (i64.const 1)))",
            &["at offset 0x", "in function 1 (f)", "expected i32, found i64"],
        ),
        ("threads.wat", b"(module (memory 1 1 shared))", &["the threads proposal", "not supported yet"]),
        ("tail.wat", b"(module (func $f (return_call $f)))", &["tail call", "in function 0"]),
        ("gc.wat", b"(module (type (struct)))", &["garbage collection"]),
        ("wide.wat", b"(module (memory i64 1))", &["memory64"]),
    ];
    for (name, bytes, words) in cases {
        folder.file(name, bytes);
        folder.stilt(&["compile", name, "-o", "out"]).fails(words);
        assert!(!folder.path("out").exists(), "{name}");
    }
    folder.file("bad.wat", "(module\n  (func");
    folder.stilt(&["compile", "bad.wat"]).fails_at_length(&["bad.wat:2:", "not valid WebAssembly text"]);
    folder.stilt(&["compile", "missing.wasm"]).fails(&["cannot read missing.wasm", "No such file"]);
    folder.stilt(&["compile", "."]).fails(&["cannot read ."]);
}

#[test]
fn files_that_are_too_large_are_refused_before_they_fill_the_memory() {
    let folder = Folder::new();
    let file = fs::File::create(folder.path("large.wasm")).expect("a file");
    file.set_len(5 << 30).expect("a hole in it");
    folder.stilt(&["compile", "large.wasm"]).fails(&["large.wasm", "too many"]);
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let folder = Folder::new();
    folder.file("add.wat", ADD);
    let cases: [(&[&str], &[&str]); 7] = [
        (&["--target", "pdp11"], &["unknown target `pdp11`", "x86_64, aarch64, riscv64, s390x, pulley32"]),
        (&["--target", "thumbv7em-none-eabihf"], &["every other machine runs bytecode, 32-bit ones pulley32"]),
        (&["--target", "pulley64", "--traps", "hardware"], &["interpreted"]),
        (&["--cpu", "z80"], &["no CPU named `z80`"]),
        (&["--cpu-feature", "warp"], &["no CPU feature named `warp`"]),
        (&["--memory", "movable", "--memory-guard", "65536"], &["--memory reserved"]),
        (&["--memory-reservation", "1"], &["multiples of 64 KiB"]),
    ];
    for (options, words) in cases {
        folder.stilt(&[&["compile", "add.wat"], options].concat()).fails(words);
    }
    assert_eq!(folder.names(), ["add.wat"]);
}

#[test]
fn output_that_cannot_be_written_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.file("add.wat", ADD);
    folder.stilt(&["compile", "add.wat", "-o", "nowhere/add.cwasm"]).fails(&["cannot write", "no folder nowhere"]);
    folder.stilt(&["compile", "add.wat", "-o", "."]).fails(&["cannot write .", "folder"]);
    folder.stilt(&["compile", "add.wat", "-o", "/dev/full"]).fails(&["cannot write /dev/full", "No space left"]);
    folder.file("old.cwasm", "as it was");
    // A full disk: writing fails behind the first byte.
    let mut command = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" compile add.wat -o old.cwasm";
    command.args(["-c", script, STILT]);
    folder.run(command).fails(&["cannot write old.cwasm"]);
    assert_eq!(fs::read(folder.path("old.cwasm")).expect("still there"), b"as it was");
    assert_eq!(folder.names(), ["add.wat", "old.cwasm"]);
    // A module that has the name of an image.
    folder.file("odd.cwasm", wat::parse_str(ADD).expect("the text is right"));
    folder.stilt(&["compile", "odd.cwasm"]).fails(&["--output"]);
    folder.stilt(&["compile", "odd.cwasm", "-o", "image"]).succeeds();
    folder.stilt(&["compile", "image"]).fails(&["compiled image already"]);
}
