//! Targets of Rust's, as Cargo describes them, and what is made for them.

use super::*;
use stilt_precompiler::Target;

fn cargo(target: &str, cfg: [&str; 6]) -> Cargo {
    let [architecture, system, vendor, endian, width, features] = cfg;
    let variables = [
        ("TARGET", target),
        ("OUT_DIR", "/out"),
        ("OPT_LEVEL", "s"),
        ("CARGO_CFG_TARGET_ARCH", architecture),
        ("CARGO_CFG_TARGET_OS", system),
        ("CARGO_CFG_TARGET_VENDOR", vendor),
        ("CARGO_CFG_TARGET_ENDIAN", endian),
        ("CARGO_CFG_TARGET_POINTER_WIDTH", width),
        ("CARGO_CFG_TARGET_FEATURE", features),
    ];
    let get = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Cargo::read(get).expect("all variables")
}

fn linux() -> Cargo {
    cargo("x86_64-unknown-linux-gnu", ["x86_64", "linux", "unknown", "little", "64", "fxsr,sse,sse2,avx,avx2"])
}

#[test]
fn native_code_fits_the_program() {
    let options = linux().native().expect("native");
    assert_eq!(options.cpu_features, [("avx".to_owned(), true), ("avx2".to_owned(), true)]);
    assert_eq!((options.float, options.traps, options.opt_level), (None, None, OptLevel::Size));
    Target::new(&options).expect("a target");

    for kernel in [
        cargo("x86_64-unknown-none", ["x86_64", "none", "unknown", "little", "64", ""]),
        cargo("aarch64-unknown-none-softfloat", ["aarch64", "none", "unknown", "little", "64", ""]),
        cargo("riscv64imac-unknown-none-elf", ["riscv64", "none", "unknown", "little", "64", "m,a,c,zca"]),
    ] {
        let options = kernel.native().expect("native");
        assert_eq!((options.float, options.traps), (Some(FloatMode::Soft), Some(TrapMode::Explicit)));
        Target::new(&options).expect("a target");
    }
    let floats = cargo("aarch64-unknown-none", ["aarch64", "none", "unknown", "little", "64", "neon"]);
    assert_eq!(floats.native().expect("native").float, None);

    let plain = cargo("riscv64g-unknown-none", ["riscv64", "none", "unknown", "little", "64", "m,a"]);
    let compressed = cargo("riscv64gc-unknown-none-elf", ["riscv64", "none", "unknown", "little", "64", "m,a,c,zca"]);
    let features = |cargo: &Cargo| {
        let options = cargo.native().expect("native");
        Target::new(&options).expect("a target").cpu_features()
    };
    assert_ne!(features(&plain), features(&compressed));

    let s390x = cargo("s390x-unknown-linux-gnu", ["s390x", "linux", "unknown", "big", "64", ""]);
    assert!(s390x.native().is_ok());
}

#[test]
fn what_has_no_native_code_has_bytecode() {
    for (target, cfg, bytecode, machine) in [
        ("thumbv7em-none-eabihf", ["arm", "none", "unknown", "little", "32", ""], "pulley32", "arm"),
        ("aarch64_be-unknown-linux-gnu", ["aarch64", "linux", "unknown", "big", "64", "neon"], "pulley64be", "aarch64"),
        ("x86_64-unknown-linux-gnux32", ["x86_64", "linux", "unknown", "little", "32", "sse2"], "pulley32", "x86_64"),
        ("i686-unknown-linux-gnu", ["x86", "linux", "unknown", "little", "32", "sse2"], "pulley32", "i686"),
    ] {
        let cargo = cargo(target, cfg);
        let error = cargo.native().expect_err("there is none");
        assert!(error.to_string().contains(target), "{error}");
        assert_eq!(cargo.bytecode().target, bytecode);
        assert_eq!(cargo.machine(), machine);
    }
}

#[test]
fn systems_without_elf() {
    assert!(linux().is_elf());
    let windows = cargo("x86_64-pc-windows-msvc", ["x86_64", "windows", "pc", "little", "64", "sse2"]);
    let apple = cargo("aarch64-apple-darwin", ["aarch64", "macos", "apple", "little", "64", "neon"]);
    assert!(!windows.is_elf() && !apple.is_elf());
    // Code for other conventions than System V's is refused by the precompiler, by name.
    let error = Target::new(&windows.native().expect("native")).expect_err("not supported");
    assert!(error.to_string().contains("Windows"), "{error}");
}

#[test]
fn floats_of_riscv() {
    for (target, expected) in [
        ("riscv64gc-unknown-none-elf", Some(FloatAbi::Double)),
        ("riscv64a23-unknown-linux-gnu", Some(FloatAbi::Double)),
        ("riscv64imac-unknown-none-elf", Some(FloatAbi::Soft)),
        ("riscv32imafc-unknown-none-elf", Some(FloatAbi::Single)),
        ("aarch64-unknown-none", None),
    ] {
        let found = cargo(target, ["riscv64", "none", "unknown", "little", "64", ""]).float_abi();
        assert_eq!(found, expected, "{target}");
    }
}

#[test]
fn outside_a_build_script() {
    let error = Cargo::read(|_| None).expect_err("no variables");
    assert!(error.to_string().contains("build.rs"), "{error}");
}
