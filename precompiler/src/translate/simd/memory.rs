//! Vector loads and stores.

use super::super::function::Translator;
use crate::error::CompileError;
use cranelift_codegen::ir::{InstBuilder as _, Type, types};
use wasmparser::{MemArg, Operator as O};

impl Translator<'_, '_, '_> {
    /// Accesses of single lanes are accesses of scalars, which every target has.
    pub(super) fn vector_memory(&mut self, operator: &O<'_>) -> Result<bool, CompileError> {
        match operator {
            O::V128Load { memarg } => {
                self.require_vector_memory()?;
                let place = self.place(memarg, 16);
                let value = self.b.ins().load(types::I8X16, place.flags, place.base, place.offset);
                self.state.push(value);
            }
            O::V128Store { memarg } => {
                self.require_vector_memory()?;
                let value = self.state.pop();
                let place = self.place(memarg, 16);
                self.b.ins().store(place.flags, value, place.base, place.offset);
            }
            O::V128Load8x8S { memarg }
            | O::V128Load8x8U { memarg }
            | O::V128Load16x4S { memarg }
            | O::V128Load16x4U { memarg }
            | O::V128Load32x2S { memarg }
            | O::V128Load32x2U { memarg } => {
                self.require_vector_memory()?;
                let place = self.place(memarg, 8);
                let (flags, base, offset) = (place.flags, place.base, place.offset);
                let value = match operator {
                    O::V128Load8x8S { .. } => self.b.ins().sload8x8(flags, base, offset),
                    O::V128Load8x8U { .. } => self.b.ins().uload8x8(flags, base, offset),
                    O::V128Load16x4S { .. } => self.b.ins().sload16x4(flags, base, offset),
                    O::V128Load16x4U { .. } => self.b.ins().uload16x4(flags, base, offset),
                    O::V128Load32x2S { .. } => self.b.ins().sload32x2(flags, base, offset),
                    _ => self.b.ins().uload32x2(flags, base, offset),
                };
                self.push_vector(value);
            }
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
            _ => return Ok(false),
        }
        Ok(true)
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
