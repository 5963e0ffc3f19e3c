//! How compiled code reaches its context and calls other code: the one place that knows whether the context is a parameter
//! or sits in the pinned register.

use crate::signature;
use crate::target::Target;
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, FuncRef, Inst, InstBuilder as _, MemFlagsData, SigRef, Signature, Type, Value,
};
use cranelift_frontend::FunctionBuilder;
use stilt_artifact::layout::ContextLayout;
use stilt_artifact::target::Convention;

/// Which memory an access reaches: accesses of different regions never overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// Contexts and the store, without values of globals.
    Context = 0,
    /// Values of globals.
    Global = 1,
    /// Linear memories.
    Memory = 2,
    /// Elements of tables.
    Table = 3,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Context {
    pointer: Type,
    pointer_width: u8,
    /// The context, where it is a parameter.
    parameter: Option<Value>,
    regions: [AliasRegion; 4],
}

impl Context {
    /// Prepares a function whose entry block is current. Also returns its wasm parameters.
    pub(super) fn new(target: &Target, b: &mut FunctionBuilder<'_>, params: &[Value]) -> (Context, Vec<Value>) {
        let (parameter, rest) = match (target.convention(), params.split_first()) {
            (Convention::Parameter, Some((context, rest))) => (Some(*context), rest),
            _ => (None, params),
        };
        let regions = [Region::Context, Region::Global, Region::Memory, Region::Table].map(|region| {
            let description = format!("{region:?}").into();
            b.func.dfg.alias_regions.insert(AliasRegionData { user_id: region as u32, description })
        });
        let (pointer, pointer_width) = (target.pointer_type(), target.pointer_width());
        (Context { pointer, pointer_width, parameter, regions }, rest.to_vec())
    }

    /// A pointer, or an integer as wide.
    pub(super) const fn pointer(&self) -> Type {
        self.pointer
    }

    /// Flags of accesses that reach existing, aligned storage.
    pub(super) fn flags(&self, region: Region) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(self.regions[region as usize]))
    }

    /// The context.
    pub(super) fn value(&self, b: &mut FunctionBuilder<'_>) -> Value {
        match self.parameter {
            Some(context) => context,
            None => b.ins().get_pinned_reg(self.pointer),
        }
    }

    /// Loads a field of the context that may change.
    pub(super) fn load(&self, b: &mut FunctionBuilder<'_>, ty: Type, offset: u32) -> Value {
        let context = self.value(b);
        b.ins().load(ty, self.flags(Region::Context), context, place(offset))
    }

    /// Loads a field of the context that never changes once the instance runs.
    pub(super) fn load_constant(&self, b: &mut FunctionBuilder<'_>, ty: Type, offset: u32) -> Value {
        let context = self.value(b);
        b.ins().load(ty, self.constant(Region::Context), context, place(offset))
    }

    /// Flags of loads of what never changes.
    pub(super) fn constant(&self, region: Region) -> MemFlagsData {
        self.flags(region).with_readonly().with_can_move()
    }

    /// The store's context.
    pub(super) fn store(&self, b: &mut FunctionBuilder<'_>) -> Value {
        self.load_constant(b, self.pointer, ContextLayout::store(self.pointer_width))
    }

    /// Calls a function or trampoline of the same module, which keeps the context.
    pub(super) fn call_own(&self, b: &mut FunctionBuilder<'_>, function: FuncRef, args: &[Value]) -> Inst {
        match self.parameter {
            Some(context) => {
                let args: Vec<Value> = core::iter::once(context).chain(args.iter().copied()).collect();
                b.ins().call(function, &args)
            }
            None => b.ins().call(function, args),
        }
    }

    /// Calls code that may belong to another instance or to the host.
    pub(super) fn call_foreign(
        &self,
        b: &mut FunctionBuilder<'_>,
        signature: SigRef,
        callee: Callee,
        args: &[Value],
    ) -> Inst {
        let own = self.value(b);
        let caller = ContextLayout::caller(self.pointer_width);
        b.ins().store(self.flags(Region::Context), own, callee.context, place(caller));
        if self.parameter.is_some() {
            let args: Vec<Value> = core::iter::once(callee.context).chain(args.iter().copied()).collect();
            return b.ins().call_indirect(signature, callee.code, &args);
        }
        b.ins().set_pinned_reg(callee.context);
        let call = b.ins().call_indirect(signature, callee.code, args);
        b.ins().set_pinned_reg(own);
        call
    }

    /// The signature of a trampoline with these 64-bit parameters.
    pub(super) fn trampoline(target: &Target, arguments: u8, results: &[Type]) -> Signature {
        let params = vec![cranelift_codegen::ir::types::I64; usize::from(arguments)];
        signature::tail(target, &params, results)
    }
}

/// Code, and the context to call it with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Callee {
    /// Address of the code.
    pub(super) code: Value,
    /// Its context.
    pub(super) context: Value,
}

/// An offset as loads and stores take it. Contexts are at most 1 GiB large.
pub(super) fn place(offset: u32) -> i32 {
    i32::try_from(offset).expect("contexts are smaller than 2 GiB")
}
