//! The programs of ours on Stilt, in process: what they print and how they end must be what their native builds print and
//! how those end, on each ground.

mod ground;

use ground::{Captured, Ground, Outcome, run};
use std::path::Path;
use std::sync::OnceLock;
use stilt_corpus_tests::{Native, cases, wasm, wasm_files};

#[test]
fn native_code_with_hardware_traps() -> Outcome {
    every_case(Ground::Hardware)
}

#[test]
fn native_code_with_explicit_checks_and_memories_that_move() -> Outcome {
    every_case(Ground::Explicit)
}

#[test]
fn interpreted_bytecode() -> Outcome {
    every_case(Ground::Pulley)
}

fn every_case(ground: Ground) -> Outcome {
    let native = native()?;
    for (program, _) in wasm_files()? {
        let module = ground.load(&wasm(&program)?)?;
        for case in cases().iter().filter(|case| case.program == program) {
            let args: Vec<String> = case.args.iter().map(ToString::to_string).collect();
            let input = case.input.bytes(native)?;
            let expected = native.run(&program, &args, &[], &input)?;
            let found = run(&module, Captured::new(&program, args, input, None)?)?;
            assert_eq!(found, expected, "{case:?}");
        }
    }
    Ok(())
}

/// The native builds, made once for all configurations.
fn native() -> Outcome<&'static Native> {
    static NATIVE: OnceLock<Result<Native, String>> = OnceLock::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("native-for-runs");
    let built = NATIVE.get_or_init(|| Native::build(&folder).map_err(|error| error.to_string()));
    built.as_ref().map_err(stilt::Error::msg)
}
