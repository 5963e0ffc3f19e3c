//! `call_indirect`: in general, and through tables whose elements are known.
//!
//! | the elements of the type | what is tested | what is called |
//! |---|---|---|
//! | not known | bounds, null, type | the reference's code, with its context |
//! | one, or a few small ones in a loop | the index against each | the function itself, or its body |
//! | known, side by side | the index | the reference's code |
//! | known, among others | bounds, null if there are nulls, type | the reference's code |
//!
//! Where all are functions of the module's own, the context is its own, too.

use super::context::{Callee, Region, place};
use super::function::Translator;
use super::state::{FrameKind, FrameType};
use super::traps::cranelift;
use crate::error::CompileError;
use crate::module::{Callees, SettledTable, TableIndex, TypeIndex};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder as _, Value, types};
use stilt_artifact::layout::{ContextLayout, FuncRefLayout};
use stilt_artifact::trap::TrapCode;

/// Up to this many functions are told apart by one comparison after the other.
const COMPARED: usize = 3;
/// The longest jump table that tells them apart.
const JUMPS: u32 = 32;

impl Translator<'_, '_, '_> {
    /// `call_indirect`.
    pub(super) fn call_indirect(&mut self, ty: u32, table: u32) -> Result<(), CompileError> {
        let (ty, table) = (TypeIndex::from_u32(ty), TableIndex::from_u32(table));
        let env = self.env;
        let index = self.state.pop();
        let args = self.pop_arguments(ty);
        let settled = env.tables[table].as_ref();
        let known = settled.and_then(|settled| Some((settled, settled.callees(&env.module.types[ty])?)));
        if let Some((settled, callees)) = known
            && self.worth_telling_apart(callees)
        {
            return self.call_one_of(ty, table, index, &args, settled, callees);
        }

        self.uses.indirect = true;
        let width = env.target.pointer_width();
        let reference = match known {
            Some((settled, callees)) if callees.dense() => self.dense_element(table, index, settled, callees),
            _ => {
                let nulls = settled.is_none_or(|settled| settled.nulls > 0);
                self.tested_element(ty, table, index, nulls)
            }
        };
        let pointer = self.context.pointer();
        // What a reference points to never changes.
        let fields = self.context.flags(Region::Context).with_readonly();
        let code = self.b.ins().load(pointer, fields, reference, place(FuncRefLayout::code(width)));
        let signature = self.signature(ty);
        let call = if known.is_some_and(|(_, callees)| callees.own) {
            self.context.call_own_code(&mut self.b, signature, code, &args)
        } else {
            self.uses.indirect_types.insert(ty);
            let context = self.b.ins().load(pointer, fields, reference, place(FuncRefLayout::context(width)));
            self.context.call_reference(&mut self.b, signature, Callee { code, context }, &args)
        };
        self.note_call(call);
        self.push_results(call, ty);
        Ok(())
    }

    /// The reference at `index`, which is neither null nor of another type.
    fn tested_element(&mut self, ty: TypeIndex, table: TableIndex, index: Value, nulls: bool) -> Value {
        let (pointer, width) = (self.context.pointer(), self.env.target.pointer_width());
        let element = self.element(table, index, TrapCode::UndefinedElement);
        let reference = self.b.ins().load(pointer, self.context.flags(Region::Table), element, 0);
        // What a reference points to never changes.
        let fields = self.context.flags(Region::Context).with_readonly();
        let mut first = fields;
        if nulls && self.env.target.joined_tests() {
            first = fields.with_trap_code(Some(cranelift(TrapCode::UninitializedElement)));
        } else if nulls {
            let null = self.b.ins().icmp_imm_u(IntCC::Equal, reference, 0);
            self.trap_if(null, TrapCode::UninitializedElement);
        }
        let found = self.b.ins().load(types::I32, first, reference, place(FuncRefLayout::type_id(width)));
        let ids = self.context.load_constant(&mut self.b, pointer, ContextLayout::types_or_code(width));
        // There are at most a million types.
        let expected =
            self.b.ins().load(types::I32, self.context.constant(Region::Context), ids, place(4 * ty.as_u32()));
        let other = self.b.ins().icmp(IntCC::NotEqual, found, expected);
        self.trap_if(other, TrapCode::BadSignature);
        reference
    }

    /// The reference at `index`, if it is one of `callees`, which lie side by side.
    fn dense_element(&mut self, table: TableIndex, index: Value, settled: &SettledTable, callees: &Callees) -> Value {
        let from = if callees.first == 0 {
            index
        } else {
            let first = self.b.ins().iconst(types::I32, i64::from(callees.first));
            self.b.ins().isub(index, first)
        };
        let outside = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, from, i64::from(callees.count));
        if callees.count == settled.len {
            self.trap_if(outside, TrapCode::UndefinedElement);
        } else {
            let (bad, good) = (self.b.create_block(), self.b.create_block());
            self.b.ins().brif(outside, bad, &[], good, &[]);
            self.trap_outside(bad, table, index, settled, callees);
            self.b.seal_block(good);
            self.b.switch_to_block(good);
        }
        let pointer = self.context.pointer();
        let address = self.element_address(table, index, outside);
        self.b.ins().load(pointer, self.context.flags(Region::Table).with_readonly(), address, 0)
    }

    /// Fills the cold block `bad`, where the index is that of none of `callees`: finds out which trap it is.
    fn trap_outside(&mut self, bad: Block, table: TableIndex, index: Value, settled: &SettledTable, callees: &Callees) {
        self.b.set_cold_block(bad);
        self.b.seal_block(bad);
        self.b.switch_to_block(bad);
        if callees.count == settled.len {
            self.trap(TrapCode::UndefinedElement);
            return;
        }
        let beyond = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, index, i64::from(settled.len));
        self.cold_trap_if(beyond, TrapCode::UndefinedElement);
        if settled.nulls == 0 {
            self.trap(TrapCode::BadSignature);
        } else if callees.count + settled.nulls == settled.len {
            self.trap(TrapCode::UninitializedElement);
        } else {
            let address = self.element_address(table, index, beyond);
            let pointer = self.context.pointer();
            let reference = self.b.ins().load(pointer, self.context.flags(Region::Table), address, 0);
            let null = self.b.ins().icmp_imm_u(IntCC::Equal, reference, 0);
            self.cold_trap_if(null, TrapCode::UninitializedElement);
            self.trap(TrapCode::BadSignature);
        }
    }

    /// The same as [`Self::trap_if`], in cold code.
    fn cold_trap_if(&mut self, condition: Value, code: TrapCode) {
        if !self.explicit() {
            self.b.ins().trapnz(condition, cranelift(code));
            return;
        }
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        for block in [bad, good] {
            self.b.set_cold_block(block);
        }
        self.b.ins().brif(condition, bad, &[], good, &[]);
        self.b.seal_block(bad);
        self.b.seal_block(good);
        self.b.switch_to_block(bad);
        self.trap(code);
        self.b.switch_to_block(good);
    }

    /// Whether it is better to find out which of `callees` it is than to call it through its reference.
    fn worth_telling_apart(&self, callees: &Callees) -> bool {
        if !callees.own || callees.few.is_empty() {
            return false;
        }
        let few = callees.few.iter().map(|(_, function)| *function);
        callees.count == 1
            || callees.last - callees.first < JUMPS
                && self.state.in_loop()
                && self.budget.affords(self.env, self.path(), few)
    }

    /// Compares the index with that of each of the few `callees` and calls the one it is.
    fn call_one_of(
        &mut self,
        ty: TypeIndex,
        table: TableIndex,
        index: Value,
        args: &[Value],
        settled: &SettledTable,
        callees: &Callees,
    ) -> Result<(), CompileError> {
        let bad = self.b.create_block();
        let arms: Vec<Block> = callees.few.iter().map(|_| self.b.create_block()).collect();
        if arms.len() <= COMPARED {
            for ((place, _), arm) in callees.few.iter().zip(&arms) {
                let last = *place == callees.last;
                let next = if last { bad } else { self.b.create_block() };
                let found = self.b.ins().icmp_imm_u(IntCC::Equal, index, i64::from(*place));
                self.b.ins().brif(found, *arm, &[], next, &[]);
                if !last {
                    self.b.seal_block(next);
                    self.b.switch_to_block(next);
                }
            }
        } else {
            let mut ways = vec![bad; (callees.last - callees.first + 1) as usize];
            for ((place, _), arm) in callees.few.iter().zip(&arms) {
                ways[(place - callees.first) as usize] = *arm;
            }
            self.switch(index, callees.first, &ways, bad, &[]);
        }
        self.trap_outside(bad, table, index, settled, callees);

        // As the arms of a block that leaves the results.
        self.state.open(FrameKind::Block, FrameType::Body(ty), 0);
        for ((_, function), arm) in callees.few.iter().zip(&arms) {
            self.b.seal_block(*arm);
            self.b.switch_to_block(*arm);
            self.arm();
            self.call_own(*function, args)?;
            if self.state.reachable {
                self.jump_to_end();
            }
        }
        self.end_of_arms();
        Ok(())
    }
}
