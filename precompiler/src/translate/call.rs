//! Calls: of own functions, of imports, and through tables.

use super::context::{Callee, Region, place};
use super::function::Translator;
use super::traps::cranelift;
use crate::module::{FuncIndex, TableIndex, TypeIndex};
use crate::names::Name;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Inst, InstBuilder as _, SigRef, Value, types};
use stilt_artifact::layout::{ContextLayout, FuncImportLayout, FuncRefLayout};
use stilt_artifact::trap::TrapCode;

impl Translator<'_, '_, '_> {
    /// `call`.
    pub(super) fn call(&mut self, function: u32) {
        let function = FuncIndex::from_u32(function);
        let (module, target) = (self.env.module, self.env.target);
        let ty = module.functions[function];
        let args = self.pop_arguments(ty);
        if module.own_index(function).is_some() {
            self.uses.calls.insert(function);
            let name = Name::Function(function.as_u32());
            let callee = self.entities.function(&mut self.b, name, || module.types[ty].compiled(target));
            let call = self.context.call_own(&mut self.b, callee, &args);
            self.push_results(call, ty);
            return;
        }
        self.uses.imports.insert(function);
        let (pointer, width) = (self.context.pointer(), target.pointer_width());
        let at = self.env.context.func_import(function);
        let code = self.context.load_constant(&mut self.b, pointer, at + FuncImportLayout::code(width));
        let context = self.context.load_constant(&mut self.b, pointer, at + FuncImportLayout::context(width));
        let signature = self.signature(ty);
        let call = self.context.call_import(&mut self.b, signature, Callee { code, context }, &args);
        self.push_results(call, ty);
    }

    /// `call_indirect`.
    pub(super) fn call_indirect(&mut self, ty: u32, table: u32) {
        self.uses.indirect = true;
        self.uses.indirect_types.insert(TypeIndex::from_u32(ty));
        let ty = TypeIndex::from_u32(ty);
        let (pointer, width) = (self.context.pointer(), self.env.target.pointer_width());
        let index = self.state.pop();
        let element = self.element(TableIndex::from_u32(table), index, TrapCode::UndefinedElement);
        let reference = self.b.ins().load(pointer, self.context.flags(Region::Table), element, 0);
        // What a reference points to never changes.
        let fields = self.context.flags(Region::Context).with_readonly();
        let mut first = fields;
        if self.env.target.joined_tests() {
            first = fields.with_trap_code(Some(cranelift(TrapCode::UninitializedElement)));
        } else {
            let null = self.b.ins().icmp_imm_u(IntCC::Equal, reference, 0);
            self.trap_if(null, TrapCode::UninitializedElement);
        }
        let found = self.b.ins().load(types::I32, first, reference, place(FuncRefLayout::type_id(width)));
        let ids = self.context.load_constant(&mut self.b, pointer, ContextLayout::types_or_code(width));
        // There are at most a million types.
        let expected =
            self.b.ins().load(types::I32, self.context.constant(Region::Context), ids, place(4 * ty.as_u32()));
        let other = self.b.ins().icmp(IntCC::NotEqual, found, expected);
        self.trap_if(other, TrapCode::BadSignature);
        let code = self.b.ins().load(pointer, fields, reference, place(FuncRefLayout::code(width)));
        let context = self.b.ins().load(pointer, fields, reference, place(FuncRefLayout::context(width)));

        let args = self.pop_arguments(ty);
        let signature = self.signature(ty);
        let call = self.context.call_reference(&mut self.b, signature, Callee { code, context }, &args);
        self.push_results(call, ty);
    }

    fn signature(&mut self, ty: TypeIndex) -> SigRef {
        let (module, target) = (self.env.module, self.env.target);
        self.entities.signature(&mut self.b, ty, || module.types[ty].compiled(target))
    }

    fn pop_arguments(&mut self, ty: TypeIndex) -> Vec<Value> {
        let count = self.env.module.types[ty].params.len();
        let args = self.state.topmost(count).to_vec();
        self.state.drop(count);
        args
    }

    fn push_results(&mut self, call: Inst, ty: TypeIndex) {
        let results = self.b.inst_results(call).to_vec();
        for (&ty, value) in self.env.module.types[ty].results.iter().zip(results) {
            self.push(value, ty);
        }
    }
}
