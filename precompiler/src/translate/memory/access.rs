//! Loads and stores.

use super::place::Place;
use crate::translate::function::Translator;
use cranelift_codegen::ir::{InstBuilder as _, Type, types};
use wasmparser::MemArg;

impl Translator<'_, '_, '_> {
    /// `t.load`: a load as wide as its type.
    pub(in crate::translate) fn load(&mut self, memarg: &MemArg, ty: Type) {
        let at = self.place(memarg, ty.bytes());
        let value = self.b.ins().load(ty, at.flags, at.base, at.offset);
        self.state.push(value);
    }

    /// `t.loadN_s` and `t.loadN_u`.
    pub(in crate::translate) fn load_extended(&mut self, memarg: &MemArg, ty: Type, narrow: Type, signed: bool) {
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
    pub(in crate::translate) fn store(&mut self, memarg: &MemArg, narrow: Type) {
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
}
