//! Constants, single lanes, shuffles, and operators on all bits at once.

use super::super::function::Translator;
use cranelift_codegen::ir::{InstBuilder as _, Type, types};
use wasmparser::Operator as O;

impl Translator<'_, '_, '_> {
    pub(super) fn vector_lanes(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::V128Const { value } => {
                let constant = self.b.func.dfg.constants.insert(value.bytes().as_slice().into());
                let value = self.b.ins().vconst(types::I8X16, constant);
                self.state.push(value);
            }
            O::I8x16Shuffle { lanes } => {
                let (left, right) = self.state.pop2();
                let mask = self.b.func.dfg.immediates.push(lanes.as_slice().into());
                let value = self.b.ins().shuffle(left, right, mask);
                self.state.push(value);
            }
            O::I8x16Swizzle => self.vector_binary(types::I8X16, |b, left, right| b.ins().swizzle(left, right)),

            O::I8x16Splat => self.splat(types::I8X16),
            O::I16x8Splat => self.splat(types::I16X8),
            O::I32x4Splat => self.splat(types::I32X4),
            O::I64x2Splat => self.splat(types::I64X2),
            O::F32x4Splat => self.splat(types::F32X4),
            O::F64x2Splat => self.splat(types::F64X2),

            O::I8x16ExtractLaneS { lane } => self.extract_lane(types::I8X16, *lane, true),
            O::I8x16ExtractLaneU { lane } => self.extract_lane(types::I8X16, *lane, false),
            O::I16x8ExtractLaneS { lane } => self.extract_lane(types::I16X8, *lane, true),
            O::I16x8ExtractLaneU { lane } => self.extract_lane(types::I16X8, *lane, false),
            O::I32x4ExtractLane { lane } => self.extract_lane(types::I32X4, *lane, false),
            O::I64x2ExtractLane { lane } => self.extract_lane(types::I64X2, *lane, false),
            O::F32x4ExtractLane { lane } => self.extract_lane(types::F32X4, *lane, false),
            O::F64x2ExtractLane { lane } => self.extract_lane(types::F64X2, *lane, false),

            O::I8x16ReplaceLane { lane } => self.replace_lane(types::I8X16, *lane),
            O::I16x8ReplaceLane { lane } => self.replace_lane(types::I16X8, *lane),
            O::I32x4ReplaceLane { lane } => self.replace_lane(types::I32X4, *lane),
            O::I64x2ReplaceLane { lane } => self.replace_lane(types::I64X2, *lane),
            O::F32x4ReplaceLane { lane } => self.replace_lane(types::F32X4, *lane),
            O::F64x2ReplaceLane { lane } => self.replace_lane(types::F64X2, *lane),

            O::V128Not => self.vector_unary(types::I8X16, |b, value| b.ins().bnot(value)),
            O::V128And => self.vector_binary(types::I8X16, |b, left, right| b.ins().band(left, right)),
            O::V128AndNot => self.vector_binary(types::I8X16, |b, left, right| b.ins().band_not(left, right)),
            O::V128Or => self.vector_binary(types::I8X16, |b, left, right| b.ins().bor(left, right)),
            O::V128Xor => self.vector_binary(types::I8X16, |b, left, right| b.ins().bxor(left, right)),
            O::V128Bitselect => {
                let (ones, zeroes, mask) = self.state.pop3();
                let value = self.b.ins().bitselect(mask, ones, zeroes);
                self.state.push(value);
            }

            O::V128AnyTrue => {
                let value = self.state.pop();
                let truth = self.b.ins().vany_true(value);
                self.push_truth(truth);
            }
            O::I8x16AllTrue => self.all_true(types::I8X16),
            O::I16x8AllTrue => self.all_true(types::I16X8),
            O::I32x4AllTrue => self.all_true(types::I32X4),
            O::I64x2AllTrue => self.all_true(types::I64X2),
            O::I8x16Bitmask => self.bitmask(types::I8X16),
            O::I16x8Bitmask => self.bitmask(types::I16X8),
            O::I32x4Bitmask => self.bitmask(types::I32X4),
            O::I64x2Bitmask => self.bitmask(types::I64X2),
            _ => return false,
        }
        true
    }

    /// Pops a scalar and cuts it to the width of a lane.
    fn pop_lane(&mut self, ty: Type) -> cranelift_codegen::ir::Value {
        let value = self.state.pop();
        let lane = ty.lane_type();
        if lane.bits() < 32 { self.b.ins().ireduce(lane, value) } else { value }
    }

    fn splat(&mut self, ty: Type) {
        let value = self.pop_lane(ty);
        let value = self.b.ins().splat(ty, value);
        self.push_vector(value);
    }

    fn extract_lane(&mut self, ty: Type, number: u8, signed: bool) {
        let vector = self.pop_vector(ty);
        let lane = self.b.ins().extractlane(vector, number);
        let value = match ty.lane_bits() {
            8 | 16 if signed => self.b.ins().sextend(types::I32, lane),
            8 | 16 => self.b.ins().uextend(types::I32, lane),
            _ => lane,
        };
        self.state.push(value);
    }

    fn replace_lane(&mut self, ty: Type, number: u8) {
        let value = self.pop_lane(ty);
        let vector = self.pop_vector(ty);
        let value = self.b.ins().insertlane(vector, value, number);
        self.push_vector(value);
    }

    fn all_true(&mut self, ty: Type) {
        let value = self.pop_vector(ty);
        let truth = self.b.ins().vall_true(value);
        self.push_truth(truth);
    }

    fn bitmask(&mut self, ty: Type) {
        let value = self.pop_vector(ty);
        let bits = self.b.ins().vhigh_bits(types::I32, value);
        self.state.push(bits);
    }
}
