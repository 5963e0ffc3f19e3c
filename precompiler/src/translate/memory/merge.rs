//! Merged tests. Several accesses in a row off one index need one test, of the largest end.
//!
//! The first access of a row tests its own end. A later one that reaches further widens that test instead of making its
//! own, and the code between them goes on with one test. Where the widened test fails, a cold copy of the row is
//! done with a test of its own for each access: it traps at the first one that is out of bounds, after all that
//! comes before it, and so does what the specification says to the last byte. It always traps, at the last access at the latest,
//! since a memory changes its length in no operator of a row; so nothing has to come back from it.
//!
//! The copy has as many tests as were merged, so with `-O size` none are.
//!
//! A row ends at branches, calls and whatever else leaves the function's straight way. What is unused in the cold copy
//! (values, loads) Cranelift drops, so that little more remains of it than the tests that were merged.

use crate::module::MemoryIndex;
use crate::translate::function::Translator;
use crate::translate::traps::cranelift;
use cranelift_codegen::cursor::{Cursor as _, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Inst, InstBuilder as _, Value, types};
use stilt_artifact::trap::TrapCode;
use wasmparser::Operator as O;

/// The most operators of a row: they may be copied once for each index in it.
const LONGEST: usize = 96;
/// The most tests of a row that can still be widened.
const WIDEST: usize = 8;

/// The operators since the oldest test that can still be widened, and these tests.
#[derive(Debug, Default)]
pub(in crate::translate) struct Row<'data> {
    operators: Vec<(O<'data>, u64)>,
    tests: Vec<Test>,
    /// Operands of the innermost frame before the current operator.
    operands: Vec<Value>,
    /// A cold copy is being made.
    copying: bool,
    /// At the last access of a copy: its index, and its memory.
    last: Option<(MemoryIndex, Value)>,
}

/// A test that later accesses may widen.
#[derive(Debug)]
struct Test {
    memory: MemoryIndex,
    /// The operand; and as wide as a pointer.
    index: Value,
    wide: Value,
    /// The length that it is compared with.
    len: Value,
    /// All below `index + end` is to be in bounds.
    end: u64,
    /// The branch to the block that traps.
    branch: Inst,
    bad: Block,
    /// What chooses the safe index.
    guard: Option<Inst>,
    /// Numbers of the first and the last operator that rely on it.
    first: usize,
    last: usize,
    /// Operands of the innermost frame before the first.
    operands: Vec<Value>,
    /// How much was known before it: also its own number in the list of what is known.
    known: usize,
}

impl<'data> Translator<'_, '_, 'data> {
    /// Whether tests are merged.
    pub(super) fn merges(&self) -> bool {
        let target = self.env.target;
        // On an interpreter, an access tests its own bounds.
        self.explicit() && !target.host_calls() && !target.small_checks() && self.context.pointer() == types::I64
    }

    /// Comes before the translation of each operator that is reached.
    pub(in crate::translate) fn enter_row(&mut self, operator: &O<'data>) {
        if !self.merges() {
            return;
        }
        if self.row.operators.len() == LONGEST {
            self.end_row();
        }
        if self.row.tests.is_empty() {
            self.row.operators.clear();
        }
        self.row.operators.push((operator.clone(), self.offset));
        self.row.operands.clear();
        self.row.operands.extend_from_slice(self.state.of_frame());
    }

    /// Has an earlier test of this row test this end as well. The index to use.
    pub(super) fn widen_test(&mut self, memory: MemoryIndex, index: Value, end: u64) -> Option<Value> {
        let row = &mut self.row;
        let test = row.tests.iter_mut().find(|test| test.memory == memory && test.index == index)?;
        test.end = end;
        test.last = row.operators.len() - 1;
        Some(self.state.widen(test.known, end))
    }

    /// Makes a test that later accesses of this row may widen, and remembers it. The index to use.
    pub(super) fn widening_test(&mut self, memory: MemoryIndex, index: Value, wide: Value, end: u64) -> Option<Value> {
        let row = &self.row;
        if !self.merges() || row.copying || row.operators.is_empty() || row.tests.len() == WIDEST {
            return None;
        }
        let (len, outside) = self.is_outside(memory, wide, end);
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(bad);
        let branch = self.b.ins().brif(outside, bad, &[], good, &[]);
        self.b.seal_block(good);
        self.b.switch_to_block(bad);
        self.trap(TrapCode::MemoryOutOfBounds);
        self.b.switch_to_block(good);
        let (mut safe, mut guard) = (wide, None);
        if self.env.target.spectre() {
            let zero = self.b.ins().iconst(self.context.pointer(), 0);
            safe = self.b.ins().select_spectre_guard(outside, zero, wide);
            guard = self.b.func.dfg.value_def(safe).inst();
        }
        let known = self.state.remember(memory, index, end, safe);
        let first = self.row.operators.len() - 1;
        let operands = core::mem::take(&mut self.row.operands);
        let test = Test { memory, index, wide, len, end, branch, bad, guard, first, last: first, operands, known };
        self.row.tests.push(test);
        Some(safe)
    }

    /// At the last access of a cold copy: traps, as the widened test failed for it. Whether this was it, and what follows is
    /// not reached.
    pub(super) fn trap_at_last(&mut self, memory: MemoryIndex, index: Value) -> bool {
        let last = self.row.last.take_if(|last| *last == (memory, index)).is_some();
        if last {
            self.trap(TrapCode::MemoryOutOfBounds);
            let rest = self.b.create_block();
            self.b.set_cold_block(rest);
            self.b.seal_block(rest);
            self.b.switch_to_block(rest);
        }
        last
    }

    /// Whether the code at this point is a cold copy.
    pub(in crate::translate) fn is_copy(&self) -> bool {
        self.row.copying
    }

    /// Ends the row: makes the cold copies of what was merged.
    pub(in crate::translate) fn end_row(&mut self) {
        if self.row.copying {
            return;
        }
        let offset = self.offset;
        let mut next = None;
        for test in core::mem::take(&mut self.row.tests) {
            if test.first == test.last {
                self.b.seal_block(test.bad);
                continue;
            }
            if next.is_none() {
                let block = self.b.create_block();
                self.b.ins().jump(block, &[]);
                self.b.seal_block(block);
                next = Some(block);
            }
            self.test_widely(&test);
            self.copy(&test);
        }
        if let Some(next) = next {
            self.b.switch_to_block(next);
            self.locate(offset);
        }
        self.row.operators.clear();
    }

    /// Has a test compare with its final end.
    fn test_widely(&mut self, test: &Test) {
        let mut before = FuncCursor::new(self.b.func).at_inst(test.branch);
        before.set_srcloc(before.func.srcloc(test.branch));
        // Widened only as far as the memory's minimal size, so this does not wrap.
        let end = before.ins().iconst(types::I64, test.end.cast_signed());
        let last = before.ins().isub(test.len, end);
        let outside = before.ins().icmp(IntCC::UnsignedGreaterThan, test.wide, last);
        for inst in [Some(test.branch), test.guard].into_iter().flatten() {
            before.func.dfg.inst_args_mut(inst)[0] = outside;
        }
    }

    /// Translates the operators that rely on a test once more, for the case that it fails.
    fn copy(&mut self, test: &Test) {
        let slow = self.b.create_block();
        self.b.set_cold_block(slow);
        self.b.change_jump_destination(test.branch, test.bad, slow);
        self.b.seal_block(test.bad);
        self.b.seal_block(slow);
        self.b.switch_to_block(slow);
        let saved = self.state.set_aside(&test.operands, test.known);
        self.row.copying = true;
        let operators = core::mem::take(&mut self.row.operators);
        for (number, (operator, offset)) in operators.iter().enumerate().take(test.last + 1).skip(test.first) {
            self.locate(*offset);
            self.row.last = (number == test.last).then_some((test.memory, test.index));
            let done = self.straight(operator);
            debug_assert!(done, "a row has only such operators: {operator:?}");
        }
        // The last access is out of bounds.
        self.b.ins().trap(cranelift(TrapCode::Internal));
        self.row.operators = operators;
        self.row.last = None;
        self.row.copying = false;
        self.state.take_back(saved);
    }
}
