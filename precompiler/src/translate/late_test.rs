//! Tests that are put into a finished function, because whether and where they are needed is known when it is known what the function
//! calls, and how control flows.

use super::context::{Region, place};
use super::env::Uses;
use super::traps::cranelift;
use crate::names::Name;
use crate::signature;
use crate::target::Target;
use cranelift_codegen::cursor::{Cursor as _, FuncCursor};
use cranelift_codegen::ir::{
    Block, ExtFuncData, ExternalName, FuncRef, Function, InstBuilder as _, MemFlagsData, SourceLoc, Value,
};
use stilt_artifact::layout::ContextLayout;
use stilt_artifact::trap::TrapCode;

/// Puts tests for one kind of trap into a function.
pub(super) struct LateTests<'a> {
    target: &'a Target,
    function: &'a mut Function,
    uses: &'a mut Uses,
    code: TrapCode,
    /// The trap's trampoline.
    trap: Option<FuncRef>,
}

impl<'a> LateTests<'a> {
    pub(super) fn new(target: &'a Target, function: &'a mut Function, uses: &'a mut Uses, code: TrapCode) -> Self {
        LateTests { target, function, uses, code, trap: None }
    }

    /// The block at which the function begins.
    pub(super) fn entry(&self) -> Block {
        let Some(entry) = self.function.layout.entry_block() else { unreachable!("a finished function has an entry") };
        entry
    }

    /// Puts a test in front of the first instruction of a block. It traps at `location` in the wasm file, if what `condition` makes of
    /// the store's context and of flags for reading it is not zero.
    pub(super) fn insert(
        &mut self,
        block: Block,
        location: u32,
        condition: impl FnOnce(&mut FuncCursor<'_>, Value, MemFlagsData) -> Value,
    ) {
        let (target, entry) = (self.target, self.entry());
        let function = &mut *self.function;
        let Some(first) = function.layout.first_inst(block) else {
            unreachable!("a finished block ends with a branch")
        };
        let [context, ..] = *function.dfg.block_params(entry) else { unreachable!("every function has a context") };
        let flags = Region::Context.flags(function);
        let explicit = !target.instructions_trap();
        // Where a test is a branch, what follows becomes a block of its own.
        let blocks = explicit.then(|| {
            let (bad, good) = (function.dfg.make_block(), function.dfg.make_block());
            function.layout.split_block(good, first);
            function.layout.set_cold(bad);
            if function.layout.is_cold(block) {
                function.layout.set_cold(good);
            }
            (bad, good)
        });
        let mut cursor = FuncCursor::new(function).with_srcloc(SourceLoc::new(location));
        match blocks {
            Some(_) => cursor.goto_bottom(block),
            None => cursor.goto_inst(first),
        }
        let constant = flags.with_readonly().with_can_move();
        let store = place(ContextLayout::store(target.pointer_width()));
        let store = cursor.ins().load(target.pointer_type(), constant, context, store);
        let condition = condition(&mut cursor, store, flags);
        let Some((bad, good)) = blocks else {
            cursor.ins().trapnz(condition, cranelift(self.code));
            return;
        };
        cursor.ins().brif(condition, bad, &[], good, &[]);
        let trap = *self.trap.get_or_insert_with(|| {
            self.uses.traps.insert(self.code);
            let signature = cursor.func.import_signature(signature::tail(target, &[], &[]));
            let name = cursor.func.declare_imported_user_function(Name::trap(self.code).external());
            let name = ExternalName::user(name);
            cursor.func.import_function(ExtFuncData { name, signature, colocated: true, patchable: false })
        });
        cursor.func.layout.append_block(bad);
        cursor.goto_bottom(bad);
        cursor.ins().call(trap, &[context]);
        cursor.ins().trap(cranelift(TrapCode::Internal));
    }
}
