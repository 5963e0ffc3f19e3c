//! The entry trampoline, from the host into compiled code, one per function type that can be called from outside:
//! [`stilt_artifact::crossing`].
//!
//! It leaves in the store what whoever unwinds needs to come back here, and calls. Whether the call returned or was unwound, the
//! runtime knows. The landing pad relies on nothing but stack and frame pointer: everything
//! else is in the trampoline's frame, as Cranelift takes all registers for changed behind a call in the wasm convention.

use super::{Builder, function};
use crate::signature::{self, WasmSignature};
use crate::target::Target;
use cranelift_codegen::ir::{
    BlockArg, BlockCall, ExceptionTableData, ExceptionTableItem, Function, InstBuilder as _, types,
};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::layout::{ContextLayout, FuncImportLayout, StoreContextLayout};

/// Builds the trampoline for functions of this type.
pub fn build(target: &Target, signature: &WasmSignature, state: &mut FunctionBuilderContext) -> Function {
    let pointer = target.pointer_type();
    let word = target.pointer_width();
    let slots = signature.slots() != 0;
    let words = if slots { vec![pointer] } else { vec![types::I64; signature.params.len()] };
    let mut function = function(signature::host(&[&[pointer], &words[..]].concat(), &[types::I64]));
    let (mut t, params) = Builder::new(target, &mut function, state);
    let [callee, words @ ..] = params.as_slice() else { unreachable!("the callee was declared") };
    let context = t.load_word(*callee, FuncImportLayout::context(word));
    let code = t.load_word(*callee, FuncImportLayout::code(word));
    let store = t.load_word(context, ContextLayout::store(word));
    // The one word, where it is the address of slots.
    let values = words.first().copied().filter(|_| slots);

    // The address of the landing pad is asked for by the block that ends in the call, so that is a block of its own.
    let calling = t.b.create_block();
    let returned = t.b.create_block();
    let unwound = t.cold_block();
    t.b.ins().jump(calling, &[]);

    t.b.switch_to_block(calling);
    let sp = t.b.ins().get_stack_pointer(pointer);
    let fp = t.b.ins().get_frame_pointer(pointer);
    let pc = t.b.ins().get_exception_handler_address(pointer, calling, 0);
    t.store(fp, store, StoreContextLayout::entry_fp(word));
    t.store(sp, store, StoreContextLayout::entry_sp(word));
    t.store(pc, store, StoreContextLayout::entry_pc(word));
    let args = match values {
        Some(values) => t.load_slots(&signature.params, values),
        None => t.values_of_words(&signature.params, words),
    };
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
    let result = match (values, results.as_slice()) {
        (Some(values), _) => {
            t.store_slots(&signature.results, &results, values);
            None
        }
        (None, results) => results.first().map(|result| t.word_of(*result)),
    };
    let result = result.unwrap_or_else(|| t.b.ins().iconst(types::I64, 0));
    t.b.ins().return_(&[result]);

    t.b.switch_to_block(unwound);
    let nothing = t.b.ins().iconst(types::I64, 0);
    t.b.ins().return_(&[nothing]);
    t.finish();
    function
}
