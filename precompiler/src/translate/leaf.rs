//! Calls of builtins that cannot fail: straight from compiled code, as nothing has to be recorded and nothing is raised.

use super::context::{Region, place};
use super::function::Translator;
use crate::names::Name;
use crate::signature;
use cranelift_codegen::ir::{AbiParam, Inst, InstBuilder as _, Value, types};
use stilt_artifact::builtins::{Builtin, Outcome};
use stilt_artifact::layout::StoreContextLayout;

impl Translator<'_, '_, '_> {
    /// Calls a builtin of [`Outcome::Nothing`]. `to` is an address; the others are zero-extended.
    pub(super) fn leaf_builtin(&mut self, builtin: Builtin, to: Value, args: &[Value]) {
        debug_assert_eq!(builtin.outcome(), Outcome::Nothing);
        self.call_leaf(builtin, to, args);
    }

    /// Calls a builtin of [`Outcome::Pure`]: its value. Arguments are zero-extended.
    pub(super) fn pure_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        debug_assert_eq!(builtin.outcome(), Outcome::Pure);
        let context = self.context.value();
        let call = self.call_leaf(builtin, context, args);
        self.b.inst_results(call)[0]
    }

    fn call_leaf(&mut self, builtin: Builtin, first: Value, args: &[Value]) -> Inst {
        self.uses.builtins.insert(builtin);
        let (pointer, width) = (self.context.pointer(), self.env.target.pointer_width());
        let store = self.context.store(&mut self.b);
        // The tables of builtins are the runtime's own and never change.
        let fixed = self.context.constant(Region::Context);
        let group = place(StoreContextLayout::group(width, builtin.group() as u8));
        let group = self.b.ins().load(pointer, fixed, store, group);
        let code = self.b.ins().load(pointer, fixed, group, i32::from(builtin.number()) * i32::from(width));

        let args: Vec<Value> = core::iter::once(first).chain(args.iter().map(|arg| self.widen(*arg))).collect();
        let params: Vec<_> = args.iter().map(|arg| self.b.func.dfg.value_type(*arg)).collect();
        let mut signature = signature::host(&params, &[types::I64]);
        if !self.env.target.host_calls() {
            let signature = self.b.import_signature(signature);
            return self.b.ins().call_indirect(signature, code, &args);
        }
        signature.params.insert(0, AbiParam::new(pointer));
        let call = Name::HostCall(u32::from(builtin.arguments()));
        let callee = self.entities.function(&mut self.b, call, || signature);
        let all: Vec<Value> = core::iter::once(code).chain(args).collect();
        self.b.ins().call(callee, &all)
    }
}
