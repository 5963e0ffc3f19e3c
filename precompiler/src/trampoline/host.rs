//! The host trampoline, from compiled code to a host function, one per function type that one could arrive with. It has the
//! wasm convention; its context is the host function's, which holds the function's code and, just written, the caller.
//!
//! It records where wasm was left and calls with the values in registers, or in one array of slots on its stack: see
//! [`stilt_artifact::crossing`]. A host function that fails does not come back.

use super::{Builder, HOST_FUNCTION, function};
use crate::signature::WasmSignature;
use crate::target::Target;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder as _, StackSlotData, StackSlotKind, types};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::crossing::VALUES;
use stilt_artifact::layout::{ContextLayout, StoreContextLayout};
use stilt_artifact::trap::TrapCode;

/// Bytes of arguments or results that are spilled without a look at the stack.
const UNTESTED: u32 = 512;

/// Builds the trampoline for host functions of this type.
pub fn build(target: &Target, signature: &WasmSignature, state: &mut FunctionBuilderContext) -> Function {
    let pointer = target.pointer_type();
    let word = target.pointer_width();
    let mut function = function(signature.compiled(target));
    let (mut t, params) = Builder::new(target, &mut function, state);
    let [context, args @ ..] = params.as_slice() else { unreachable!("the context was declared") };
    let context = *context;
    let store = t.leave_wasm(context);
    let code = t.load_word(context, ContextLayout::types_or_code(word));

    let size = 8 * signature.slots();
    if size == 0 {
        let mut words = vec![context];
        words.extend(args.iter().map(|arg| t.word_of(*arg)));
        let zero = t.b.ins().iconst(types::I64, 0);
        words.resize(1 + VALUES, zero);
        let word = t.call_host(code, &words, HOST_FUNCTION);
        let results = t.values_of_words(&signature.results, &[word]);
        t.b.ins().return_(&results);
        t.finish();
        return function;
    }
    let slot = t.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
    let values = t.b.ins().stack_addr(pointer, slot, 0);
    if size > UNTESTED {
        // What is kept below the limit is for the host, not for arguments.
        let limit = t.load_word(store, StoreContextLayout::stack_limit(word));
        let sp = t.b.ins().get_stack_pointer(pointer);
        let beyond = t.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        t.raise_unless_zero(store, context, beyond, Some(TrapCode::StackOverflow as i64));
    }
    t.store_slots(&signature.params, args, values);
    t.call_host(code, &[context, values], HOST_FUNCTION);
    let results = t.load_slots(&signature.results, values);
    t.b.ins().return_(&results);
    t.finish();
    function
}
