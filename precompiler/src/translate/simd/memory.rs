//! Vector loads and stores. Each access is as wide as what it reads or writes, so that bounds are tested for no more.

use super::super::function::Translator;
use super::super::memory::Place;
use super::super::traps::cranelift;
use cranelift_codegen::ir::{InstBuilder as _, Type, types};
use stilt_artifact::trap::TrapCode;
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

    /// Loads eight bytes, and makes each lane of this width in them twice as wide.
    fn load_widened(&mut self, memarg: &MemArg, ty: Type, sign: Sign) {
        let Place { base, offset, flags } = self.place(memarg, 8);
        // Cranelift's Pulley has these instructions only with a trap code. Where the access is in bounds it means nothing.
        let flags = flags.with_trap_code(Some(cranelift(TrapCode::MemoryOutOfBounds)));
        let ins = self.b.ins();
        let value = match (ty, sign) {
            (types::I8X16, Sign::Signed) => ins.sload8x8(flags, base, offset),
            (types::I8X16, Sign::Unsigned) => ins.uload8x8(flags, base, offset),
            (types::I16X8, Sign::Signed) => ins.sload16x4(flags, base, offset),
            (types::I16X8, Sign::Unsigned) => ins.uload16x4(flags, base, offset),
            (_, Sign::Signed) => ins.sload32x2(flags, base, offset),
            (_, Sign::Unsigned) => ins.uload32x2(flags, base, offset),
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
