//! The trampoline of a trap code, one per code that the image raises in software: it goes on to the trampoline of
//! [`Builtin::Raise`] with the number of the code, and leaves no frame of its own.

use super::{Builder, builtin, function};
use crate::names::Name;
use crate::signature;
use crate::target::Target;
use cranelift_codegen::ir::{Function, InstBuilder as _, types};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::builtins::Builtin;
use stilt_artifact::trap::TrapCode;

/// Builds it.
pub fn build(target: &Target, code: TrapCode, state: &mut FunctionBuilderContext) -> Function {
    let mut function = function(signature::tail(target, &[], &[]));
    let (mut t, params) = Builder::new(target, &mut function, state);
    let raise = t.import(Name::builtin(Builtin::Raise), builtin::signature_of(target, Builtin::Raise), true);
    let number = t.b.ins().iconst(types::I64, i64::from(code as u8));
    let args: Vec<_> = params.into_iter().chain([number]).collect();
    t.b.ins().return_call(raise, &args);
    t.finish();
    function
}
