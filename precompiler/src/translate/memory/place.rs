//! Where an access goes, and what has to be tested first.
//!
//! An access at `index + offset` of `size` bytes is in bounds if `index + end <= length`, where `end = offset + size` may
//! need 33 bits. Tests are left out where they cannot fail:
//! - the index is made so that it cannot reach beyond the memory's minimal size (`facts.rs`);
//! - the plan of the memory covers whatever a 32-bit index can reach;
//! - the same index was tested before, on every way that leads here, for at least as far an end; or it is the sum of such an
//!   index and a constant, and lies within what was tested;
//! - it was tested in front of the loop, for all rounds (`version.rs`).
//!
//! A memory never shrinks, so what was tested once stays true, whatever is called or grown in between. Its base may move, and
//! is loaded again.
//!
//! With Spectre mitigations a test also yields a *safe* index, 0 on paths that are only mispredicted, and all accesses that rely on
//! the test use it: so long as 0 plus their end lies within the minimal size, they need no mask of their own.

use crate::module::MemoryIndex;
use crate::translate::context::Region;
use crate::translate::function::Translator;
use crate::translate::traps::cranelift;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, Endianness, InstBuilder as _, MemFlagsData, Value};
use stilt_artifact::trap::TrapCode;
use wasmparser::{MemArg, MemArgTarget};

/// Where an access goes: `base + offset`, with these flags.
#[derive(Clone, Copy, Debug)]
pub(in crate::translate) struct Place {
    /// A native address.
    pub(in crate::translate) base: Value,
    /// To be added to it by the access itself.
    pub(in crate::translate) offset: i32,
    /// Flags of the access: little-endian, and whether it can trap.
    pub(in crate::translate) flags: MemFlagsData,
}

impl Translator<'_, '_, '_> {
    /// Pops an index and returns where an access of `size` bytes goes, after testing what needs to be tested.
    pub(in crate::translate) fn place(&mut self, memarg: &MemArg, size: u32) -> Place {
        let index = self.state.pop();
        self.place_at(index, memarg, size)
    }

    /// The same for an index that is no longer on the stack.
    pub(in crate::translate) fn place_at(&mut self, operand: Value, memarg: &MemArg, size: u32) -> Place {
        self.reach(memory_of(memarg), operand, memarg.offset, size)
    }

    /// Where an access of `size` bytes at `operand + offset` goes, after testing what needs to be tested.
    pub(super) fn reach(&mut self, memory: MemoryIndex, operand: Value, offset: u64, size: u32) -> Place {
        let operand = self.b.func.dfg.resolve_aliases(operand);
        let end = offset + u64::from(size);
        let plan = self.env.memories[memory];
        let min = self.env.module.memories[memory].min_bytes();
        let inside = self.access_flags();

        let known = self.at_most(operand).saturating_add(end) <= min;
        let index = self.pointer_wide(operand);
        if known {
            return self.address(memory, index, offset, inside);
        }
        if let Some(inside) = self.covered.find(self.offset)
            && let Some(place) = self.place_inside(memory, operand, offset, end, inside)
        {
            return place;
        }
        if plan.covers(end) {
            let trapping = inside.with_trap_code(Some(cranelift(TrapCode::MemoryOutOfBounds)));
            return self.address(memory, index, offset, trapping);
        }
        if self.env.target.joined_tests() && end <= min && u16::try_from(offset).is_ok() {
            return self.place_or_null(memory, index, offset, end);
        }
        if let Some(safe) = self.state.recall(memory, operand, end) {
            return self.address(memory, safe, offset, inside);
        }
        if let Some((start, by)) = self.plus_constant(operand)
            && let Some(safe) = self.state.recall(memory, start, by + end)
        {
            // Where `start + by + end` lies within the memory, which has at most 2^32 bytes, `start + by` has not wrapped.
            return self.address(memory, safe, by + offset, inside);
        }
        if end <= min {
            let widened = self.widen_test(memory, operand, end);
            if let Some(safe) = widened.or_else(|| self.widening_test(memory, operand, index, end)) {
                return self.address(memory, safe, offset, inside);
            }
        }
        if self.trap_at_last(memory, operand) {
            return self.address(memory, index, offset, inside);
        }
        let (_, outside) = self.is_outside(memory, index, end);
        self.trap_if(outside, TrapCode::MemoryOutOfBounds);
        if !self.env.target.spectre() {
            self.state.remember(memory, operand, end, index);
            return self.address(memory, index, offset, inside);
        }
        if end <= min {
            // With index 0 the access is inside whatever the processor predicts.
            let zero = self.b.ins().iconst(self.context.pointer(), 0);
            let safe = self.b.ins().select_spectre_guard(outside, zero, index);
            self.state.remember(memory, operand, end, safe);
            return self.address(memory, safe, offset, inside);
        }
        let Place { base, offset, flags } = self.address(memory, index, offset, inside);
        let target = self.b.ins().iadd_imm_s(base, i64::from(offset));
        let start = self.memory_base(memory);
        let base = self.b.ins().select_spectre_guard(outside, start, target);
        Place { base, offset: 0, flags }
    }

    /// `base + index + offset`, for an index as wide as a pointer.
    pub(super) fn address(&mut self, memory: MemoryIndex, index: Value, offset: u64, flags: MemFlagsData) -> Place {
        let start = self.memory_base(memory);
        let base = self.b.ins().iadd(start, index);
        if let Ok(offset) = i32::try_from(offset) {
            return Place { base, offset, flags };
        }
        let offset = self.b.ins().iconst(self.context.pointer(), offset.cast_signed());
        Place { base: self.b.ins().iadd(base, offset), offset: 0, flags }
    }

    /// Where an access goes that goes to null, and so traps, where it would be out of bounds. In exactly this form, and with an
    /// offset of 16 bits, Cranelift's Pulley has one instruction for test and access together. The memory never has fewer than
    /// `end` bytes.
    ///
    /// The trap has no place in what Cranelift tells of its code: see [`crate::bytecode`].
    fn place_or_null(&mut self, memory: MemoryIndex, index: Value, offset: u64, end: u64) -> Place {
        let pointer = self.context.pointer();
        let len = self.memory_len(memory);
        let end = self.b.ins().iconst(pointer, end.cast_signed());
        let last = self.b.ins().isub(len, end);
        let outside = self.b.ins().icmp(IntCC::UnsignedGreaterThan, index, last);
        let flags = self.access_flags().with_trap_code(Some(ir::TrapCode::HEAP_OUT_OF_BOUNDS));
        let Place { base, offset, flags } = self.address(memory, index, offset, flags);
        let target = self.b.ins().iadd_imm_s(base, i64::from(offset));
        let null = self.b.ins().iconst(pointer, 0);
        let base = self.b.ins().select(outside, null, target);
        Place { base, offset: 0, flags }
    }

    /// Flags of accesses that are known to be in bounds.
    pub(super) fn access_flags(&self) -> MemFlagsData {
        let region = self.context.flags(Region::Memory).alias_region();
        MemFlagsData::new().with_notrap().with_endianness(Endianness::Little).with_alias_region(region)
    }
}

/// The memory that an access is about.
fn memory_of(memarg: &MemArg) -> MemoryIndex {
    match memarg.target {
        MemArgTarget::Memory(index) => MemoryIndex::from_u32(index),
        MemArgTarget::Array(_) => unreachable!("validation refuses the garbage collection proposal"),
    }
}
