//! How values cross between compiled code and the host: in registers where a function's type has few of them, otherwise in an
//! array of 64-bit slots ([`ValueType::slots`]). The type alone decides, so that precompiler and runtime need not ask each other.
//!
//! Both ways have one shape in C, five words, which are registers on every ISA:
//!
//! - host to wasm, the *entry trampoline*: `extern "C" fn(callee, u64, u64, u64, u64) -> u64`. `callee` points to the function's code and
//!   context, as a [`FuncImportLayout`](crate::layout::FuncImportLayout) has them.
//! - wasm to host, a *host function's code*: `extern "C" fn(context, u64, u64, u64, u64) -> u64`.
//!
//! In registers: the words are the parameters, each as it would stand in a slot (floats as their bits), and 0 behind the last; the
//! result is the one that the type has, likewise, or means nothing. In slots: the first word is the array's address; arguments are in
//! it, results go there, and the result of the C function means nothing.
//!
//! Neither says whether the guest was stopped: the runtime knows, as it was the runtime that stopped it. A host function that
//! fails does not return to native code; to an interpreter it returns, and execution goes on elsewhere.

use crate::types::ValueType;

/// Values that cross in registers.
pub const VALUES: usize = 4;

/// The slots for functions of this type, whose value types are given by their bytes: what parameters or results take, whichever is
/// more; or 0, if the values cross in registers.
#[must_use]
pub const fn slots(params: &[u8], results: &[u8]) -> u32 {
    let (values, returned) = (sum(params), sum(results));
    if params.len() <= VALUES && values == params.len() as u64 && results.len() <= 1 && returned == results.len() as u64
    {
        return 0;
    }
    // As many as a type can have: 2 * 65,535 of two slots each.
    #[expect(clippy::cast_possible_truncation, reason = "lengths of 16 bits, as images have them")]
    let slots = if values > returned { values as u32 } else { returned as u32 };
    slots
}

/// Slots of all these.
const fn sum(types: &[u8]) -> u64 {
    let (mut rest, mut sum) = (types, 0u64);
    while let Some((first, tail)) = rest.split_first() {
        sum = sum.wrapping_add(match ValueType::from_u8(*first) {
            Some(ty) => ty.slots() as u64,
            None => 1,
        });
        rest = tail;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ValueType::{ExternRef, F32, F64, FuncRef, I32, I64, V128};

    #[test]
    fn few_values_cross_in_registers() {
        let bytes = |types: &[ValueType]| {
            let mut bytes = [0; 8];
            for (byte, ty) in bytes.iter_mut().zip(types) {
                *byte = *ty as u8;
            }
            (bytes, types.len())
        };
        for (params, results, expected) in [
            (&[][..], &[][..], 0),
            (&[I32, I64, F32, F64], &[FuncRef], 0),
            (&[FuncRef, ExternRef], &[F64], 0),
            (&[I32; 5], &[], 5),
            (&[], &[I32, I32], 2),
            (&[I32], &[I32, I32, I32], 3),
            (&[V128], &[], 2),
            (&[I32; 4], &[V128], 4),
            (&[], &[V128], 2),
            (&[V128, I32, V128], &[I32], 5),
        ] {
            let ((params, count), (results, returned)) = (bytes(params), bytes(results));
            let found =
                params.get(..count).zip(results.get(..returned)).map(|(params, results)| slots(params, results));
            assert_eq!(found, Some(expected), "{params:?} {results:?}");
        }
    }
}
