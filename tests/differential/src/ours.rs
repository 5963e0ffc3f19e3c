//! This runtime behind the driver.

#[path = "embedder.rs"]
mod embedder;

use self::embedder::Embedder;
use crate::protocol::{Kind, Program, Report};
use crate::{drive, protocol};
use stilt::{self as engine, Config, Engine, Error, Module, Trap};
use stilt_platform_linux as _;

fn kind(error: &Error) -> Kind {
    match error.downcast_ref::<Trap>() {
        Some(Trap::UnreachableCodeReached) => Kind::Unreachable,
        Some(Trap::MemoryOutOfBounds) => Kind::Memory,
        Some(Trap::TableOutOfBounds | Trap::UndefinedElement) => Kind::Table,
        Some(Trap::IndirectCallToNull) => Kind::Null,
        Some(Trap::IntegerDivisionByZero) => Kind::Zero,
        Some(Trap::IntegerOverflow) => Kind::Overflow,
        Some(Trap::BadConversionToInteger) => Kind::Conversion,
        Some(Trap::BadSignature) => Kind::Signature,
        Some(Trap::StackOverflow | Trap::Interrupt) => Kind::Limit,
        Some(_) => Kind::Other,
        None if error.to_string().starts_with("host") => Kind::Host,
        None => Kind::Other,
    }
}

/// Runs images of a program, making at most so many calls.
pub(crate) fn run(program: &Program, images: &[Vec<u8>], signals: bool, most_calls: usize) -> Result<Report, String> {
    let failed = |error: Error| format!("stilt refuses: {error}");
    let mut config = Config::new();
    config.signals_based_traps(signals);
    let engine = Engine::new(&config).map_err(failed)?;
    // SAFETY: the images were just written by the compiler under test.
    let load = |image: &Vec<u8>| unsafe { Module::deserialize(&engine, image) };
    let modules: Result<Vec<Module>, Error> = images.iter().map(load).collect();
    let mut embedder = Embedder::new(&engine, modules.map_err(failed)?, |_| Ok(()), kind);
    drive::drive(&mut embedder, program, most_calls)
}
