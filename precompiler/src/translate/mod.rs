//! From the body of a wasm function, which is validated, to Cranelift's intermediate form. The driver calls [`translate`], on
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
mod indirect;
mod inline;
mod interrupt;
mod late_test;
mod leaf;
mod memory;
mod numeric;
mod operators;
mod pins;
mod repeat;
mod simd;
mod soft_float;
mod stack_check;
mod state;
mod switch;
mod table;
mod traps;

pub use env::{ModuleEnv, Uses};
pub use inline::{InlineMap, Inlined};

use crate::error::CompileError;
use crate::module::DefinedFuncIndex;
use crate::names::Name;
use cranelift_codegen::ir::{Function, UserFuncName};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use function::Translator;

/// Storage that one thread uses for one function after another.
#[derive(Default)]
pub struct Scratch {
    builder: FunctionBuilderContext,
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
    /// The bodies that stand in it in place of calls.
    pub inlined: InlineMap,
}

impl Translated {
    /// Has it test the stack bound at its entry.
    pub(crate) fn check_stack(&mut self, env: &ModuleEnv<'_, '_>, own: DefinedFuncIndex) {
        let start = env.module.bodies[own].start();
        stack_check::insert(env.target, &mut self.function, start, &mut self.uses);
    }
}

/// Translates one function. `check_stack` has it test the stack bound at its entry.
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
    let index = env.module.function_index(own);
    let name = Name::Function(index.as_u32()).external();
    let signature = env.module.function_type(index).compiled(env.target);
    let mut function = Function::with_name_signature(UserFuncName::User(name), signature);
    let builder = FunctionBuilder::new(&mut function, &mut scratch.builder);
    let mut translator = Translator::new(env, own, builder, &mut scratch.state);
    translator.body(own)?;
    let (mut uses, inlined, interrupts) = translator.finish();
    interrupts.insert(env, own, &mut function, &mut uses)?;
    let mut translated = Translated { function, uses, inlined };
    if check_stack {
        translated.check_stack(env, own);
    }
    Ok(translated)
}
