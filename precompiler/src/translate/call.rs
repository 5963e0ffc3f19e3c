//! Direct calls: of own functions and of imports.

use super::context::Callee;
use super::function::{Level, Translator};
use super::state::{FrameKind, FrameType};
use crate::error::CompileError;
use crate::module::{DefinedFuncIndex, FuncIndex, TypeIndex};
use crate::names::Name;
use cranelift_codegen::ir::{Inst, SigRef, Value};
use stilt_artifact::layout::FuncImportLayout;

impl Translator<'_, '_, '_> {
    /// `call`.
    pub(super) fn call(&mut self, function: u32) -> Result<(), CompileError> {
        let function = FuncIndex::from_u32(function);
        let (module, target) = (self.env.module, self.env.target);
        let ty = module.functions[function];
        let args = self.pop_arguments(ty);
        if module.own_index(function).is_some() {
            return self.call_own(function, &args);
        }
        self.uses.imports.insert(function);
        let (pointer, width) = (self.context.pointer(), target.pointer_width());
        let at = self.env.context.func_import(function);
        let code = self.context.load_constant(&mut self.b, pointer, at + FuncImportLayout::code(width));
        let context = self.context.load_constant(&mut self.b, pointer, at + FuncImportLayout::context(width));
        let signature = self.signature(ty);
        let call = self.context.call_import(&mut self.b, signature, Callee { code, context }, &args);
        self.note_call(call);
        self.push_results(call, ty);
        Ok(())
    }

    /// Calls a function of the module's own, or puts its body there.
    pub(super) fn call_own(&mut self, function: FuncIndex, args: &[Value]) -> Result<(), CompileError> {
        if self.inline(function, args)? {
            return Ok(());
        }
        let (module, target) = (self.env.module, self.env.target);
        let ty = module.functions[function];
        self.uses.calls.insert(function);
        let name = Name::Function(function.as_u32());
        let callee = self.entities.function(&mut self.b, name, || module.types[ty].compiled(target));
        let call = self.context.call_own(&mut self.b, callee, args);
        if !self.env.light[function] {
            self.note_call(call);
        }
        self.push_results(call, ty);
        Ok(())
    }

    /// The function under translation and the bodies that are being inlined into it.
    pub(super) fn path(&self) -> impl Iterator<Item = DefinedFuncIndex> + Clone + use<> {
        let own = self.env.module.own_index(self.index);
        let levels: Vec<_> = self.levels.iter().map(|level| level.body).collect();
        own.into_iter().chain(levels)
    }

    /// Puts the body of a function in place of its call, if that is worth it.
    fn inline(&mut self, function: FuncIndex, args: &[Value]) -> Result<bool, CompileError> {
        let path = self.path();
        let Some(body) = self.budget.take(self.env, path, function, self.state.in_loop()) else { return Ok(false) };
        let Some(number) = self.inlined.add(self.env, body, self.location()) else { return Ok(false) };
        let ty = self.env.module.functions[function];
        let (offset, locals) = (self.offset, core::mem::take(&mut self.locals));
        self.levels.push(Level { body, number, frames: self.state.depth() });
        for (&ty, &value) in self.env.module.types[ty].params.iter().zip(args) {
            self.declare_local(ty, value);
        }
        self.state.open(FrameKind::Inlined, FrameType::Body(ty), 0);
        self.body(body)?;
        self.levels.pop();
        self.locals = locals;
        self.locate(offset);
        Ok(true)
    }

    pub(super) fn signature(&mut self, ty: TypeIndex) -> SigRef {
        let (module, target) = (self.env.module, self.env.target);
        self.entities.signature(&mut self.b, ty, || module.types[ty].compiled(target))
    }

    pub(super) fn pop_arguments(&mut self, ty: TypeIndex) -> Vec<Value> {
        let count = self.env.module.types[ty].params.len();
        let args = self.state.topmost(count).to_vec();
        self.state.drop(count);
        args
    }

    pub(super) fn push_results(&mut self, call: Inst, ty: TypeIndex) {
        let results = self.b.inst_results(call).to_vec();
        for (&ty, value) in self.env.module.types[ty].results.iter().zip(results) {
            self.push(value, ty);
        }
    }
}
