//! What compiled code reads of a memory: its base and its length. Growing it.

use crate::module::{MemoryIndex, PAGE_LOG2};
use crate::translate::context::{Region, place};
use crate::translate::function::Translator;
use cranelift_codegen::ir::{InstBuilder as _, Value, types};
use stilt_artifact::builtins::Builtin;
use stilt_artifact::layout::MemoryLayout;

impl Translator<'_, '_, '_> {
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
    pub(super) fn memory_base(&mut self, memory: MemoryIndex) -> Value {
        let constant = self.env.memories[memory].fixed_base;
        self.memory_field(memory, MemoryLayout::base(self.env.target.pointer_width()), constant)
    }

    /// The length in bytes.
    pub(super) fn memory_len(&mut self, memory: MemoryIndex) -> Value {
        let description = &self.env.module.memories[memory];
        let never_grows = description.never_grows();
        // The interpreter's joined test reads the length itself.
        if let Some(bytes) = description.backed.filter(|_| !self.env.target.joined_tests()) {
            return self.b.ins().iconst(self.context.pointer(), i64::from(bytes.get()));
        }
        self.memory_field(memory, MemoryLayout::len(self.env.target.pointer_width()), never_grows)
    }

    /// Loads the address of the first memory's byte 0 in front of a loop. In a loop without calls and growth, its own loads are then
    /// found to be the same; what is not needed is not loaded. (The length is not loaded: its difference to a constant would then be
    /// computed in front of the loop, too, and Cranelift computes such a sum anew wherever it is used.)
    pub(in crate::translate) fn load_before_loop(&mut self) {
        let memory = MemoryIndex::from_u32(0);
        if self.env.memories.get(memory).is_some_and(|plan| !plan.fixed_base) {
            self.memory_base(memory);
        }
    }

    /// `memory.size`.
    pub(in crate::translate) fn memory_size(&mut self, memory: u32) {
        if let Some(pages) = self.pages_of_part(memory) {
            self.state.push(pages);
            return;
        }
        let len = self.memory_len(MemoryIndex::from_u32(memory));
        let pages = self.b.ins().ushr_imm_u(len, i64::from(PAGE_LOG2));
        let pages = self.narrow(pages);
        self.state.push(pages);
    }

    /// The size in pages of a memory of which only a part is there: what its type says, whatever its length is.
    fn pages_of_part(&mut self, memory: u32) -> Option<Value> {
        let memory = &self.env.module.memories[MemoryIndex::from_u32(memory)];
        memory.backed?;
        Some(self.b.ins().iconst(types::I32, memory.min.cast_signed()))
    }

    /// `memory.grow`.
    pub(in crate::translate) fn memory_grow(&mut self, memory: u32) {
        let delta = self.state.pop();
        if let Some(pages) = self.pages_of_part(memory) {
            // Growing by nothing is asking for the size; by more it fails.
            let failed = self.b.ins().iconst(types::I32, -1);
            let old = self.b.ins().select(delta, failed, pages);
            self.state.push(old);
            return;
        }
        self.test_interrupt();
        let memory = self.number(memory);
        let old = self.value_builtin(Builtin::MemoryGrow, &[delta, memory]);
        self.state.push(old);
    }
}
