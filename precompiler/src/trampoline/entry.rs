//! The entry trampoline, from the host into compiled code, one per function type that can be called from outside:
//! `extern "C" fn(context, code, values, store context) -> u64`.
//!
//! It leaves in the store what whoever unwinds needs to come back here, and calls. If the call returns, the results are in
//! `values`, and it returns 0; if it was unwound, 1. The landing pad relies on nothing but stack and frame pointer: everything
//! else is in the trampoline's frame, as Cranelift takes all registers for changed behind a call in the wasm convention.

use super::{Builder, function};
use crate::signature::{self, WasmSignature};
use crate::target::Target;
use cranelift_codegen::ir::{
    BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, Function, InstBuilder as _, types,
};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::layout::StoreContextLayout;

/// Builds the trampoline for functions of this type.
pub fn build(target: &Target, signature: &WasmSignature, state: &mut FunctionBuilderContext) -> Function {
    let pointer = target.pointer_type();
    let word = target.pointer_width();
    let mut function = function(signature::host(&[pointer; 4], &[types::I64]));
    let (mut t, params) = Builder::new(target, &mut function, state);
    let &[context, code, values, store] = params.as_slice() else {
        unreachable!("four parameters were declared");
    };

    // The address of the landing pad is asked for by the block that ends in the call, so that is a block of its own.
    let calling = t.b.create_block();
    let returned = t.b.create_block();
    let unwound = t.b.create_block();
    let done = t.b.create_block();
    t.b.ins().jump(calling, &[]);

    t.b.switch_to_block(calling);
    let sp = t.b.ins().get_stack_pointer(pointer);
    let fp = t.b.ins().get_frame_pointer(pointer);
    let pc = t.b.ins().get_exception_handler_address(pointer, calling, 0);
    t.store(fp, store, StoreContextLayout::entry_fp(word));
    t.store(sp, store, StoreContextLayout::entry_sp(word));
    t.store(pc, store, StoreContextLayout::entry_pc(word));
    let args = t.load_slots(&signature.params, values);
    let args: Vec<_> = core::iter::once(context).chain(args).collect();
    let callee = t.b.import_signature(signature.compiled(target));
    let pool = &mut t.b.func.dfg.value_lists;
    let normal = BlockCall::new(returned, (0..).zip(&signature.results).map(|(i, _)| BlockArg::TryCallRet(i)), pool);
    let handler = ExceptionTableItem::Default(BlockCall::new(unwound, [], pool));
    let table = t.b.func.dfg.exception_tables.push(ExceptionTableData::new(callee, normal, [handler]));
    t.b.ins().try_call_indirect(code, &args, table);

    let results: Vec<_> = signature
        .results
        .iter()
        .map(|ty| t.b.append_block_param(returned, signature::value_type(target, *ty)))
        .collect();
    t.b.switch_to_block(returned);
    t.store_slots(&signature.results, &results, values);
    let zero = t.b.ins().iconst(types::I64, 0);
    t.b.ins().jump(done, &[zero.into()]);

    t.b.switch_to_block(unwound);
    let one = t.b.ins().iconst(types::I64, 1);
    t.b.ins().jump(done, &[one.into()]);

    let outcome = t.b.append_block_param(done, types::I64);
    t.b.switch_to_block(done);
    t.b.ins().return_(&[outcome]);
    t.finish();
    function
}
