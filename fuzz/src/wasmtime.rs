//! Wasmtime behind the driver.

#[path = "../../tests/differential/src/embedder.rs"]
mod embedder;

use self::embedder::Embedder;
use stilt_differential_tests::protocol::{Kind, Program, Report};
use stilt_differential_tests::{drive, protocol};
use wasmtime::{self as engine, Config, Engine, Error, Module, Trap};

fn kind(error: &Error) -> Kind {
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => Kind::Unreachable,
        Some(Trap::MemoryOutOfBounds) => Kind::Memory,
        Some(Trap::TableOutOfBounds) => Kind::Table,
        Some(Trap::IndirectCallToNull) => Kind::Null,
        Some(Trap::IntegerDivisionByZero) => Kind::Zero,
        Some(Trap::IntegerOverflow) => Kind::Overflow,
        Some(Trap::BadConversionToInteger) => Kind::Conversion,
        Some(Trap::BadSignature) => Kind::Signature,
        Some(Trap::StackOverflow | Trap::OutOfFuel) => Kind::Limit,
        Some(_) => Kind::Other,
        None if error.root_cause().to_string() == "host" => Kind::Host,
        None => Kind::Other,
    }
}

/// Fuel of each call. What uses it up is not compared any further.
const FUEL: u64 = 3_000_000;

/// Runs a program.
///
/// # Errors
/// Wasmtime refuses it.
pub fn run(program: &Program) -> Result<Report, String> {
    let failed = |error: Error| format!("Wasmtime refuses: {error}");
    let mut config = Config::new();
    config.consume_fuel(true);
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    let engine = Engine::new(&config).map_err(failed)?;
    let modules: Result<Vec<Module>, Error> = program.modules.iter().map(|wasm| Module::new(&engine, wasm)).collect();
    let mut embedder = Embedder::new(&engine, modules.map_err(failed)?, |store| store.set_fuel(FUEL), kind);
    drive::drive(&mut embedder, program, usize::MAX)
}
