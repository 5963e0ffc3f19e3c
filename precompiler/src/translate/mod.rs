//! From the body of a wasm function to Cranelift's intermediate form, validated on the way. The driver calls [`translate`], on
//! as many threads as it likes.
//!
//! Nothing here asks for an instruction set: pointer width, byte order, convention, trap mode and the plan of each memory are
//! all that a target says.

mod call;
mod context;
mod control;
mod convert;
mod env;
mod function;
mod global;
mod memory;
mod numeric;
mod operators;
mod simd;
mod state;
mod table;
mod traps;

pub use env::{ModuleEnv, Uses};

use crate::error::CompileError;
use crate::module::{DefinedFuncIndex, value_type};
use crate::names::Name;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use function::Translator;
use wasmparser::FuncValidatorAllocations;

/// Storage that one thread uses for one function after another.
#[derive(Default)]
pub struct Scratch {
    builder: FunctionBuilderContext,
    validator: FuncValidatorAllocations,
    state: state::State,
}

impl core::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

/// A translated function.
#[derive(Clone, Debug)]
pub struct Translated {
    /// The function, named [`Name::Function`].
    pub function: Function,
    /// What it refers to.
    pub uses: Uses,
}

/// Validates and translates one function. `check_stack` has it test the stack bound at its entry.
pub fn translate(
    env: &ModuleEnv<'_, '_>,
    own: DefinedFuncIndex,
    scratch: &mut Scratch,
    check_stack: bool,
) -> Result<Translated, CompileError> {
    let translated = attempt(env, own, scratch, check_stack);
    if translated.is_err() {
        // What was given up halfway has left its traces.
        *scratch = Scratch::default();
    }
    translated
}

fn attempt(
    env: &ModuleEnv<'_, '_>,
    own: DefinedFuncIndex,
    scratch: &mut Scratch,
    check_stack: bool,
) -> Result<Translated, CompileError> {
    let module = env.module;
    let index = module.function_index(own);
    let body = &module.bodies[own];
    let wasm = |error: wasmparser::Error| module.error(&error, Some(index));

    let mut validator = body.to_validate().into_validator(core::mem::take(&mut scratch.validator));
    let name = Name::Function(index.as_u32()).external();
    let signature = module.function_type(index).compiled(env.target);
    let mut function = Function::with_name_signature(UserFuncName::User(name), signature);
    let builder = FunctionBuilder::new(&mut function, &mut scratch.builder);
    let mut translator = Translator::new(env, own, builder, &mut scratch.state, check_stack);

    let mut locals = body.body.get_locals_reader().map_err(wasm)?;
    for _ in 0..locals.get_count() {
        let offset = locals.original_position();
        let (count, ty) = locals.read().map_err(wasm)?;
        validator.define_locals(offset, count, ty).map_err(wasm)?;
        let ty = value_type(ty).ok_or_else(|| translator.internal("a local of an unknown type"))?;
        translator.declare_locals(count, ty);
    }
    let mut operators = body.body.get_operators_reader().map_err(wasm)?;
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset().map_err(wasm)?;
        validator.op(offset, &operator).map_err(wasm)?;
        translator.locate(offset);
        translator.operator(&operator)?;
    }
    operators.finish().map_err(wasm)?;
    let uses = translator.finish();
    scratch.validator = validator.into_allocations();
    Ok(Translated { function, uses })
}
