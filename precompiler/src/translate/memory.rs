//! Linear memories: where an access goes and what has to be tested first; bulk operations.
//!
//! An access at `index + offset` of `size` bytes is in bounds if `index + end <= length`, where `end = offset + size` may
//! need 33 bits. Tests are left out where they cannot fail: the plan of the memory covers whatever a 32-bit index can
//! reach, the index is a constant below the memory's minimal size, or the same index was tested before.

use super::context::{Region, place};
use super::function::Translator;
use super::traps::cranelift;
use crate::module::MemoryIndex;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder as _, MemFlagsData, Type, Value, types};
use stilt_artifact::builtins::Builtin;
use stilt_artifact::layout::MemoryLayout;
use stilt_artifact::trap::TrapCode;
use wasmparser::{MemArg, MemArgTarget};

use crate::module::PAGE_LOG2;

/// Where an access goes: `base + offset`, with these flags.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// A native address.
    pub(super) base: Value,
    /// To be added to it by the access itself.
    pub(super) offset: i32,
    /// Flags of the access: little-endian, and whether it can trap.
    pub(super) flags: MemFlagsData,
}

impl Translator<'_, '_, '_> {
    /// Pops an index and returns where an access of `size` bytes goes, after testing what needs to be tested.
    pub(super) fn place(&mut self, memarg: &MemArg, size: u32) -> Place {
        let index = self.state.pop();
        self.place_at(index, memarg, size)
    }

    /// The same for an index that is no longer on the stack.
    pub(super) fn place_at(&mut self, operand: Value, memarg: &MemArg, size: u32) -> Place {
        let operand = self.b.func.dfg.resolve_aliases(operand);
        let memory = memory_of(memarg);
        let end = memarg.offset + u64::from(size);
        let plan = self.env.memories[memory];
        let min = self.env.module.memories[memory].min_bytes();
        let inside = self.access_flags();

        let known = self.constant(operand).is_some_and(|index| index + end <= min);
        let index = self.pointer_wide(operand);
        if known {
            return self.address(memory, index, memarg.offset, inside);
        }
        if plan.covers(end) {
            let trapping = inside.with_trap_code(Some(cranelift(TrapCode::MemoryOutOfBounds)));
            return self.address(memory, index, memarg.offset, trapping);
        }
        if let Some(safe) = self.state.recall(memory, operand, end) {
            return self.address(memory, safe, memarg.offset, inside);
        }
        let outside = self.is_outside(memory, index, end);
        self.trap_if(outside, TrapCode::MemoryOutOfBounds);
        if !self.env.target.spectre() {
            self.state.remember(memory, operand, end, index);
            return self.address(memory, index, memarg.offset, inside);
        }
        if end <= min {
            // With index 0 the access is inside whatever the processor predicts.
            let zero = self.b.ins().iconst(self.context.pointer(), 0);
            let safe = self.b.ins().select_spectre_guard(outside, zero, index);
            self.state.remember(memory, operand, end, safe);
            return self.address(memory, safe, memarg.offset, inside);
        }
        let Place { base, offset, flags } = self.address(memory, index, memarg.offset, inside);
        let target = self.b.ins().iadd_imm_s(base, i64::from(offset));
        let start = self.memory_base(memory);
        let base = self.b.ins().select_spectre_guard(outside, start, target);
        Place { base, offset: 0, flags }
    }

    /// An index, zero-extended to a pointer's width.
    pub(super) fn pointer_wide(&mut self, index: Value) -> Value {
        if self.context.pointer() == types::I64 { self.widen(index) } else { index }
    }

    /// Whether an access is out of bounds.
    fn is_outside(&mut self, memory: MemoryIndex, index: Value, end: u64) -> Value {
        let len = self.memory_len(memory);
        let Ok(end_imm) = i64::try_from(end) else { unreachable!("offsets of 32-bit memories have 32 bits") };
        if self.context.pointer() == types::I64 {
            if end == 1 {
                return self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
            }
            // A memory is never smaller than at first, so this does not wrap; and it is the same in every round of a loop.
            if end <= self.env.module.memories[memory].min_bytes() {
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

    /// `base + index + offset`, for an index as wide as a pointer.
    fn address(&mut self, memory: MemoryIndex, index: Value, offset: u64, flags: MemFlagsData) -> Place {
        let start = self.memory_base(memory);
        let base = self.b.ins().iadd(start, index);
        if let Ok(offset) = i32::try_from(offset) {
            return Place { base, offset, flags };
        }
        let offset = self.b.ins().iconst(self.context.pointer(), offset.cast_signed());
        Place { base: self.b.ins().iadd(base, offset), offset: 0, flags }
    }

    /// Flags of accesses that are known to be in bounds.
    fn access_flags(&self) -> MemFlagsData {
        let region = self.context.flags(Region::Memory).alias_region();
        MemFlagsData::new().with_notrap().with_endianness(Endianness::Little).with_alias_region(region)
    }

    /// Loads a field of a memory.
    fn memory_field(&mut self, memory: MemoryIndex, field: u32, constant: bool) -> Value {
        let pointer = self.context.pointer();
        let at = self.env.context.memories[memory];
        if memory.as_u32() < self.env.module.imported_memories {
            let imported = self.context.load_constant(&mut self.b, pointer, at);
            let region = Region::Context;
            let flags = if constant { self.context.constant(region) } else { self.context.flags(region) };
            return self.b.ins().load(pointer, flags, imported, place(field));
        }
        if constant {
            self.context.load_constant(&mut self.b, pointer, at + field)
        } else {
            self.context.load(&mut self.b, pointer, at + field)
        }
    }

    /// The address of byte 0.
    fn memory_base(&mut self, memory: MemoryIndex) -> Value {
        let constant = self.env.memories[memory].fixed_base;
        self.memory_field(memory, MemoryLayout::base(self.env.target.pointer_width()), constant)
    }

    /// The length in bytes.
    fn memory_len(&mut self, memory: MemoryIndex) -> Value {
        let description = &self.env.module.memories[memory];
        let never_grows = description.max == Some(description.min);
        self.memory_field(memory, MemoryLayout::len(self.env.target.pointer_width()), never_grows)
    }

    /// `t.load`: a load as wide as its type.
    pub(super) fn load(&mut self, memarg: &MemArg, ty: Type) {
        let at = self.place(memarg, ty.bytes());
        let value = self.b.ins().load(ty, at.flags, at.base, at.offset);
        self.state.push(value);
    }

    /// `t.loadN_s` and `t.loadN_u`.
    pub(super) fn load_extended(&mut self, memarg: &MemArg, ty: Type, narrow: Type, signed: bool) {
        let Place { base, offset, flags } = self.place(memarg, narrow.bytes());
        let ins = self.b.ins();
        let value = match (narrow, signed) {
            (types::I8, false) => ins.uload8(ty, flags, base, offset),
            (types::I8, true) => ins.sload8(ty, flags, base, offset),
            (types::I16, false) => ins.uload16(ty, flags, base, offset),
            (types::I16, true) => ins.sload16(ty, flags, base, offset),
            (_, false) => ins.uload32(flags, base, offset),
            (_, true) => ins.sload32(flags, base, offset),
        };
        self.state.push(value);
    }

    /// `t.store` and `t.storeN`.
    pub(super) fn store(&mut self, memarg: &MemArg, narrow: Type) {
        let value = self.state.pop();
        let Place { base, offset, flags } = self.place(memarg, narrow.bytes());
        let whole = self.b.func.dfg.value_type(value) == narrow;
        let ins = self.b.ins();
        match narrow {
            _ if whole => ins.store(flags, value, base, offset),
            types::I8 => ins.istore8(flags, value, base, offset),
            types::I16 => ins.istore16(flags, value, base, offset),
            _ => ins.istore32(flags, value, base, offset),
        };
    }

    /// `memory.size`.
    pub(super) fn memory_size(&mut self, memory: u32) {
        let len = self.memory_len(MemoryIndex::from_u32(memory));
        let pages = self.b.ins().ushr_imm_u(len, i64::from(PAGE_LOG2));
        let pages = self.narrow(pages);
        self.state.push(pages);
    }

    /// `memory.grow`.
    pub(super) fn memory_grow(&mut self, memory: u32) {
        let delta = self.state.pop();
        let memory = self.number(memory);
        let old = self.value_builtin(Builtin::MemoryGrow, &[delta, memory]);
        self.state.push(old);
    }

    /// `memory.copy`.
    pub(super) fn memory_copy(&mut self, destination: u32, source: u32) {
        let (to, from, len) = self.state.pop3();
        let memories = self.numbers(destination, source);
        self.builtin(Builtin::MemoryCopy, &[to, from, len, memories]);
    }

    /// `memory.fill`.
    pub(super) fn memory_fill(&mut self, memory: u32) {
        let (to, byte, len) = self.state.pop3();
        let memory = self.number(memory);
        self.builtin(Builtin::MemoryFill, &[to, byte, len, memory]);
    }

    /// `memory.init`.
    pub(super) fn memory_init(&mut self, memory: u32, segment: u32) {
        let (to, from, len) = self.state.pop3();
        let both = self.numbers(memory, segment);
        self.builtin(Builtin::MemoryInit, &[to, from, len, both]);
    }

    /// `data.drop`.
    pub(super) fn data_drop(&mut self, segment: u32) {
        let segment = self.number(segment);
        self.builtin(Builtin::DataDrop, &[segment]);
    }

    /// A constant argument of a builtin.
    pub(super) fn number(&mut self, number: u32) -> Value {
        self.b.ins().iconst(types::I64, i64::from(number))
    }

    /// Two constants in one argument of a builtin.
    pub(super) fn numbers(&mut self, low: u32, high: u32) -> Value {
        let both = u64::from(low) | u64::from(high) << 32;
        self.b.ins().iconst(types::I64, both.cast_signed())
    }

    /// Calls a builtin that answers with a 32-bit value, or -1.
    pub(super) fn value_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        let value = self.builtin(builtin, args).expect("its outcome is a value");
        self.narrow(value)
    }

    /// The low 32 bits of an integer.
    pub(super) fn narrow(&mut self, value: Value) -> Value {
        match self.b.func.dfg.value_type(value) {
            types::I64 => self.b.ins().ireduce(types::I32, value),
            _ => value,
        }
    }
}

/// The memory that an access is about.
fn memory_of(memarg: &MemArg) -> MemoryIndex {
    match memarg.target {
        MemArgTarget::Memory(index) => MemoryIndex::from_u32(index),
        MemArgTarget::Array(_) => unreachable!("validation refuses the garbage collection proposal"),
    }
}
