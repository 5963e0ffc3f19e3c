//! Globals and locals.

use super::context::{Region, place};
use super::function::Translator;
use crate::module::{ConstExpr, Global, GlobalIndex};
use crate::signature;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{Endianness, InstBuilder as _, MemFlagsData, Value, types};
use stilt_artifact::types::ValueType;

impl Translator<'_, '_, '_> {
    /// `local.get`.
    pub(super) fn local_get(&mut self, index: u32) {
        let (variable, ty) = self.locals[index as usize];
        let value = self.pins.get(variable).unwrap_or_else(|| self.b.use_var(variable));
        self.push(value, ty);
    }

    /// `local.set` and `local.tee`.
    pub(super) fn local_set(&mut self, index: u32, value: Value) {
        let (variable, _) = self.locals[index as usize];
        self.b.def_var(variable, value);
    }

    /// `global.get`.
    pub(super) fn global_get(&mut self, index: u32) {
        let index = GlobalIndex::from_u32(index);
        let global = self.env.module.globals[index];
        let constant = self.env.survey.is_constant(self.env.module, index);
        if let (true, Some(value)) = (constant, self.constant_global(&global)) {
            self.state.push(value);
            return;
        }
        let flags = if global.mutable && !constant {
            self.context.flags(Region::Global)
        } else {
            self.context.constant(Region::Global)
        };
        let flags = at_rest(flags, global.ty);
        let (base, offset) = self.global_place(index);
        let ty = signature::value_type(self.env.target, global.ty);
        let value = self.b.ins().load(ty, flags, base, offset);
        self.push(value, global.ty);
    }

    /// `global.set`.
    pub(super) fn global_set(&mut self, index: u32) {
        let index = GlobalIndex::from_u32(index);
        let value = self.state.pop();
        let flags = at_rest(self.context.flags(Region::Global), self.env.module.globals[index].ty);
        let (base, offset) = self.global_place(index);
        self.b.ins().store(flags, value, base, offset);
    }

    /// Where a global's value lies.
    fn global_place(&mut self, index: GlobalIndex) -> (Value, i32) {
        let at = self.env.context.globals[index];
        if index.as_u32() < self.env.module.imported_globals {
            let pointer = self.context.pointer();
            return (self.context.load_constant(&mut self.b, pointer, at), 0);
        }
        (self.context.value(), place(at))
    }

    /// The initial value of a global, if it is known here.
    #[expect(clippy::cast_possible_truncation, reason = "the bits of a constant lie in the low end of its 128")]
    fn constant_global(&mut self, global: &Global) -> Option<Value> {
        let Some(ConstExpr::Value(bits)) = global.init else { return None };
        if !matches!(global.ty, ValueType::I32 | ValueType::I64 | ValueType::F32 | ValueType::F64) {
            return None;
        }
        let ins = self.b.ins();
        Some(match signature::value_type(self.env.target, global.ty) {
            types::I32 => ins.iconst(types::I32, i64::from(bits as u32)),
            types::I64 => ins.iconst(types::I64, bits as i64),
            types::F32 => ins.f32const(Ieee32::with_bits(bits as u32)),
            types::F64 => ins.f64const(Ieee64::with_bits(bits as u64)),
            _ => return None,
        })
    }
}

/// Flags of accesses to a global's value: vectors are little-endian on every target.
fn at_rest(flags: MemFlagsData, ty: ValueType) -> MemFlagsData {
    if ty == ValueType::V128 { flags.with_endianness(Endianness::Little) } else { flags }
}
