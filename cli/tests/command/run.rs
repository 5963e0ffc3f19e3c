//! `stilt run`.

use crate::support::{Folder, Ran, STILT};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// `add`, `same` of every type, and ways to fail.
const MODULE: &str = r#"(module $sample
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "same") (param i64 f32 f64 externref) (result i64 f32 f64 externref)
        (local.get 0) (local.get 1) (local.get 2) (local.get 3))
    (func (export "vector") (param v128) (result v128) (local.get 0))
    (func $divide (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func $deeper (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $deeper (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0))))
    (func $endless (export "endless") (call $endless) (call $endless)))"#;

/// A program that ends with this exit code.
fn exiting(code: i64) -> String {
    format!(
        r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call $exit (i32.const {code}))))"#
    )
}

fn corpus(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/wasm");
    folder.join(name).with_extension("wasm").to_string_lossy().into_owned()
}

#[test]
fn functions_are_called_with_values_of_every_type() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    let invoke = |args: &[&str]| folder.stilt(&[&["run", "sample.wat", "--invoke"], args].concat());
    assert_eq!(invoke(&["add", "-1", "0x10"]).succeeds().stdout, "15\n");
    assert_eq!(invoke(&["add", "4294967295", "0"]).succeeds().stdout, "-1\n");
    let same = invoke(&["same", "-9223372036854775808", "1.5", "--", "-inf", "null"]).succeeds();
    assert_eq!(same.stdout, "-9223372036854775808\n1.5\n-inf\nnull\n");
    let vector = "0x000102030405060708090a0b0c0d0e0f";
    assert_eq!(invoke(&["vector", vector]).succeeds().stdout, format!("{vector}\n"));
    invoke(&["sub", "1", "2"]).fails(&["exports no function `sub`"]);
    invoke(&["add", "1"]).fails(&["takes 2 arguments, 1 were given"]);
    invoke(&["add", "1", "two"]).fails(&["`two` is not a value of type i32"]);
    invoke(&["add", "1", "4294967296"]).fails(&["`4294967296` is not a value of type i32"]);
}

#[test]
fn an_image_is_run_as_it_was_compiled() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    folder.stilt(&["compile", "sample.wat"]).succeeds();
    let run =
        |option: &[&str]| folder.stilt(&[&["run", "sample.cwasm"], option, &["--invoke", "add", "1", "2"]].concat());
    assert_eq!(run(&[]).succeeds().stdout, "3\n");
    run(&["--target", "pulley64"]).fails(&["a compiled image already", "options of compilation cannot change it"]);
    run(&["--spectre", "off"]).fails(&["a compiled image already"]);
}

#[test]
fn traps_end_with_134_and_a_backtrace_on_every_ground() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    for options in [&["--traps", "hardware"][..], &["--traps", "explicit"], &["--target", "pulley64"]] {
        let run = |args: &[&str]| folder.stilt(&[&["run", "sample.wat"], options, &["--invoke"], args].concat());
        let trap = run(&["divide", "1", "0"]).ends(134);
        for words in ["integer divide by zero", "wasm backtrace:", "sample!divide"] {
            assert!(trap.stderr.contains(words), "{options:?}: {trap:?}");
        }
        assert!(trap.stdout.is_empty());
        assert!(run(&["divide", "-2147483648", "-1"]).ends(134).stderr.contains("integer overflow"));
        assert!(run(&["endless"]).ends(134).stderr.contains("call stack exhausted"));
    }
}

#[test]
fn the_stack_of_wasm_can_be_chosen() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    let deep =
        |stack: &str| folder.stilt(&["run", "sample.wat", "--max-wasm-stack", stack, "--invoke", "deep", "1000000"]);
    assert_eq!(deep("268435456").succeeds().stdout, "1000000\n");
    deep("65536").ends(134);
    deep("999999999999999999").fails(&["no thread with a stack of 999999999999999999 bytes"]);
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let folder = Folder::new();
    for code in [0, 1, 3, 125] {
        folder.file("exit.wat", exiting(code));
        let ran = folder.stilt(&["run", "exit.wat"]).ends(i32::try_from(code).expect("small"));
        assert!(ran.stdout.is_empty() && ran.stderr.is_empty());
    }
    for code in [126, 134, 256, -1] {
        folder.file("exit.wat", exiting(code));
        folder.stilt(&["run", "exit.wat"]).fails(&[&format!("exited with {code}"), "below 126"]);
    }
}

#[test]
fn programs_have_arguments_environment_and_streams() {
    let folder = Folder::new();
    let image = folder.path("text.cwasm").to_string_lossy().into_owned();
    folder.stilt(&["compile", &corpus("text"), "-o", &image]).succeeds();
    let words = |file: &str| -> Ran {
        let mut child = Command::new(STILT)
            .args(["run", file, "--env", "TEXT_TIMING=1", "--", "words", "2"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let input = b"one two two three three three";
        child.stdin.take().expect("a pipe").write_all(input).expect("the program reads");
        Ran::new(child.wait_with_output().expect("the command ends"))
    };
    for file in [image, corpus("text")] {
        let ran = words(&file).succeeds();
        assert!(ran.stdout.contains("three") && ran.stdout.contains("6 words, 3 distinct"), "{ran:?}");
        assert!(!ran.stderr.is_empty(), "the variable asks for times");
    }
    folder.stilt(&["run", &corpus("text"), "--env", "SURELY_NOT_SET_HERE"]).fails(&["SURELY_NOT_SET_HERE: not set"]);
}

#[test]
fn what_cannot_run_is_refused_with_its_reason() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    folder.stilt(&["run", "sample.wat"]).fails(&["exports no function `_start`", "--invoke"]);
    folder.stilt(&["run", "missing.wasm"]).fails(&["cannot read missing.wasm"]);
    folder.file("import.wat", r#"(module (import "env" "log" (func)) (func (export "_start")))"#);
    folder.stilt(&["run", "import.wat"]).fails(&["unknown import: `env::log`"]);
    for (target, reason) in [("pulley64be", "big-endian"), ("pulley32", "32")] {
        folder.stilt(&["compile", "sample.wat", "--target", target, "-o", "other.cwasm"]).succeeds();
        folder.stilt(&["run", "other.cwasm", "--invoke", "add", "1", "2"]).fails(&["cannot load other.cwasm", reason]);
    }
    folder.stilt(&["compile", "sample.wat"]).succeeds();
    let mut image = std::fs::read(folder.path("sample.cwasm")).expect("the image");
    image.truncate(image.len() / 2);
    folder.file("cut.cwasm", &image);
    folder.stilt(&["run", "cut.cwasm"]).fails(&["cannot load cut.cwasm", "cut short"]);
}

#[test]
fn results_that_cannot_be_printed_are_a_failure() {
    let folder = Folder::new();
    folder.file("sample.wat", MODULE);
    let mut command = Command::new(STILT);
    command.args(["run", "sample.wat", "--invoke", "add", "1", "2"]);
    command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the full device"));
    folder.run(command).fails(&["cannot write to standard output"]);
}
