//! The stub in front of a function with a large frame. A small frame is tested once it is taken, as the reserve below the
//! stack limit is there to hold it; a large one must be known to fit before the body touches the stack.

use super::{Builder, cranelift_trap, function};
use crate::names::Name;
use crate::signature::{self, WasmSignature};
use crate::target::Target;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder as _, SourceLoc};
use cranelift_frontend::FunctionBuilderContext;
use stilt_artifact::layout::{ContextLayout, StoreContextLayout};
use stilt_artifact::trap::TrapCode;

/// Builds the stub of function `index`, whose body takes `frame` bytes and stands at `wasm` in the wasm file.
pub fn build(
    target: &Target,
    signature: &WasmSignature,
    index: u32,
    frame: u32,
    wasm: SourceLoc,
    state: &mut FunctionBuilderContext,
) -> Function {
    let pointer = target.pointer_type();
    let word = target.pointer_width();
    let mut function = function(signature.compiled(target));
    let (mut t, params) = Builder::new(target, &mut function, state);
    t.b.set_srcloc(wasm);
    let [context, ..] = *params.as_slice() else { unreachable!("the context was declared") };
    let store = t.load_word(context, ContextLayout::store(word));
    let limit = t.load_word(store, StoreContextLayout::stack_limit(word));
    let sp = t.b.ins().get_stack_pointer(pointer);
    // What is left is compared, not `sp - frame`, which may wrap where addresses are short.
    let beyond = t.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
    let left = t.b.ins().isub(sp, limit);
    let short = t.b.ins().icmp_imm_u(IntCC::UnsignedLessThan, left, i64::from(frame));
    let overflow = t.b.ins().bor(beyond, short);
    if target.instructions_trap() {
        t.b.ins().trapnz(overflow, cranelift_trap(TrapCode::StackOverflow));
    } else {
        let (bad, good) = (t.cold_block(), t.b.create_block());
        t.b.ins().brif(overflow, bad, &[], good, &[]);
        t.b.switch_to_block(bad);
        let trap = t.import(Name::trap(TrapCode::StackOverflow), signature::tail(target, &[], &[]), true);
        t.b.ins().call(trap, &[context]);
        t.b.ins().trap(cranelift_trap(TrapCode::Internal));
        t.b.switch_to_block(good);
    }
    let body = t.import(Name::Body(index), signature.compiled(target), true);
    t.b.ins().return_call(body, &params);
    t.finish();
    function
}
