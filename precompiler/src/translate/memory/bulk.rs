//! Bulk operations.

use crate::translate::function::Translator;
use stilt_artifact::builtins::Builtin;

impl Translator<'_, '_, '_> {
    /// `memory.copy`.
    pub(in crate::translate) fn memory_copy(&mut self, destination: u32, source: u32) {
        let (to, from, len) = self.state.pop3();
        let memories = self.numbers(destination, source);
        self.builtin(Builtin::MemoryCopy, &[to, from, len, memories]);
    }

    /// `memory.fill`.
    pub(in crate::translate) fn memory_fill(&mut self, memory: u32) {
        let (to, byte, len) = self.state.pop3();
        let memory = self.number(memory);
        self.builtin(Builtin::MemoryFill, &[to, byte, len, memory]);
    }

    /// `memory.init`.
    pub(in crate::translate) fn memory_init(&mut self, memory: u32, segment: u32) {
        let (to, from, len) = self.state.pop3();
        let both = self.numbers(memory, segment);
        self.builtin(Builtin::MemoryInit, &[to, from, len, both]);
    }

    /// `data.drop`.
    pub(in crate::translate) fn data_drop(&mut self, segment: u32) {
        let segment = self.number(segment);
        self.builtin(Builtin::DataDrop, &[segment]);
    }
}
