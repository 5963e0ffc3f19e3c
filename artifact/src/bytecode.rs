//! What images of bytecode have in place of trampolines where values fit into the interpreter's registers: the runtime puts
//! arguments there, and takes results from there, by the types' bytes.
//!
//! Integers and references go to `x` registers and floats to `f` registers, each kind counted from 0 in the order of the
//! signature, as Cranelift's Pulley has it. The first integer register of a call's arguments is the callee's context.
//!
//! A host trampoline for such a type is [`HOST_CALL_REGISTERS`](crate::builtins::HOST_CALL_REGISTERS), a host call that never
//! resumes: behind its instruction stand the number of parameters and that of results, a byte each, and then the
//! [`ValueType`] of each. When the host function has returned, execution goes on where the trampoline was called.

use crate::types::ValueType;

/// Integers and references that fit, besides the context.
pub const INTEGERS: usize = 14;
/// Floats that fit.
pub const FLOATS: usize = 16;
/// Values that fit.
pub const VALUES: usize = INTEGERS + FLOATS;

/// Whether all values of these types, given by their bytes, fit into registers. Vectors do not: there are interpreters without.
pub fn fits(types: &[u8]) -> bool {
    let (mut integers, mut floats) = (0usize, 0usize);
    for ty in types {
        match ValueType::from_u8(*ty) {
            Some(ValueType::F32 | ValueType::F64) => floats = floats.saturating_add(1),
            Some(ValueType::V128) | None => return false,
            Some(_) => integers = integers.saturating_add(1),
        }
    }
    integers <= INTEGERS && floats <= FLOATS
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn what_fits() {
        let types = |ty: ValueType, count| std::vec![ty as u8; count];
        for ty in [ValueType::I32, ValueType::I64, ValueType::FuncRef, ValueType::ExternRef] {
            assert!(fits(&types(ty, 14)) && !fits(&types(ty, 15)));
        }
        for ty in [ValueType::F32, ValueType::F64] {
            assert!(fits(&types(ty, 16)) && !fits(&types(ty, 17)));
        }
        let both: Vec<u8> = types(ValueType::F64, 16).into_iter().chain(types(ValueType::I32, 14)).collect();
        assert!(fits(&both) && both.len() == VALUES && fits(&[]));
        assert!(!fits(&[ValueType::V128 as u8]) && !fits(&[0]));
    }
}
