//! Vector loads and stores.

use super::super::function::Translator;
use cranelift_codegen::ir::{InstBuilder as _, Type, types};
use wasmparser::{MemArg, Operator as O};

/// How lanes are widened.
#[derive(Clone, Copy)]
enum Sign {
    Signed,
    Unsigned,
}

impl Translator<'_, '_, '_> {
    pub(super) fn vector_memory(&mut self, operator: &O<'_>) -> bool {
        match operator {
            O::V128Load { memarg } => {
                let place = self.place(memarg, 16);
                let value = self.b.ins().load(types::I8X16, place.flags, place.base, place.offset);
                self.state.push(value);
            }
            O::V128Store { memarg } => {
                let value = self.state.pop();
                let place = self.place(memarg, 16);
                self.b.ins().store(place.flags, value, place.base, place.offset);
            }
            O::V128Load8x8S { memarg } => self.load_widened(memarg, types::I8X16, Sign::Signed),
            O::V128Load8x8U { memarg } => self.load_widened(memarg, types::I8X16, Sign::Unsigned),
            O::V128Load16x4S { memarg } => self.load_widened(memarg, types::I16X8, Sign::Signed),
            O::V128Load16x4U { memarg } => self.load_widened(memarg, types::I16X8, Sign::Unsigned),
            O::V128Load32x2S { memarg } => self.load_widened(memarg, types::I32X4, Sign::Signed),
            O::V128Load32x2U { memarg } => self.load_widened(memarg, types::I32X4, Sign::Unsigned),
            O::V128Load8Splat { memarg } => self.load_splat(memarg, types::I8X16),
            O::V128Load16Splat { memarg } => self.load_splat(memarg, types::I16X8),
            O::V128Load32Splat { memarg } => self.load_splat(memarg, types::I32X4),
            O::V128Load64Splat { memarg } => self.load_splat(memarg, types::I64X2),
            O::V128Load32Zero { memarg } => self.load_zero(memarg, types::I32X4),
            O::V128Load64Zero { memarg } => self.load_zero(memarg, types::I64X2),
            O::V128Load8Lane { memarg, lane } => self.load_lane(memarg, types::I8X16, *lane),
            O::V128Load16Lane { memarg, lane } => self.load_lane(memarg, types::I16X8, *lane),
            O::V128Load32Lane { memarg, lane } => self.load_lane(memarg, types::I32X4, *lane),
            O::V128Load64Lane { memarg, lane } => self.load_lane(memarg, types::I64X2, *lane),
            O::V128Store8Lane { memarg, lane } => self.store_lane(memarg, types::I8X16, *lane),
            O::V128Store16Lane { memarg, lane } => self.store_lane(memarg, types::I16X8, *lane),
            O::V128Store32Lane { memarg, lane } => self.store_lane(memarg, types::I32X4, *lane),
            O::V128Store64Lane { memarg, lane } => self.store_lane(memarg, types::I64X2, *lane),
            _ => return false,
        }
        true
    }

    /// Loads eight bytes and widens their lanes. Cranelift has instructions for it, but not on every target.
    fn load_widened(&mut self, memarg: &MemArg, ty: Type, sign: Sign) {
        let place = self.place(memarg, 8);
        let value = self.b.ins().load(types::I64, place.flags, place.base, place.offset);
        let value = self.b.ins().scalar_to_vector(types::I64X2, value);
        let value = self.as_lanes(ty, value);
        let value = match sign {
            Sign::Signed => self.b.ins().swiden_low(value),
            Sign::Unsigned => self.b.ins().uwiden_low(value),
        };
        self.push_vector(value);
    }

    fn load_splat(&mut self, memarg: &MemArg, ty: Type) {
        let lane = ty.lane_type();
        let place = self.place(memarg, lane.bytes());
        let value = self.b.ins().load(lane, place.flags, place.base, place.offset);
        let value = self.b.ins().splat(ty, value);
        self.push_vector(value);
    }

    fn load_zero(&mut self, memarg: &MemArg, ty: Type) {
        let lane = ty.lane_type();
        let place = self.place(memarg, lane.bytes());
        let value = self.b.ins().load(lane, place.flags, place.base, place.offset);
        let value = self.b.ins().scalar_to_vector(ty, value);
        self.push_vector(value);
    }

    fn load_lane(&mut self, memarg: &MemArg, ty: Type, number: u8) {
        let vector = self.pop_vector(ty);
        let lane = ty.lane_type();
        let place = self.place(memarg, lane.bytes());
        let value = self.b.ins().load(lane, place.flags, place.base, place.offset);
        let value = self.b.ins().insertlane(vector, value, number);
        self.push_vector(value);
    }

    fn store_lane(&mut self, memarg: &MemArg, ty: Type, number: u8) {
        let vector = self.pop_vector(ty);
        let place = self.place(memarg, ty.lane_type().bytes());
        let value = self.b.ins().extractlane(vector, number);
        self.b.ins().store(place.flags, value, place.base, place.offset);
    }
}
