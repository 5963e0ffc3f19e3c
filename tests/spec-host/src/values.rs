//! Arguments and expected results, from the text format's to the script's.

use stilt_spec_script::{Expected, F32Pattern, F64Pattern, HeapKind, Value};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Const, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// A value that a script cannot say; the text is for the failure report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsupported(pub(crate) &'static str);

/// An argument of an action.
pub(crate) fn argument(argument: &WastArg<'_>) -> Result<Value, Unsupported> {
    let WastArg::Core(argument) = argument else {
        return Err(Unsupported("component values"));
    };
    Ok(match argument {
        WastArgCore::I32(value) => Value::I32(value.cast_unsigned()),
        WastArgCore::I64(value) => Value::I64(value.cast_unsigned()),
        WastArgCore::F32(value) => Value::F32(value.bits),
        WastArgCore::F64(value) => Value::F64(value.bits),
        WastArgCore::V128(value) => v128(value),
        WastArgCore::RefNull(heap) => Value::RefNull(heap_kind(heap)?),
        WastArgCore::RefExtern(number) => Value::RefExtern(*number),
        WastArgCore::RefHost(_) => return Err(Unsupported("ref.host")),
    })
}

/// What a result has to be: one of these.
pub(crate) fn expected(expected: &WastRet<'_>) -> Result<Vec<Expected>, Unsupported> {
    match expected {
        WastRet::Core(WastRetCore::Either(cases)) => cases.iter().map(pattern).collect(),
        WastRet::Core(expected) => Ok(vec![pattern(expected)?]),
        _ => Err(Unsupported("component values")),
    }
}

fn pattern(expected: &WastRetCore<'_>) -> Result<Expected, Unsupported> {
    Ok(match expected {
        WastRetCore::I32(value) => Expected::Exactly(Value::I32(value.cast_unsigned())),
        WastRetCore::I64(value) => Expected::Exactly(Value::I64(value.cast_unsigned())),
        WastRetCore::F32(pattern) => match f32_pattern(pattern) {
            F32Pattern::Bits(bits) => Expected::Exactly(Value::F32(bits)),
            nan => Expected::F32(nan),
        },
        WastRetCore::F64(pattern) => match f64_pattern(pattern) {
            F64Pattern::Bits(bits) => Expected::Exactly(Value::F64(bits)),
            nan => Expected::F64(nan),
        },
        WastRetCore::V128(pattern) => v128_pattern(pattern),
        WastRetCore::RefNull(None) => Expected::AnyNull,
        WastRetCore::RefNull(Some(heap)) => Expected::Exactly(Value::RefNull(heap_kind(heap)?)),
        WastRetCore::RefExtern(None) => Expected::AnyExtern,
        WastRetCore::RefExtern(Some(number)) => Expected::Exactly(Value::RefExtern(*number)),
        WastRetCore::RefFunc(None) => Expected::Exactly(Value::RefFunc),
        WastRetCore::RefFunc(Some(_)) => return Err(Unsupported("ref.func of an index")),
        WastRetCore::Either(_) => return Err(Unsupported("either in either")),
        _ => return Err(Unsupported("references of the GC proposal")),
    })
}

fn v128(value: &V128Const) -> Value {
    Value::V128(u128::from_le_bytes(value.to_le_bytes()))
}

fn v128_pattern(pattern: &V128Pattern) -> Expected {
    Expected::Exactly(v128(&match pattern {
        V128Pattern::I8x16(lanes) => V128Const::I8x16(*lanes),
        V128Pattern::I16x8(lanes) => V128Const::I16x8(*lanes),
        V128Pattern::I32x4(lanes) => V128Const::I32x4(*lanes),
        V128Pattern::I64x2(lanes) => V128Const::I64x2(*lanes),
        V128Pattern::F32x4(lanes) => {
            return Expected::F32x4(lanes.each_ref().map(f32_pattern));
        }
        V128Pattern::F64x2(lanes) => {
            return Expected::F64x2(lanes.each_ref().map(f64_pattern));
        }
    }))
}

fn f32_pattern(pattern: &NanPattern<F32>) -> F32Pattern {
    match pattern {
        NanPattern::CanonicalNan => F32Pattern::Canonical,
        NanPattern::ArithmeticNan => F32Pattern::Arithmetic,
        NanPattern::Value(value) => F32Pattern::Bits(value.bits),
    }
}

fn f64_pattern(pattern: &NanPattern<F64>) -> F64Pattern {
    match pattern {
        NanPattern::CanonicalNan => F64Pattern::Canonical,
        NanPattern::ArithmeticNan => F64Pattern::Arithmetic,
        NanPattern::Value(value) => F64Pattern::Bits(value.bits),
    }
}

fn heap_kind(heap: &HeapType<'_>) -> Result<HeapKind, Unsupported> {
    match heap {
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Func } => Ok(HeapKind::Func),
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Extern } => Ok(HeapKind::Extern),
        _ => Err(Unsupported("heap types beyond func and extern")),
    }
}
