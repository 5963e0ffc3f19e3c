//! Integer lanes: comparisons, arithmetic, shifts, and operators between lanes of different widths.

use super::super::function::Translator;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8X16, I16X8, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder as _, Type, Value};
use cranelift_frontend::FunctionBuilder;
use wasmparser::Operator as O;

impl Translator<'_, '_, '_> {
    pub(super) fn vector_integer_comparison(&mut self, operator: &O<'_>) -> bool {
        let (ty, condition) = match operator {
            O::I8x16Eq => (I8X16, IntCC::Equal),
            O::I8x16Ne => (I8X16, IntCC::NotEqual),
            O::I8x16LtS => (I8X16, IntCC::SignedLessThan),
            O::I8x16LtU => (I8X16, IntCC::UnsignedLessThan),
            O::I8x16GtS => (I8X16, IntCC::SignedGreaterThan),
            O::I8x16GtU => (I8X16, IntCC::UnsignedGreaterThan),
            O::I8x16LeS => (I8X16, IntCC::SignedLessThanOrEqual),
            O::I8x16LeU => (I8X16, IntCC::UnsignedLessThanOrEqual),
            O::I8x16GeS => (I8X16, IntCC::SignedGreaterThanOrEqual),
            O::I8x16GeU => (I8X16, IntCC::UnsignedGreaterThanOrEqual),
            O::I16x8Eq => (I16X8, IntCC::Equal),
            O::I16x8Ne => (I16X8, IntCC::NotEqual),
            O::I16x8LtS => (I16X8, IntCC::SignedLessThan),
            O::I16x8LtU => (I16X8, IntCC::UnsignedLessThan),
            O::I16x8GtS => (I16X8, IntCC::SignedGreaterThan),
            O::I16x8GtU => (I16X8, IntCC::UnsignedGreaterThan),
            O::I16x8LeS => (I16X8, IntCC::SignedLessThanOrEqual),
            O::I16x8LeU => (I16X8, IntCC::UnsignedLessThanOrEqual),
            O::I16x8GeS => (I16X8, IntCC::SignedGreaterThanOrEqual),
            O::I16x8GeU => (I16X8, IntCC::UnsignedGreaterThanOrEqual),
            O::I32x4Eq => (I32X4, IntCC::Equal),
            O::I32x4Ne => (I32X4, IntCC::NotEqual),
            O::I32x4LtS => (I32X4, IntCC::SignedLessThan),
            O::I32x4LtU => (I32X4, IntCC::UnsignedLessThan),
            O::I32x4GtS => (I32X4, IntCC::SignedGreaterThan),
            O::I32x4GtU => (I32X4, IntCC::UnsignedGreaterThan),
            O::I32x4LeS => (I32X4, IntCC::SignedLessThanOrEqual),
            O::I32x4LeU => (I32X4, IntCC::UnsignedLessThanOrEqual),
            O::I32x4GeS => (I32X4, IntCC::SignedGreaterThanOrEqual),
            O::I32x4GeU => (I32X4, IntCC::UnsignedGreaterThanOrEqual),
            O::I64x2Eq => (I64X2, IntCC::Equal),
            O::I64x2Ne => (I64X2, IntCC::NotEqual),
            O::I64x2LtS => (I64X2, IntCC::SignedLessThan),
            O::I64x2GtS => (I64X2, IntCC::SignedGreaterThan),
            O::I64x2LeS => (I64X2, IntCC::SignedLessThanOrEqual),
            O::I64x2GeS => (I64X2, IntCC::SignedGreaterThanOrEqual),
            _ => return false,
        };
        self.vector_icmp(ty, condition);
        true
    }

    pub(super) fn vector_integer(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::I8x16Abs => self.vector_unary(I8X16, |b, value| b.ins().iabs(value)),
            O::I8x16Neg => self.vector_unary(I8X16, |b, value| b.ins().ineg(value)),
            O::I8x16Popcnt => self.vector_unary(I8X16, |b, value| b.ins().popcnt(value)),
            O::I8x16Shl => self.vector_shift(I8X16, |b, value, bits| b.ins().ishl(value, bits)),
            O::I8x16ShrS => self.vector_shift(I8X16, |b, value, bits| b.ins().sshr(value, bits)),
            O::I8x16ShrU => self.vector_shift(I8X16, |b, value, bits| b.ins().ushr(value, bits)),
            O::I8x16Add => self.vector_binary(I8X16, |b, left, right| b.ins().iadd(left, right)),
            O::I8x16Sub => self.vector_binary(I8X16, |b, left, right| b.ins().isub(left, right)),
            O::I8x16AddSatS => self.vector_binary(I8X16, |b, left, right| b.ins().sadd_sat(left, right)),
            O::I8x16AddSatU => self.vector_binary(I8X16, |b, left, right| b.ins().uadd_sat(left, right)),
            O::I8x16SubSatS => self.vector_binary(I8X16, |b, left, right| b.ins().ssub_sat(left, right)),
            O::I8x16SubSatU => self.vector_binary(I8X16, |b, left, right| b.ins().usub_sat(left, right)),
            O::I8x16AvgrU => self.vector_binary(I8X16, |b, left, right| b.ins().avg_round(left, right)),
            O::I8x16MinS => self.vector_binary(I8X16, |b, left, right| b.ins().smin(left, right)),
            O::I8x16MinU => self.vector_binary(I8X16, |b, left, right| b.ins().umin(left, right)),
            O::I8x16MaxS => self.vector_binary(I8X16, |b, left, right| b.ins().smax(left, right)),
            O::I8x16MaxU => self.vector_binary(I8X16, |b, left, right| b.ins().umax(left, right)),
            O::I16x8Abs => self.vector_unary(I16X8, |b, value| b.ins().iabs(value)),
            O::I16x8Neg => self.vector_unary(I16X8, |b, value| b.ins().ineg(value)),
            O::I16x8Shl => self.vector_shift(I16X8, |b, value, bits| b.ins().ishl(value, bits)),
            O::I16x8ShrS => self.vector_shift(I16X8, |b, value, bits| b.ins().sshr(value, bits)),
            O::I16x8ShrU => self.vector_shift(I16X8, |b, value, bits| b.ins().ushr(value, bits)),
            O::I16x8Add => self.vector_binary(I16X8, |b, left, right| b.ins().iadd(left, right)),
            O::I16x8Sub => self.vector_binary(I16X8, |b, left, right| b.ins().isub(left, right)),
            O::I16x8Mul => self.vector_binary(I16X8, |b, left, right| b.ins().imul(left, right)),
            O::I16x8AddSatS => self.vector_binary(I16X8, |b, left, right| b.ins().sadd_sat(left, right)),
            O::I16x8AddSatU => self.vector_binary(I16X8, |b, left, right| b.ins().uadd_sat(left, right)),
            O::I16x8SubSatS => self.vector_binary(I16X8, |b, left, right| b.ins().ssub_sat(left, right)),
            O::I16x8SubSatU => self.vector_binary(I16X8, |b, left, right| b.ins().usub_sat(left, right)),
            O::I16x8AvgrU => self.vector_binary(I16X8, |b, left, right| b.ins().avg_round(left, right)),
            O::I16x8MinS => self.vector_binary(I16X8, |b, left, right| b.ins().smin(left, right)),
            O::I16x8MinU => self.vector_binary(I16X8, |b, left, right| b.ins().umin(left, right)),
            O::I16x8MaxS => self.vector_binary(I16X8, |b, left, right| b.ins().smax(left, right)),
            O::I16x8MaxU => self.vector_binary(I16X8, |b, left, right| b.ins().umax(left, right)),
            O::I16x8Q15MulrSatS => self.vector_binary(I16X8, |b, left, right| b.ins().sqmul_round_sat(left, right)),
            O::I32x4Abs => self.vector_unary(I32X4, |b, value| b.ins().iabs(value)),
            O::I32x4Neg => self.vector_unary(I32X4, |b, value| b.ins().ineg(value)),
            O::I32x4Shl => self.vector_shift(I32X4, |b, value, bits| b.ins().ishl(value, bits)),
            O::I32x4ShrS => self.vector_shift(I32X4, |b, value, bits| b.ins().sshr(value, bits)),
            O::I32x4ShrU => self.vector_shift(I32X4, |b, value, bits| b.ins().ushr(value, bits)),
            O::I32x4Add => self.vector_binary(I32X4, |b, left, right| b.ins().iadd(left, right)),
            O::I32x4Sub => self.vector_binary(I32X4, |b, left, right| b.ins().isub(left, right)),
            O::I32x4Mul => self.vector_binary(I32X4, |b, left, right| b.ins().imul(left, right)),
            O::I32x4MinS => self.vector_binary(I32X4, |b, left, right| b.ins().smin(left, right)),
            O::I32x4MinU => self.vector_binary(I32X4, |b, left, right| b.ins().umin(left, right)),
            O::I32x4MaxS => self.vector_binary(I32X4, |b, left, right| b.ins().smax(left, right)),
            O::I32x4MaxU => self.vector_binary(I32X4, |b, left, right| b.ins().umax(left, right)),
            O::I64x2Abs => self.vector_unary(I64X2, |b, value| b.ins().iabs(value)),
            O::I64x2Neg => self.vector_unary(I64X2, |b, value| b.ins().ineg(value)),
            O::I64x2Shl => self.vector_shift(I64X2, |b, value, bits| b.ins().ishl(value, bits)),
            O::I64x2ShrS => self.vector_shift(I64X2, |b, value, bits| b.ins().sshr(value, bits)),
            O::I64x2ShrU => self.vector_shift(I64X2, |b, value, bits| b.ins().ushr(value, bits)),
            O::I64x2Add => self.vector_binary(I64X2, |b, left, right| b.ins().iadd(left, right)),
            O::I64x2Sub => self.vector_binary(I64X2, |b, left, right| b.ins().isub(left, right)),
            O::I64x2Mul => self.vector_binary(I64X2, |b, left, right| b.ins().imul(left, right)),
            _ => return false,
        }
        true
    }

    /// Operators whose result has lanes of another width than the operands.
    pub(super) fn vector_widening(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::I8x16NarrowI16x8S => self.vector_binary(I16X8, |b, left, right| b.ins().snarrow(left, right)),
            O::I8x16NarrowI16x8U => self.vector_binary(I16X8, |b, left, right| b.ins().unarrow(left, right)),
            O::I16x8NarrowI32x4S => self.vector_binary(I32X4, |b, left, right| b.ins().snarrow(left, right)),
            O::I16x8NarrowI32x4U => self.vector_binary(I32X4, |b, left, right| b.ins().unarrow(left, right)),
            O::I16x8ExtendLowI8x16S => self.vector_unary(I8X16, swiden_low),
            O::I16x8ExtendLowI8x16U => self.vector_unary(I8X16, uwiden_low),
            O::I16x8ExtendHighI8x16S => self.vector_unary(I8X16, swiden_high),
            O::I16x8ExtendHighI8x16U => self.vector_unary(I8X16, uwiden_high),
            O::I16x8ExtMulLowI8x16S => self.multiply_widened(I8X16, swiden_low),
            O::I16x8ExtMulLowI8x16U => self.multiply_widened(I8X16, uwiden_low),
            O::I16x8ExtMulHighI8x16S => self.multiply_widened(I8X16, swiden_high),
            O::I16x8ExtMulHighI8x16U => self.multiply_widened(I8X16, uwiden_high),
            O::I16x8ExtAddPairwiseI8x16S => self.add_pairs(I8X16, swiden_low, swiden_high),
            O::I16x8ExtAddPairwiseI8x16U => self.add_pairs(I8X16, uwiden_low, uwiden_high),
            O::I32x4ExtendLowI16x8S => self.vector_unary(I16X8, swiden_low),
            O::I32x4ExtendLowI16x8U => self.vector_unary(I16X8, uwiden_low),
            O::I32x4ExtendHighI16x8S => self.vector_unary(I16X8, swiden_high),
            O::I32x4ExtendHighI16x8U => self.vector_unary(I16X8, uwiden_high),
            O::I32x4ExtMulLowI16x8S => self.multiply_widened(I16X8, swiden_low),
            O::I32x4ExtMulLowI16x8U => self.multiply_widened(I16X8, uwiden_low),
            O::I32x4ExtMulHighI16x8S => self.multiply_widened(I16X8, swiden_high),
            O::I32x4ExtMulHighI16x8U => self.multiply_widened(I16X8, uwiden_high),
            O::I32x4ExtAddPairwiseI16x8S => self.add_pairs(I16X8, swiden_low, swiden_high),
            O::I32x4ExtAddPairwiseI16x8U => self.add_pairs(I16X8, uwiden_low, uwiden_high),
            O::I64x2ExtendLowI32x4S => self.vector_unary(I32X4, swiden_low),
            O::I64x2ExtendLowI32x4U => self.vector_unary(I32X4, uwiden_low),
            O::I64x2ExtendHighI32x4S => self.vector_unary(I32X4, swiden_high),
            O::I64x2ExtendHighI32x4U => self.vector_unary(I32X4, uwiden_high),
            O::I64x2ExtMulLowI32x4S => self.multiply_widened(I32X4, swiden_low),
            O::I64x2ExtMulLowI32x4U => self.multiply_widened(I32X4, uwiden_low),
            O::I64x2ExtMulHighI32x4S => self.multiply_widened(I32X4, swiden_high),
            O::I64x2ExtMulHighI32x4U => self.multiply_widened(I32X4, uwiden_high),
            O::I32x4DotI16x8S => self.vector_binary(I16X8, |b, left, right| {
                let (left_low, right_low) = (b.ins().swiden_low(left), b.ins().swiden_low(right));
                let low = b.ins().imul(left_low, right_low);
                let (left_high, right_high) = (b.ins().swiden_high(left), b.ins().swiden_high(right));
                let high = b.ins().imul(left_high, right_high);
                b.ins().iadd_pairwise(low, high)
            }),
            _ => return false,
        }
        true
    }

    fn multiply_widened(&mut self, ty: Type, widen: Widen) {
        self.vector_binary(ty, |b, left, right| {
            let (left, right) = (widen(b, left), widen(b, right));
            b.ins().imul(left, right)
        });
    }

    fn add_pairs(&mut self, ty: Type, low: Widen, high: Widen) {
        self.vector_unary(ty, |b, value| {
            let (low, high) = (low(b, value), high(b, value));
            b.ins().iadd_pairwise(low, high)
        });
    }
}

/// Half of the lanes, twice as wide.
type Widen = fn(&mut FunctionBuilder<'_>, Value) -> Value;

fn swiden_low(b: &mut FunctionBuilder<'_>, value: Value) -> Value {
    b.ins().swiden_low(value)
}

fn swiden_high(b: &mut FunctionBuilder<'_>, value: Value) -> Value {
    b.ins().swiden_high(value)
}

fn uwiden_low(b: &mut FunctionBuilder<'_>, value: Value) -> Value {
    b.ins().uwiden_low(value)
}

fn uwiden_high(b: &mut FunctionBuilder<'_>, value: Value) -> Value {
    b.ins().uwiden_high(value)
}
