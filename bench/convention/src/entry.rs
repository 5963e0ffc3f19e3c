//! The entry trampoline: from the host's convention into compiled code, and back out on either of two ways.
//!
//! `entry(context, code, values, activation) -> i32` in the System V convention. It leaves in the activation what a raise or
//! a fault needs to come back here, calls with `try_call_indirect`, and returns 0 with the results in `values`, or 1.
//! The pinned register is not callee-saved for Cranelift, so the trampoline restores it for the host on both ways.

use crate::context::{ACTIVATION_FP, ACTIVATION_PC, ACTIVATION_SP};
use crate::fib::Passing;
use cranelift_codegen::ir::{
    AbiParam, BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, Function, InstBuilder as _, MemFlagsData,
    Signature, UserFuncName, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// Builds the trampoline for functions with this signature, not counting the hidden parameters of `passing`.
pub fn entry(isa: &dyn TargetIsa, passing: Passing, params: &[types::Type], results: &[types::Type]) -> Function {
    let pointer = isa.pointer_type();
    let mut outer = Signature::new(CallConv::SystemV);
    outer.params.extend([AbiParam::new(pointer); 4]);
    outer.returns.push(AbiParam::new(types::I32));

    let mut function = Function::with_name_signature(UserFuncName::default(), outer);
    let mut state = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut state);
    let start = b.create_block();
    let calling = b.create_block();
    let returned = b.create_block();
    let raised = b.create_block();
    b.append_block_params_for_function_params(start);

    b.switch_to_block(start);
    let &[context, code, values, activation] = b.block_params(start) else {
        unreachable!("four parameters were declared");
    };
    let pinned = (passing == Passing::Pinned).then(|| b.ins().get_pinned_reg(pointer));
    // The block that ends in the call must be named below, so it is one of its own.
    b.ins().jump(calling, &[]);

    b.switch_to_block(calling);
    let flags = MemFlagsData::trusted();
    let sp = b.ins().get_stack_pointer(pointer);
    let fp = b.ins().get_frame_pointer(pointer);
    let pc = b.ins().get_exception_handler_address(pointer, calling, 0);
    b.ins().store(flags, sp, activation, ACTIVATION_SP);
    b.ins().store(flags, fp, activation, ACTIVATION_FP);
    b.ins().store(flags, pc, activation, ACTIVATION_PC);
    let mut inner = inner_signature(pointer, passing, params, results);
    let mut args = vec![context; passing.hidden()];
    for (&ty, offset) in params.iter().zip((0..).step_by(8)) {
        args.push(b.ins().load(ty, flags, values, offset));
    }
    if pinned.is_some() {
        b.ins().set_pinned_reg(context);
    }
    inner.call_conv = CallConv::Tail;
    let inner = b.import_signature(inner);
    let pool = &mut b.func.dfg.value_lists;
    let normal = BlockCall::new(returned, (0..).zip(results).map(|(i, _)| BlockArg::TryCallRet(i)), pool);
    let handler = ExceptionTableItem::Default(BlockCall::new(raised, [], pool));
    let table = b.func.dfg.exception_tables.push(ExceptionTableData::new(inner, normal, [handler]));
    b.ins().try_call_indirect(code, &args, table);

    let result_values: Vec<_> = results.iter().map(|&ty| b.append_block_param(returned, ty)).collect();
    b.switch_to_block(returned);
    if let Some(pinned) = pinned {
        b.ins().set_pinned_reg(pinned);
    }
    for (&value, offset) in result_values.iter().zip((0..).step_by(8)) {
        b.ins().store(flags, value, values, offset);
    }
    let zero = b.ins().iconst(types::I32, 0);
    b.ins().return_(&[zero]);

    b.switch_to_block(raised);
    if let Some(pinned) = pinned {
        b.ins().set_pinned_reg(pinned);
    }
    let one = b.ins().iconst(types::I32, 1);
    b.ins().return_(&[one]);

    b.seal_all_blocks();
    b.finalize(isa.frontend_config());
    function
}

/// Signature of compiled code: the hidden parameters, then wasm's.
pub fn inner_signature(
    pointer: types::Type,
    passing: Passing,
    params: &[types::Type],
    results: &[types::Type],
) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.extend(vec![AbiParam::new(pointer); passing.hidden()]);
    signature.params.extend(params.iter().copied().map(AbiParam::new));
    signature.returns.extend(results.iter().copied().map(AbiParam::new));
    signature
}
