//! Testing whether an access is out of bounds.

use crate::module::MemoryIndex;
use crate::translate::function::Translator;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Value, types};

impl Translator<'_, '_, '_> {
    /// The length of a memory, and whether an access is out of bounds.
    pub(super) fn is_outside(&mut self, memory: MemoryIndex, index: Value, end: u64) -> (Value, Value) {
        let len = self.memory_len(memory);
        (len, self.is_beyond(memory, index, end, len))
    }

    fn is_beyond(&mut self, memory: MemoryIndex, index: Value, end: u64, len: Value) -> Value {
        let Ok(end_imm) = i64::try_from(end) else { unreachable!("offsets of 32-bit memories have 32 bits") };
        if self.context.pointer() == types::I64 {
            if end == 1 {
                return self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
            }
            // A memory is never smaller than at first, so this does not wrap; and it is the same in every round of a loop. The
            // other way is shorter: the length is read by the comparison itself.
            if end <= self.env.module.memories[memory].min_bytes() && !self.env.target.small_checks() {
                let end_value = self.b.ins().iconst(types::I64, end_imm);
                let last = self.b.ins().isub(len, end_value);
                return self.b.ins().icmp(IntCC::UnsignedGreaterThan, index, last);
            }
            let past = self.b.ins().iadd_imm_u(index, end_imm);
            return self.b.ins().icmp(IntCC::UnsignedGreaterThan, past, len);
        }
        // 32-bit pointers: nothing may wrap.
        if u32::try_from(end).is_err() {
            return self.b.ins().iconst(types::I8, 1);
        }
        let end_value = self.b.ins().iconst(types::I32, end_imm);
        let most = self.b.ins().isub(len, end_value);
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThan, index, most);
        if end <= self.env.module.memories[memory].min_bytes() {
            return beyond;
        }
        let short = self.b.ins().icmp(IntCC::UnsignedLessThan, len, end_value);
        self.b.ins().bor(short, beyond)
    }
}
