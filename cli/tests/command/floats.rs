//! `--float`: modules in code that touches no float register, and those that cannot be.

use crate::support::Folder;

const FLOATS: &str = r#"(module
    (global $scale (mut f32) (f32.const 0.5))
    (func $half (param f64) (result f64) (f64.mul (local.get 0) (f64.promote_f32 (global.get $scale))))
    (func (export "f") (param f64) (result f64) (call $half (local.get 0))))"#;

#[test]
fn soft_floats_need_a_group_of_builtins_and_no_registers() {
    let folder = Folder::new();
    folder.file("f.wat", FLOATS);
    folder.stilt(&["compile", "f.wat", "--float", "soft"]).succeeds();
    assert_eq!(folder.stilt(&["run", "f.cwasm", "--invoke", "f", "5"]).succeeds().stdout, "2.5\n");
    let text = folder.stilt(&["inspect", "f.cwasm"]).succeeds().stdout;
    for words in ["registers       integers only (floats by builtins)", "soft-float", "--float=soft"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // It needs no vector instructions of the CPU either.
    assert!(!text.contains("sse4"), "{text}");
    folder.stilt(&["compile", "f.wat", "-o", "hard"]).succeeds();
    let text = folder.stilt(&["inspect", "hard"]).succeeds().stdout;
    assert!(text.contains("registers       integers, floats\n"), "{text}");
}

#[test]
fn every_machine_has_a_mode_without_registers() {
    let folder = Folder::new();
    folder.file("f.wat", FLOATS);
    let counts = r#"(module (func (export "f") (param i64) (result i64) (i64.popcnt (local.get 0))))"#;
    folder.file("counts.wat", counts);
    for target in ["x86_64", "aarch64", "riscv64", "s390x"] {
        for (file, float) in [("f.wat", "soft"), ("counts.wat", "none")] {
            folder.stilt(&["compile", file, "-o", "out", "--float", float, "--target", target]).succeeds();
            let text = folder.stilt(&["inspect", "out"]).succeeds().stdout;
            assert!(text.contains("registers       integers only"), "{target}: {text}");
        }
    }
    // Programs for RISC-V without float registers are linked from objects that say so: flags of the header, at 48.
    let flags = |more: &[&str]| {
        let command = ["compile", "f.wat", "--target", "riscv64", "--emit", "obj", "-o", "f.o"];
        folder.stilt(&[&command, more].concat()).succeeds();
        std::fs::read(folder.path("f.o")).expect("bytes")[48]
    };
    const COMPRESSED: u8 = 1;
    const DOUBLE: u8 = 4;
    assert_eq!(flags(&[]), COMPRESSED | DOUBLE);
    assert_eq!(flags(&["--float", "soft"]), COMPRESSED);
    assert_eq!(flags(&["--float", "soft", "--float-abi", "double"]), COMPRESSED | DOUBLE);
}

#[test]
fn a_device_without_float_registers_gets_what_it_can_run() {
    let folder = Folder::new();
    folder.file("f.wat", FLOATS);
    folder.file("add.wat", r#"(module (func (export "f") (param i32) (result i32) local.get 0))"#);
    let here = folder.stilt(&["targets", "--describe"]).succeeds().stdout;
    assert!(here.contains("float-registers = true") && here.contains(", \"soft-float\"]"), "{here}");
    let without = here.replace("float-registers = true", "float-registers = false");
    folder.file("kernel.toml", &without);
    folder.file("small.toml", without.replace(", \"soft-float\"]", "]"));
    folder.stilt(&["compile", "f.wat", "-o", "hard"]).succeeds();
    let said = folder.stilt(&["check", "hard", "--for", "kernel.toml"]).ends(1).stdout;
    assert!(said.contains("uses float registers") && said.contains("--float soft"), "{said}");
    folder.stilt(&["compile", "f.wat", "--target-file", "kernel.toml"]).succeeds();
    folder.stilt(&["check", "f.cwasm", "--for", "kernel.toml"]).succeeds();
    let said = folder.stilt(&["check", "f.cwasm", "--for", "small.toml"]).ends(1).stdout;
    assert!(said.contains("the image needs the builtins `soft-float`"), "{said}");
    folder.stilt(&["compile", "f.wat", "--target-file", "small.toml"]).fails(&["floats", "`--float none`"]);
    folder.stilt(&["compile", "add.wat", "--target-file", "small.toml"]).succeeds();
    folder.stilt(&["check", "add.cwasm", "--for", "small.toml"]).succeeds();
}

#[test]
fn an_interpreter_without_floats_or_vectors_gets_what_it_can_run() {
    let folder = Folder::new();
    folder.file("f.wat", FLOATS);
    folder.file("v.wat", "(module (memory 1) (func $v (v128.store (i32.const 0) (v128.load (i32.const 16)))))");
    // Floats that are passed on are no operations on them.
    let passed = r#"(module (func $b (param f64 f32) (result f64) (local.get 0))
        (func (export "f") (param f64 f32) (result f64) (call $b (local.get 0) (local.get 1))))"#;
    folder.file("passed.wat", passed);
    let here = folder.stilt(&["targets", "--describe"]).succeeds().stdout;
    let interpreted = here.replace("architecture = \"x86_64\"", "architecture = \"none\"");
    let features = interpreted.lines().find(|line| line.starts_with("cpu-features = ")).expect("a line of features");
    let interpreted = interpreted.replace(features, "cpu-features = []");
    folder.file("all.toml", &interpreted);
    assert!(interpreted.contains("pulley-floats = true\npulley-vectors = true\n"), "{interpreted}");
    let small = interpreted.replace("pulley-floats = true\npulley-vectors = true\n", "");
    folder.file("small.toml", &small);
    for (file, what, option) in [("f.wat", "floats", "--float none"), ("v.wat", "vectors", "--float none")] {
        folder.stilt(&["compile", file, "-o", "image", "--target-file", "all.toml"]).succeeds();
        folder.stilt(&["check", "image", "--for", "all.toml"]).succeeds();
        let said = folder.stilt(&["check", "image", "--for", "small.toml"]).ends(1).stdout;
        assert!(said.contains(&format!("the image uses {what}, which this runtime's interpreter")), "{said}");
        let words = [&*format!("{what} at offset 0x"), " in function 0 ", option];
        folder.stilt(&["compile", file, "--target-file", "small.toml"]).fails(&words);
    }
    folder.stilt(&["compile", "passed.wat", "--target-file", "small.toml"]).succeeds();
    folder.stilt(&["check", "passed.cwasm", "--for", "small.toml"]).succeeds();
    assert_eq!(folder.stilt(&["run", "passed.cwasm", "--invoke", "f", "2.5", "3"]).succeeds().stdout, "2.5\n");
    let text = folder.stilt(&["inspect", "passed.cwasm"]).succeeds().stdout;
    assert!(text.contains("registers       integers only\n"), "{text}");
    // Vectors alone can be refused, too.
    let words = ["vectors at offset 0x", " in function 0 (v)", "`--simd off`", "without SIMD"];
    folder.stilt(&["compile", "v.wat", "--simd", "off"]).fails(&words);
    folder.stilt(&["compile", "f.wat", "--simd", "off"]).succeeds();
}

#[test]
fn what_has_no_registers_is_refused_by_function_and_offset() {
    let folder = Folder::new();
    folder.file("f.wat", FLOATS);
    let words = ["f.wat", "floats at offset 0x", " in function 0 (half)", "`--float none`", "`--float soft`"];
    folder.stilt(&["compile", "f.wat", "--float", "none"]).fails(&words);
    folder.stilt(&["compile", "f.wat", "--float", "none", "--target", "pulley64"]).fails(&words);
    // Their types alone touch nothing, nor does what is never reached.
    let types = r#"(module (import "a" "b" (func $b (param f64 f32))) (global (mut f64) (f64.const 1))
        (func (export "f") (param f64 f32) (call $b (local.get 0) (local.get 1)))
        (func (export "g") (result f32) (unreachable) (f32.add)))"#;
    folder.file("types.wat", types);
    folder.stilt(&["compile", "types.wat", "--float", "none"]).succeeds();
    let text = folder.stilt(&["inspect", "types.cwasm"]).succeeds().stdout;
    assert!(text.contains("registers       integers only\n"), "{text}");
    folder.file("v.wat", "(module (memory 1) (func $v (v128.store (i32.const 0) (v128.load (i32.const 16)))))");
    folder.file("p.wat", "(module (func $p (param v128)))");
    folder.file("i.wat", r#"(module (import "a" "b" (func (param v128))) (export "b" (func 0)))"#);
    for mode in ["soft", "none"] {
        let words = ["vectors at offset 0x", &format!("`--float {mode}`"), "without SIMD"];
        for file in ["v.wat", "p.wat", "i.wat"] {
            folder.stilt(&["compile", file, "--float", mode]).fails(&words);
        }
    }
    // The interpreter's registers are not the machine's.
    folder.stilt(&["compile", "f.wat", "v.wat", "--float", "soft", "--target", "pulley64"]).succeeds();
    folder.stilt(&["compile", "f.wat", "--float", "maybe"]).ends(2);
}
