//! The corpus itself: its native builds do what the cases say, its wasm is what its sources give, and the wasm asks for
//! nothing that preview 1 does not define.

use std::error::Error;
use std::path::Path;
use std::process::Command;
use stilt_corpus_tests::{Native, cases, folder, wasm_files};
use stilt_wasi::signature::{SIGNATURES, ValueType};
use wasmparser::{CompositeInnerType, Parser, Payload, TypeRef, ValType};

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn natively_each_run_ends_as_its_case_says() -> Outcome {
    let native = Native::build(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("native"))?;
    for case in cases() {
        let args: Vec<String> = case.args.iter().map(ToString::to_string).collect();
        let output = native.run(case.program, &args, &[], &case.input.bytes(&native)?)?;
        assert_eq!(output.status, case.status, "{case:?}: {output:?}");
    }
    Ok(())
}

#[test]
fn every_program_has_a_run() -> Outcome {
    for (name, _) in wasm_files()? {
        assert!(cases().iter().any(|case| case.program == name), "{name}");
    }
    Ok(())
}

/// Needs clang with wasi-libc; where that is missing, says so and how to get it.
#[test]
fn the_wasm_is_what_its_sources_give() -> Outcome {
    let script = folder().join("build.sh");
    let clang = std::env::var_os("CLANG").unwrap_or_else(|| "clang".into());
    let probe = Command::new(&clang)
        .args(["--target=wasm32-wasi", "-x", "c", "-include", "stdio.h", "-fsyntax-only", "/dev/null"])
        .output();
    if !probe.is_ok_and(|probe| probe.status.success()) {
        println!(
            "did not run: no clang for wasm with wasi-libc. On Debian: \
             apt-get install -y --no-install-recommends clang lld wasi-libc libclang-rt-14-dev-wasm32"
        );
        return Ok(());
    }
    let check = Command::new(script).arg("--check").output()?;
    println!("{}", String::from_utf8_lossy(&check.stdout));
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    Ok(())
}

#[test]
fn the_wasm_imports_only_what_wasi_defines() -> Outcome {
    for (name, path) in wasm_files()? {
        let wasm = std::fs::read(path)?;
        let mut types = Vec::new();
        let mut imports = 0;
        for payload in Parser::new(0).parse_all(&wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            if let CompositeInnerType::Func(ty) = ty.composite_type.inner {
                                types.push(ty);
                            }
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        assert_eq!(import.module, stilt_wasi::MODULE, "{name}");
                        let TypeRef::Func(index) = import.ty else { panic!("{name}: {}", import.name) };
                        let ty = types.get(usize::try_from(index)?).ok_or("no such type")?;
                        let defined = SIGNATURES.iter().find(|signature| signature.name == import.name);
                        let defined = defined.ok_or_else(|| format!("{name}: {} is not defined", import.name))?;
                        assert_eq!(ty.params(), wasm_types(defined.params), "{name}: {}", import.name);
                        assert_eq!(ty.results(), wasm_types(defined.results), "{name}: {}", import.name);
                        imports += 1;
                    }
                }
                _ => {}
            }
        }
        assert!(imports > 0, "{name}");
    }
    Ok(())
}

fn wasm_types(types: &[ValueType]) -> Vec<ValType> {
    types
        .iter()
        .map(|ty| match ty {
            ValueType::I32 => ValType::I32,
            ValueType::I64 => ValType::I64,
        })
        .collect()
}
