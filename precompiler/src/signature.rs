//! How wasm types look in Cranelift's intermediate form: value types, and signatures of compiled functions. Used by the
//! translator and by the trampolines, which must agree.

use crate::target::Target;
use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use stilt_artifact::crossing;
use stilt_artifact::types::ValueType;

/// The type of a wasm value. Vectors have one type between operators, [`types::I8X16`].
pub fn value_type(target: &Target, ty: ValueType) -> Type {
    match ty {
        ValueType::I32 | ValueType::ExternRef => types::I32,
        ValueType::I64 => types::I64,
        ValueType::F32 if target.integers_only() => types::I32,
        ValueType::F64 if target.integers_only() => types::I64,
        ValueType::F32 => types::F32,
        ValueType::F64 => types::F64,
        ValueType::V128 => types::I8X16,
        // `ValueType` may grow; a new type is refused before it gets here.
        _ => target.pointer_type(),
    }
}

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WasmSignature {
    /// Parameters.
    pub params: Vec<ValueType>,
    /// Results.
    pub results: Vec<ValueType>,
}

impl WasmSignature {
    /// The slots that values of this type take between compiled code and the host, or 0: see [`crossing`].
    pub fn slots(&self) -> u32 {
        let bytes = |types: &[ValueType]| -> Vec<u8> { types.iter().map(|ty| *ty as u8).collect() };
        crossing::slots(&bytes(&self.params), &bytes(&self.results))
    }

    /// The signature of compiled functions of this type.
    pub fn compiled(&self, target: &Target) -> Signature {
        let lower = |types: &[ValueType]| -> Vec<Type> { types.iter().map(|ty| value_type(target, *ty)).collect() };
        tail(target, &lower(&self.params), &lower(&self.results))
    }
}

/// A signature in the convention of compiled code: the context comes first.
pub fn tail(target: &Target, params: &[Type], results: &[Type]) -> Signature {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::new(target.pointer_type()));
    signature.params.extend(params.iter().copied().map(AbiParam::new));
    signature.returns.extend(results.iter().copied().map(AbiParam::new));
    signature
}

/// A signature in the host's convention.
pub fn host(params: &[Type], results: &[Type]) -> Signature {
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params.extend(params.iter().copied().map(AbiParam::new));
    signature.returns.extend(results.iter().copied().map(AbiParam::new));
    signature
}
