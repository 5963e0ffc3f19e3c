//! Every kind of trampoline compiles for every target and convention of the contract, and needs nothing that the linker does not know.

use super::{builtin, entry, host, registers, stack_check, trap};
use crate::names::Name;
use crate::options::{FloatMode, Options};
use crate::signature::WasmSignature;
use crate::target::{TARGETS, Target};
use crate::unit::{self, Unit};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{Function, SourceLoc};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::builtins::{Builtin, Outcome};
use stilt_artifact::target::TrapMode;
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::ValueType;

const SCALARS: [ValueType; 6] =
    [ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64, ValueType::FuncRef, ValueType::ExternRef];

fn signatures(target: &Target) -> Vec<WasmSignature> {
    let of = |params: &[ValueType], results: &[ValueType]| WasmSignature {
        params: params.to_vec(),
        results: results.to_vec(),
    };
    let many: Vec<ValueType> = SCALARS.into_iter().cycle().take(40).collect();
    let mut all = vec![of(&[], &[]), of(&SCALARS, &SCALARS), of(&many, &many), of(&[], &many), of(&many, &[])];
    let vectors = [ValueType::V128, ValueType::I32, ValueType::V128];
    all.push(of(&vectors, &vectors));
    let most = target.max_vector_results().min(30);
    all.push(of(&[ValueType::V128; 30], &[ValueType::V128; 30][..most]));
    for count in 0..=SCALARS.len() {
        for result in SCALARS.iter().map(core::slice::from_ref).chain([&[][..]]) {
            all.push(of(&SCALARS[..count], result));
            all.push(of(&SCALARS[SCALARS.len() - count..], result));
        }
    }
    let vectors = |types: &[ValueType]| types.contains(&ValueType::V128);
    all.retain(|signature| target.has_vectors() || !vectors(&signature.params) && !vectors(&signature.results));
    // What crosses in the interpreter's registers has no such trampolines.
    all.retain(|signature| !registers::cross(target, signature));
    all
}

fn targets() -> impl Iterator<Item = Target> {
    let of = |name: &str, traps, float| {
        let mut options = Options::for_target(name);
        options.traps = traps;
        options.float = Some(float);
        options.verify = true;
        if name == "riscv64" {
            // Vectors are part of the signatures below.
            options.cpu_features.push(("v".to_owned(), true));
        }
        Target::new(&options).expect(name)
    };
    TARGETS
        .into_iter()
        .flat_map(move |name| [of(name.name, None, FloatMode::Hard), of(name.name, None, FloatMode::Soft)])
        .chain([of("x86_64", Some(TrapMode::Explicit), FloatMode::Hard)])
}

fn compiled(target: &Target, function: Function) -> Unit {
    let text = function.to_string();
    let unit = unit::compile(target, &mut Context::new(), function, None);
    unit.unwrap_or_else(|error| panic!("{error:?} for {}:\n{text}", target.name()))
}

#[test]
fn entries_name_nothing() {
    let mut state = FunctionBuilderContext::new();
    for target in targets() {
        for signature in signatures(&target) {
            let unit = compiled(&target, entry::build(&target, &signature, &mut state));
            assert!(unit.relocations.is_empty(), "{signature:?}");
        }
    }
}

#[test]
fn hosts_and_builtins_name_host_calls_at_most() {
    let mut state = FunctionBuilderContext::new();
    for target in targets() {
        let hosts: Vec<_> = signatures(&target).iter().map(|ty| host::build(&target, ty, &mut state)).collect();
        let with_trampoline =
            Builtin::ALL.iter().filter(|builtin| !matches!(builtin.outcome(), Outcome::Nothing | Outcome::Pure));
        let builtins = with_trampoline.map(|builtin| builtin::build(&target, *builtin, &mut state));
        for function in hosts.into_iter().chain(builtins) {
            let unit = compiled(&target, function);
            let named: Vec<_> = unit.relocations.iter().map(|relocation| relocation.target).collect();
            assert_eq!(named.is_empty(), !target.host_calls());
            assert!(named.iter().all(|name| matches!(name, Name::HostCall(0..=5))), "{named:?}");
        }
    }
}

#[test]
fn traps_leave_no_frame() {
    let mut state = FunctionBuilderContext::new();
    for target in targets() {
        for code in TrapCode::ALL {
            let unit = compiled(&target, trap::build(&target, *code, &mut state));
            let named: Vec<_> = unit.relocations.iter().map(|relocation| relocation.target).collect();
            assert_eq!(named, [Name::builtin(Builtin::Raise)]);
            assert!(unit.bytes.len() <= 48, "{} bytes", unit.bytes.len());
        }
    }
}

#[test]
fn stubs_go_on_to_the_body() {
    let mut state = FunctionBuilderContext::new();
    for target in targets() {
        for signature in signatures(&target) {
            let function = stack_check::build(&target, &signature, 7, 100_000, SourceLoc::new(3), &mut state);
            let unit = compiled(&target, function);
            assert!(unit.relocations.iter().any(|relocation| relocation.target == Name::Body(7)));
            let raises = unit
                .relocations
                .iter()
                .any(|relocation| matches!(relocation.target, Name::Trap(_) | Name::ColdTrap(_)));
            assert_eq!(raises, !target.instructions_trap());
            // What it takes itself is small, whatever it passes on.
            assert!(unit.frame <= 4096, "{}", unit.frame);
        }
    }
}
