//! The trampoline of a builtin, one per builtin that the image uses (but for those of outcome "nothing" and "pure", which have none). It has the wasm convention; it records where wasm was
//! left, and raises what a builtin with a status reports.

use super::{Builder, cranelift_trap, function};
use crate::signature;
use crate::target::Target;
use cranelift_codegen::ir::{Function, InstBuilder as _, Signature, Type, types};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::builtins::{Builtin, Outcome};
use stilt_artifact::trap::TrapCode;

/// The signature of the trampoline of a builtin.
pub fn signature_of(target: &Target, builtin: Builtin) -> Signature {
    let results: &[Type] = match builtin.outcome() {
        Outcome::Value | Outcome::Pure => &[types::I64],
        Outcome::Status | Outcome::Never | Outcome::Nothing => &[],
    };
    signature::tail(target, &vec![types::I64; builtin.arguments().into()], results)
}

/// Builds it.
pub fn build(target: &Target, builtin: Builtin, state: &mut FunctionBuilderContext) -> Function {
    let mut function = function(signature_of(target, builtin));
    let (mut t, params) = Builder::new(target, &mut function, state);
    let [context, args @ ..] = params.as_slice() else { unreachable!("the context was declared") };
    let context = *context;
    let store = t.leave_wasm(context);
    let result = t.call_builtin(store, context, builtin, args);
    match builtin.outcome() {
        Outcome::Value => {
            t.b.ins().return_(&[result]);
        }
        Outcome::Status => {
            t.raise_unless_zero(store, context, result, None);
            t.b.ins().return_(&[]);
        }
        Outcome::Nothing | Outcome::Pure => unreachable!("compiled code calls it without a trampoline"),
        Outcome::Never => {
            t.b.ins().trap(cranelift_trap(TrapCode::Internal));
        }
    }
    t.finish();
    function
}
