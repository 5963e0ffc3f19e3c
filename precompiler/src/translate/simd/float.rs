//! Float lanes: comparisons, arithmetic, and conversions.

use super::super::function::Translator;
use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::types::{F32X4, F64X2, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder as _, Type, Value};
use wasmparser::Operator as O;

impl Translator<'_, '_, '_> {
    pub(super) fn vector_float(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::F32x4Eq => self.vector_fcmp(F32X4, FloatCC::Equal),
            O::F32x4Ne => self.vector_fcmp(F32X4, FloatCC::NotEqual),
            O::F32x4Lt => self.vector_fcmp(F32X4, FloatCC::LessThan),
            O::F32x4Gt => self.vector_fcmp(F32X4, FloatCC::GreaterThan),
            O::F32x4Le => self.vector_fcmp(F32X4, FloatCC::LessThanOrEqual),
            O::F32x4Ge => self.vector_fcmp(F32X4, FloatCC::GreaterThanOrEqual),
            O::F32x4Ceil => self.vector_unary(F32X4, |b, value| b.ins().ceil(value)),
            O::F32x4Floor => self.vector_unary(F32X4, |b, value| b.ins().floor(value)),
            O::F32x4Trunc => self.vector_unary(F32X4, |b, value| b.ins().trunc(value)),
            O::F32x4Nearest => self.vector_unary(F32X4, |b, value| b.ins().nearest(value)),
            O::F32x4Abs => self.vector_unary(F32X4, |b, value| b.ins().fabs(value)),
            O::F32x4Neg => self.vector_unary(F32X4, |b, value| b.ins().fneg(value)),
            O::F32x4Sqrt => self.vector_unary(F32X4, |b, value| b.ins().sqrt(value)),
            O::F32x4Add => self.vector_binary(F32X4, |b, left, right| b.ins().fadd(left, right)),
            O::F32x4Sub => self.vector_binary(F32X4, |b, left, right| b.ins().fsub(left, right)),
            O::F32x4Mul => self.vector_binary(F32X4, |b, left, right| b.ins().fmul(left, right)),
            O::F32x4Div => self.vector_binary(F32X4, |b, left, right| b.ins().fdiv(left, right)),
            O::F32x4Min => self.vector_binary(F32X4, |b, left, right| b.ins().fmin(left, right)),
            O::F32x4Max => self.vector_binary(F32X4, |b, left, right| b.ins().fmax(left, right)),
            O::F32x4PMin => self.pseudo_extreme(F32X4, |left, right| (right, left)),
            O::F32x4PMax => self.pseudo_extreme(F32X4, |left, right| (left, right)),
            O::F64x2Eq => self.vector_fcmp(F64X2, FloatCC::Equal),
            O::F64x2Ne => self.vector_fcmp(F64X2, FloatCC::NotEqual),
            O::F64x2Lt => self.vector_fcmp(F64X2, FloatCC::LessThan),
            O::F64x2Gt => self.vector_fcmp(F64X2, FloatCC::GreaterThan),
            O::F64x2Le => self.vector_fcmp(F64X2, FloatCC::LessThanOrEqual),
            O::F64x2Ge => self.vector_fcmp(F64X2, FloatCC::GreaterThanOrEqual),
            O::F64x2Ceil => self.vector_unary(F64X2, |b, value| b.ins().ceil(value)),
            O::F64x2Floor => self.vector_unary(F64X2, |b, value| b.ins().floor(value)),
            O::F64x2Trunc => self.vector_unary(F64X2, |b, value| b.ins().trunc(value)),
            O::F64x2Nearest => self.vector_unary(F64X2, |b, value| b.ins().nearest(value)),
            O::F64x2Abs => self.vector_unary(F64X2, |b, value| b.ins().fabs(value)),
            O::F64x2Neg => self.vector_unary(F64X2, |b, value| b.ins().fneg(value)),
            O::F64x2Sqrt => self.vector_unary(F64X2, |b, value| b.ins().sqrt(value)),
            O::F64x2Add => self.vector_binary(F64X2, |b, left, right| b.ins().fadd(left, right)),
            O::F64x2Sub => self.vector_binary(F64X2, |b, left, right| b.ins().fsub(left, right)),
            O::F64x2Mul => self.vector_binary(F64X2, |b, left, right| b.ins().fmul(left, right)),
            O::F64x2Div => self.vector_binary(F64X2, |b, left, right| b.ins().fdiv(left, right)),
            O::F64x2Min => self.vector_binary(F64X2, |b, left, right| b.ins().fmin(left, right)),
            O::F64x2Max => self.vector_binary(F64X2, |b, left, right| b.ins().fmax(left, right)),
            O::F64x2PMin => self.pseudo_extreme(F64X2, |left, right| (right, left)),
            O::F64x2PMax => self.pseudo_extreme(F64X2, |left, right| (left, right)),
            _ => return false,
        }
        true
    }

    pub(super) fn vector_conversion(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::I32x4TruncSatF32x4S => self.vector_unary(F32X4, |b, value| b.ins().fcvt_to_sint_sat(I32X4, value)),
            O::I32x4TruncSatF32x4U => self.vector_unary(F32X4, |b, value| b.ins().fcvt_to_uint_sat(I32X4, value)),
            O::F32x4ConvertI32x4S => self.vector_unary(I32X4, |b, value| b.ins().fcvt_from_sint(F32X4, value)),
            O::F32x4ConvertI32x4U => self.vector_unary(I32X4, |b, value| b.ins().fcvt_from_uint(F32X4, value)),
            O::I32x4TruncSatF64x2SZero => {
                let zero = self.zero_lanes(I64X2);
                self.vector_unary(F64X2, |b, value| {
                    let wide = b.ins().fcvt_to_sint_sat(I64X2, value);
                    b.ins().snarrow(wide, zero)
                });
            }
            O::I32x4TruncSatF64x2UZero => {
                let zero = self.zero_lanes(I64X2);
                self.vector_unary(F64X2, |b, value| {
                    let wide = b.ins().fcvt_to_uint_sat(I64X2, value);
                    b.ins().uunarrow(wide, zero)
                });
            }
            O::F64x2ConvertLowI32x4S => self.vector_unary(I32X4, |b, value| {
                let wide = b.ins().swiden_low(value);
                b.ins().fcvt_from_sint(F64X2, wide)
            }),
            O::F64x2ConvertLowI32x4U => self.vector_unary(I32X4, |b, value| {
                let wide = b.ins().uwiden_low(value);
                b.ins().fcvt_from_uint(F64X2, wide)
            }),
            O::F32x4DemoteF64x2Zero => self.vector_unary(F64X2, |b, value| b.ins().fvdemote(value)),
            O::F64x2PromoteLowF32x4 => self.vector_unary(F32X4, |b, value| b.ins().fvpromote_low(value)),
            _ => return false,
        }
        true
    }

    /// The right operand where the first of `order` is less than the second, else the left one. Written such that targets with
    /// an instruction for it recognise it.
    fn pseudo_extreme(&mut self, ty: Type, order: fn(Value, Value) -> (Value, Value)) {
        let right = self.pop_vector(ty);
        let left = self.pop_vector(ty);
        let (lesser, greater) = order(left, right);
        let mask = self.b.ins().fcmp(FloatCC::LessThan, lesser, greater);
        let mask = self.as_lanes(ty, mask);
        let value = self.b.ins().bitselect(mask, right, left);
        self.push_vector(value);
    }

    fn zero_lanes(&mut self, ty: Type) -> Value {
        let zero = self.b.func.dfg.constants.insert([0; 16].as_slice().into());
        self.b.ins().vconst(ty, zero)
    }
}
