//! Tests at a function's entry. They are put in front of a finished function, because whether one is needed is known when it is
//! known what the function calls.

use super::context::{Region, place};
use super::env::Uses;
use super::traps::cranelift;
use crate::names::Name;
use crate::signature;
use crate::target::Target;
use cranelift_codegen::cursor::{Cursor as _, FuncCursor};
use cranelift_codegen::ir::{ExtFuncData, ExternalName, Function, InstBuilder as _, MemFlagsData, SourceLoc, Value};
use stilt_artifact::layout::ContextLayout;
use stilt_artifact::trap::TrapCode;

/// Puts a test in front of the first instruction. It traps with `code`, at `start` in the wasm file, if what `condition` makes of
/// the store's context and of flags for reading it is not zero.
pub(super) fn insert(
    target: &Target,
    function: &mut Function,
    start: u32,
    uses: &mut Uses,
    code: TrapCode,
    condition: impl FnOnce(&mut FuncCursor<'_>, Value, MemFlagsData) -> Value,
) {
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
    let store = place(ContextLayout::store(target.pointer_width()));
    let store = cursor.ins().load(target.pointer_type(), constant, context, store);
    let condition = condition(&mut cursor, store, flags);
    let Some((bad, good)) = blocks else {
        cursor.ins().trapnz(condition, cranelift(code));
        return;
    };
    cursor.ins().brif(condition, bad, &[], good, &[]);
    uses.traps.insert(code);
    let signature = cursor.func.import_signature(signature::tail(target, &[], &[]));
    let name = cursor.func.declare_imported_user_function(Name::trap(code).external());
    let name = ExternalName::user(name);
    let trap = cursor.func.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
    cursor.func.layout.append_block(bad);
    cursor.goto_bottom(bad);
    cursor.ins().call(trap, &[context]);
    cursor.ins().trap(cranelift(TrapCode::Internal));
}
