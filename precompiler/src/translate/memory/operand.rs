//! Integers as accesses and builtins take them.

use crate::translate::function::Translator;
use cranelift_codegen::ir::{InstBuilder as _, Value, types};
use stilt_artifact::builtins::Builtin;

impl Translator<'_, '_, '_> {
    /// An index, zero-extended to a pointer's width.
    pub(in crate::translate) fn pointer_wide(&mut self, index: Value) -> Value {
        if self.context.pointer() == types::I64 { self.widen(index) } else { index }
    }

    /// A constant argument of a builtin.
    pub(in crate::translate) fn number(&mut self, number: u32) -> Value {
        self.b.ins().iconst(types::I64, i64::from(number))
    }

    /// Two constants in one argument of a builtin.
    pub(in crate::translate) fn numbers(&mut self, low: u32, high: u32) -> Value {
        let both = u64::from(low) | u64::from(high) << 32;
        self.b.ins().iconst(types::I64, both.cast_signed())
    }

    /// Calls a builtin that answers with a 32-bit value, or -1.
    pub(in crate::translate) fn value_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        let value = self.builtin(builtin, args).expect("its outcome is a value");
        self.narrow(value)
    }

    /// The low 32 bits of an integer.
    pub(in crate::translate) fn narrow(&mut self, value: Value) -> Value {
        match self.b.func.dfg.value_type(value) {
            types::I64 => self.b.ins().ireduce(types::I32, value),
            _ => value,
        }
    }
}
