//! How one function is compiled, with the stack check that fits its frame:
//!
//! | function | check |
//! |---|---|
//! | calls nothing but trampolines, frame of at most [`SMALL_FRAME`] | none: the reserve holds it |
//! | frame of at most [`LARGE_FRAME`] | once the frame is taken |
//! | larger | by a stub in front, before the frame is taken |
//! | in bytecode, unless addresses are short and the frame is large | none: the interpreter tests whatever takes stack |

use crate::compile::CompiledFunction;
use crate::error::CompileError;
use crate::module::DefinedFuncIndex;
use crate::names::Name;
use crate::trampoline::stack_check;
use crate::translate::{ModuleEnv, Scratch, Translated, Uses, translate};
use crate::unit::{self, Unit};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{Function, SourceLoc};
use cranelift_frontend::FunctionBuilderContext;

/// The largest frame of a leaf that is not tested.
const SMALL_FRAME: u32 = 1024;
/// The largest frame that is taken before it is tested.
const LARGE_FRAME: u32 = 4096;

/// What a thread keeps from one function to the next.
pub(crate) struct Worker {
    pub(crate) context: Context,
    pub(crate) builder: FunctionBuilderContext,
    pub(crate) scratch: Scratch,
}

impl Default for Worker {
    fn default() -> Self {
        Worker { context: Context::new(), builder: FunctionBuilderContext::new(), scratch: Scratch::default() }
    }
}

/// Compiles one function.
pub(crate) fn compile(
    worker: &mut Worker,
    env: &ModuleEnv<'_, '_>,
    own: DefinedFuncIndex,
) -> Result<CompiledFunction, CompileError> {
    let result = compile_function(worker, env, own);
    if result.is_err() {
        // What was given up halfway has left its traces.
        *worker = Worker::default();
    }
    result
}

fn compile_function(
    worker: &mut Worker,
    env: &ModuleEnv<'_, '_>,
    own: DefinedFuncIndex,
) -> Result<CompiledFunction, CompileError> {
    let index = env.module.function_index(own);
    let name = Name::Function(index.as_u32());
    let one = |unit: Unit, uses: Uses| CompiledFunction { frame: unit.frame, units: vec![(name, unit)], uses };
    let mut unchecked = None;
    if env.target.stack_tests_itself() {
        let Translated { function, uses } = translate(env, own, &mut worker.scratch, false)?;
        let unit = backend(worker, env, own, function)?;
        // The interpreter subtracts a frame from the stack pointer first, which must not wrap.
        if unit.frame <= LARGE_FRAME || env.target.pointer_width() == 8 {
            return Ok(one(unit, uses));
        }
        unchecked = Some((unit, uses));
    }
    let checked = translate(env, own, &mut worker.scratch, true)?;
    if unchecked.is_none() && checked.uses.is_leaf() {
        let Translated { function, uses } = translate(env, own, &mut worker.scratch, false)?;
        let unit = backend(worker, env, own, function)?;
        if unit.frame <= SMALL_FRAME {
            return Ok(one(unit, uses));
        }
        unchecked = Some((unit, uses));
    }
    let unit = backend(worker, env, own, checked.function)?;
    if unit.frame <= LARGE_FRAME {
        return Ok(one(unit, checked.uses));
    }
    let (body, uses) = match unchecked {
        Some(unchecked) => unchecked,
        None => {
            let Translated { function, uses } = translate(env, own, &mut worker.scratch, false)?;
            (backend(worker, env, own, function)?, uses)
        }
    };
    let (signature, start) = (env.module.function_type(index), SourceLoc::new(env.module.bodies[own].start()));
    let stub = stack_check::build(env.target, signature, index.as_u32(), body.frame, start, &mut worker.builder);
    let stub = backend(worker, env, own, stub)?;
    let frame = body.frame;
    Ok(CompiledFunction { frame, units: vec![(name, stub), (Name::Body(index.as_u32()), body)], uses })
}

fn backend(
    worker: &mut Worker,
    env: &ModuleEnv<'_, '_>,
    own: DefinedFuncIndex,
    function: Function,
) -> Result<Unit, CompileError> {
    let start = env.module.bodies[own].start();
    let unit = unit::compile(env.target, &mut worker.context, function, Some(start));
    unit.map_err(|error| error.within(env.module.label(env.module.function_index(own)), start))
}
