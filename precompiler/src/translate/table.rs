//! Tables and references.

use super::context::{Region, place};
use super::function::Translator;
use crate::error::CompileError;
use crate::module::{FuncIndex, TableIndex};
use crate::signature;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Value, types};
use stilt_artifact::builtins::Builtin;
use stilt_artifact::layout::TableLayout;
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::ValueType;
use wasmparser::{AbstractHeapType, HeapType};

impl Translator<'_, '_, '_> {
    /// Loads a field of a table.
    fn table_field(&mut self, table: TableIndex, field: u32) -> Value {
        let pointer = self.context.pointer();
        let at = self.env.context.tables[table];
        let description = &self.env.module.tables[table];
        // Only what can grow can change.
        let constant = description.max == Some(description.min) || self.env.tables[table].is_some();
        if table.as_u32() < self.env.module.imported_tables {
            let imported = self.context.load_constant(&mut self.b, pointer, at);
            let region = Region::Context;
            let flags = if constant { self.context.constant(region) } else { self.context.flags(region) };
            return self.b.ins().load(pointer, flags, imported, place(field));
        }
        if constant {
            self.context.load_constant(&mut self.b, pointer, at + field)
        } else {
            self.context.load(&mut self.b, pointer, at + field)
        }
    }

    /// The address of an element, after testing the index.
    pub(super) fn element(&mut self, table: TableIndex, index: Value, outside: TrapCode) -> Value {
        let width = self.env.target.pointer_width();
        let index = self.pointer_wide(index);
        let len = self.table_field(table, TableLayout::len(width));
        let beyond = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(beyond, outside);
        self.element_address(table, index, beyond)
    }

    /// The address of an element; that of the first where the processor only predicts that the index is not `outside`.
    pub(super) fn element_address(&mut self, table: TableIndex, index: Value, outside: Value) -> Value {
        let width = self.env.target.pointer_width();
        let index = self.pointer_wide(index);
        let base = self.table_field(table, TableLayout::base(width));
        let size = self.env.module.tables[table].element.size(width);
        let offset = self.b.ins().ishl_imm_u(index, i64::from(size.trailing_zeros()));
        let address = self.b.ins().iadd(base, offset);
        if self.env.target.spectre() { self.b.ins().select_spectre_guard(outside, base, address) } else { address }
    }

    /// `table.get`.
    pub(super) fn table_get(&mut self, table: u32) {
        let index = self.state.pop();
        let table = TableIndex::from_u32(table);
        let address = self.element(table, index, TrapCode::TableOutOfBounds);
        let ty = self.env.module.tables[table].element;
        let flags = self.context.flags(Region::Table);
        let value = self.b.ins().load(signature::value_type(self.env.target, ty), flags, address, 0);
        self.push(value, ty);
    }

    /// `table.set`.
    pub(super) fn table_set(&mut self, table: u32) {
        let (index, value) = self.state.pop2();
        let address = self.element(TableIndex::from_u32(table), index, TrapCode::TableOutOfBounds);
        self.b.ins().store(self.context.flags(Region::Table), value, address, 0);
    }

    /// `table.size`.
    pub(super) fn table_size(&mut self, table: u32) {
        let len = self.table_field(TableIndex::from_u32(table), TableLayout::len(self.env.target.pointer_width()));
        let len = self.narrow(len);
        self.state.push(len);
    }

    /// `table.grow`.
    pub(super) fn table_grow(&mut self, table: u32) {
        let (value, delta) = self.state.pop2();
        let table = self.number(table);
        self.test_interrupt();
        let old = self.value_builtin(Builtin::TableGrow, &[delta, value, table]);
        self.state.push(old);
    }

    /// `table.fill`.
    pub(super) fn table_fill(&mut self, table: u32) {
        let (to, value, len) = self.state.pop3();
        let table = self.number(table);
        self.test_interrupt();
        self.builtin(Builtin::TableFill, &[to, value, len, table]);
    }

    /// `table.copy`.
    pub(super) fn table_copy(&mut self, destination: u32, source: u32) {
        let (to, from, len) = self.state.pop3();
        let tables = self.numbers(destination, source);
        self.test_interrupt();
        self.builtin(Builtin::TableCopy, &[to, from, len, tables]);
    }

    /// `table.init`.
    pub(super) fn table_init(&mut self, table: u32, segment: u32) {
        let (to, from, len) = self.state.pop3();
        let both = self.numbers(table, segment);
        self.test_interrupt();
        self.builtin(Builtin::TableInit, &[to, from, len, both]);
    }

    /// `elem.drop`.
    pub(super) fn elem_drop(&mut self, segment: u32) {
        let segment = self.number(segment);
        self.builtin(Builtin::ElemDrop, &[segment]);
    }

    /// `ref.null`.
    pub(super) fn ref_null(&mut self, ty: HeapType) {
        let external = matches!(ty, HeapType::Abstract { ty: AbstractHeapType::Extern, .. });
        let ty = if external { ValueType::ExternRef } else { ValueType::FuncRef };
        let null = self.b.ins().iconst(signature::value_type(self.env.target, ty), 0);
        self.state.push(null);
    }

    /// `ref.is_null`.
    pub(super) fn ref_is_null(&mut self) {
        let value = self.state.pop();
        let null = self.b.ins().icmp_imm_u(IntCC::Equal, value, 0);
        let null = self.b.ins().uextend(types::I32, null);
        self.state.push(null);
    }

    /// `ref.func`: the address of the function's place in the context.
    pub(super) fn ref_func(&mut self, function: u32) -> Result<(), CompileError> {
        let function = FuncIndex::from_u32(function);
        let at = self.env.module.func_ref_place(function).ok_or_else(|| self.internal("a reference not declared"))?;
        let context = self.context.value();
        let value = self.b.ins().iadd_imm_u(context, i64::from(self.env.context.func_ref(at)));
        self.state.push(value);
        Ok(())
    }
}
