//! The test of the stack bound at a function's entry.

use super::context::place;
use super::env::Uses;
use super::late_test::LateTests;
use crate::target::Target;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder as _};
use stilt_artifact::layout::StoreContextLayout;
use stilt_artifact::trap::TrapCode;

/// Puts the test in front of the first instruction. It traps at `start` in the wasm file.
pub(super) fn insert(target: &Target, function: &mut Function, start: u32, uses: &mut Uses) {
    let (pointer, limit) = (target.pointer_type(), StoreContextLayout::stack_limit(target.pointer_width()));
    let mut tests = LateTests::new(target, function, uses, TrapCode::StackOverflow);
    tests.insert(tests.entry(), start, |cursor, store, flags| {
        let limit = cursor.ins().load(pointer, flags, store, place(limit));
        let sp = cursor.ins().get_stack_pointer(pointer);
        cursor.ins().icmp(IntCC::UnsignedLessThan, sp, limit)
    });
}
