//! The test of the stack bound at a function's entry. It is put in front of a finished function, because whether one is needed
//! is known when it is known what the function calls.

use super::context::{Region, place};
use super::env::Uses;
use super::traps::cranelift;
use crate::names::Name;
use crate::signature;
use crate::target::Target;
use cranelift_codegen::cursor::{Cursor as _, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{ExtFuncData, ExternalName, Function, InstBuilder as _, SourceLoc};
use stilt_artifact::layout::{ContextLayout, StoreContextLayout};
use stilt_artifact::trap::TrapCode;

/// Puts the test in front of the first instruction. It traps at `start` in the wasm file.
pub(super) fn insert(target: &Target, function: &mut Function, start: u32, uses: &mut Uses) {
    let (pointer, word) = (target.pointer_type(), target.pointer_width());
    let Some(entry) = function.layout.entry_block() else { unreachable!("a finished function has an entry") };
    let Some(first) = function.layout.first_inst(entry) else { unreachable!("a finished block ends with a branch") };
    let [context, ..] = *function.dfg.block_params(entry) else { unreachable!("every function has a context") };
    let flags = Region::Context.flags(function);
    let explicit = !target.instructions_trap();
    // Where a test is a branch, what follows becomes a block of its own.
    let blocks = explicit.then(|| {
        let (bad, good) = (function.dfg.make_block(), function.dfg.make_block());
        function.layout.split_block(good, first);
        function.layout.set_cold(bad);
        (bad, good)
    });
    let mut cursor = FuncCursor::new(function).with_srcloc(SourceLoc::new(start));
    match blocks {
        Some(_) => cursor.goto_bottom(entry),
        None => cursor.goto_inst(first),
    }
    let constant = flags.with_readonly().with_can_move();
    let store = cursor.ins().load(pointer, constant, context, place(ContextLayout::store(word)));
    let limit = cursor.ins().load(pointer, flags, store, place(StoreContextLayout::stack_limit(word)));
    let sp = cursor.ins().get_stack_pointer(pointer);
    let overflow = cursor.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
    let Some((bad, good)) = blocks else {
        cursor.ins().trapnz(overflow, cranelift(TrapCode::StackOverflow));
        return;
    };
    cursor.ins().brif(overflow, bad, &[], good, &[]);
    uses.traps.insert(TrapCode::StackOverflow);
    let signature = cursor.func.import_signature(signature::tail(target, &[], &[]));
    let name = cursor.func.declare_imported_user_function(Name::trap(TrapCode::StackOverflow).external());
    let name = ExternalName::user(name);
    let trap = cursor.func.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
    cursor.func.layout.append_block(bad);
    cursor.goto_bottom(bad);
    cursor.ins().call(trap, &[context]);
    cursor.ins().trap(cranelift(TrapCode::Internal));
}
