//! Tests of the store's interrupt word, which an interrupt handler, a signal handler or another core sets to stop a guest.
//!
//! | where | |
//! |---|---|
//! | at the head of each loop | small ones may go round three times from one test to the next: `repeat.rs` |
//! | at the entry of each function | but for those that call no function and have at most [`SHORT`] instructions |
//! | before each operation on a range whose length is known at run time only | so that at most one of them is between two tests |
//!
//! So between two tests runs at most: one function's straight code, [`SHORT`] instructions more for each call in it, and one
//! operation on a range, which is as long as the largest memory or table at most. Whatever is inlined keeps its loops'
//! tests; a recursion that is inlined still calls at its end.

use super::context::{Region, place};
use super::entry_test;
use super::env::Uses;
use super::function::Translator;
use crate::target::Target;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder as _};
use stilt_artifact::layout::StoreContextLayout;
use stilt_artifact::trap::TrapCode;

/// Instructions of the intermediate form that a leaf may have which goes without a test at its entry.
const SHORT: usize = 256;

/// Puts the test in front of the first instruction, if code is to test and the function is not a short leaf. It traps at `start`
/// in the wasm file.
pub(super) fn insert(target: &Target, function: &mut Function, start: u32, uses: &mut Uses) {
    if !target.interrupt() || uses.is_leaf() && function.dfg.num_insts() <= SHORT {
        return;
    }
    let (pointer, word) = (target.pointer_type(), StoreContextLayout::interrupt(target.pointer_width()));
    entry_test::insert(target, function, start, uses, TrapCode::Interrupt, |cursor, store, flags| {
        let word = cursor.ins().load(pointer, flags, store, place(word));
        cursor.ins().icmp_imm_u(IntCC::NotEqual, word, 0)
    });
}

impl Translator<'_, '_, '_> {
    /// Tests the interrupt word here, if code is to.
    pub(super) fn test_interrupt(&mut self) {
        if !self.env.target.interrupt() {
            return;
        }
        let (pointer, width) = (self.context.pointer(), self.env.target.pointer_width());
        let store = self.context.store(&mut self.b);
        // Somebody else writes the word: what one test has read is not what the next will. So Cranelift, which would have the
        // first load do for all, sees an address of its own in each; in the instruction it is the same one again.
        self.interrupt_tests += 1;
        let apart = self.interrupt_tests * i32::from(width);
        let base = self.b.ins().iadd_imm_s(store, i64::from(apart));
        let offset = place(StoreContextLayout::interrupt(width)) - apart;
        let word = self.b.ins().load(pointer, self.context.flags(Region::Context), base, offset);
        let set = self.b.ins().icmp_imm_u(IntCC::NotEqual, word, 0);
        self.trap_if(set, TrapCode::Interrupt);
    }
}
