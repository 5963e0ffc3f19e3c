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
use crate::translate::{InlineMap, ModuleEnv, Scratch, Translated, Uses, translate};
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
    let one = |unit: Unit, uses: Uses, inlined: InlineMap| CompiledFunction {
        frame: unit.frame,
        units: vec![(name, unit)],
        uses,
        inlined,
    };
    // The largest frame that nothing tests in front of, or in, the function.
    let untested = |uses: &Uses| match (env.target.stack_tests_itself(), env.target.pointer_width()) {
        (true, 8) => Some(u32::MAX),
        // The interpreter subtracts a frame from the stack pointer first, which must not wrap.
        (true, _) => Some(LARGE_FRAME),
        (false, _) => uses.is_leaf().then_some(SMALL_FRAME),
    };
    let Translated { function, uses, inlined } = translate(env, own, &mut worker.scratch, false)?;
    let mut unchecked = None;
    let checked = if let Some(most) = untested(&uses) {
        let unit = backend(worker, env, own, function)?;
        if unit.frame <= most {
            return Ok(one(unit, uses, inlined));
        }
        unchecked = Some((unit, uses, inlined));
        translate(env, own, &mut worker.scratch, true)?
    } else {
        let mut checked = Translated { function, uses, inlined };
        checked.check_stack(env, own);
        checked
    };
    let unit = backend(worker, env, own, checked.function)?;
    if unit.frame <= LARGE_FRAME {
        return Ok(one(unit, checked.uses, checked.inlined));
    }
    let (body, uses, inlined) = match unchecked {
        Some(unchecked) => unchecked,
        None => {
            let Translated { function, uses, inlined } = translate(env, own, &mut worker.scratch, false)?;
            (backend(worker, env, own, function)?, uses, inlined)
        }
    };
    let (signature, start) = (env.module.function_type(index), SourceLoc::new(env.module.bodies[own].start()));
    let stub = stack_check::build(env.target, signature, index.as_u32(), body.frame, start, &mut worker.builder);
    let stub = backend(worker, env, own, stub)?;
    let frame = body.frame;
    Ok(CompiledFunction { frame, units: vec![(name, stub), (Name::Body(index.as_u32()), body)], uses, inlined })
}

fn backend(
    worker: &mut Worker,
    env: &ModuleEnv<'_, '_>,
    own: DefinedFuncIndex,
    function: Function,
) -> Result<Unit, CompileError> {
    let start = env.module.bodies[own].start();
    let unit = unit::compile(env.target, &mut worker.context, function, Some(start));
    unit.map_err(|error| error.within(env.target, env.module.label(env.module.function_index(own)), start))
}
