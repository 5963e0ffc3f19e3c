//! The host trampoline, from compiled code to a host function, one per function type that one could arrive with. It has the
//! wasm convention; its context is the host function's, which holds the function's code and, just written, the caller.
//!
//! Arguments and results cross in one array of slots on its stack. A non-zero result of the host function means that the
//! runtime has recorded why the guest must be unwound.

use super::{Builder, HOST_FUNCTION, function};
use crate::signature::WasmSignature;
use crate::target::Target;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder as _, StackSlotData, StackSlotKind};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::layout::{ContextLayout, StoreContextLayout};
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::ValueType;

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

    let bytes = |types: &[ValueType]| 8 * types.iter().map(|ty| ty.slots()).sum::<u32>();
    let size = bytes(&signature.params).max(bytes(&signature.results));
    let values = if size == 0 {
        t.b.ins().iconst(pointer, 8)
    } else {
        let slot = t.b.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3));
        t.b.ins().stack_addr(pointer, slot, 0)
    };
    if size > UNTESTED {
        // What is kept below the limit is for the host, not for arguments.
        let limit = t.load_word(store, StoreContextLayout::stack_limit(word));
        let sp = t.b.ins().get_stack_pointer(pointer);
        let beyond = t.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        t.raise_unless_zero(store, context, beyond, Some(TrapCode::StackOverflow as i64));
    }
    t.store_slots(&signature.params, args, values);
    let code = t.load_word(context, ContextLayout::types_or_code(word));
    let caller = t.load_word(context, ContextLayout::caller(word));
    let status = t.call_host(code, &[context, caller, values], HOST_FUNCTION);
    t.raise_unless_zero(store, context, status, Some(0));
    let results = t.load_slots(&signature.results, values);
    t.b.ins().return_(&results);
    t.finish();
    function
}
