//! How compiled code reaches its context and calls other code: the one place that knows how the context travels, which is
//! in the first parameter.

use crate::signature;
use crate::target::Target;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, FuncRef, Function, Inst, InstBuilder as _, MemFlagsData, SigRef, Signature, Type,
    Value,
};
use cranelift_frontend::FunctionBuilder;
use stilt_artifact::layout::ContextLayout;

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

impl Region {
    /// The same one, however often it is declared.
    fn declare(self, function: &mut Function) -> AliasRegion {
        let description = format!("{self:?}").into();
        function.dfg.alias_regions.insert(AliasRegionData { user_id: self as u32, description })
    }

    /// Flags of accesses that reach existing, aligned storage.
    pub(super) fn flags(self, function: &mut Function) -> MemFlagsData {
        MemFlagsData::trusted().with_alias_region(Some(self.declare(function)))
    }
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Context {
    pointer: Type,
    pointer_width: u8,
    /// The function's first parameter.
    own: Value,
    regions: [AliasRegion; 4],
}

impl Context {
    /// Prepares a function whose entry block is current. Also returns its wasm parameters.
    pub(super) fn new(target: &Target, b: &mut FunctionBuilder<'_>, params: &[Value]) -> (Context, Vec<Value>) {
        let [own, rest @ ..] = params else { unreachable!("every compiled function has a context") };
        let regions =
            [Region::Context, Region::Global, Region::Memory, Region::Table].map(|region| region.declare(b.func));
        let (pointer, pointer_width) = (target.pointer_type(), target.pointer_width());
        (Context { pointer, pointer_width, own: *own, regions }, rest.to_vec())
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
    pub(super) const fn value(&self) -> Value {
        self.own
    }

    /// Loads a field of the context that may change.
    pub(super) fn load(&self, b: &mut FunctionBuilder<'_>, ty: Type, offset: u32) -> Value {
        b.ins().load(ty, self.flags(Region::Context), self.own, place(offset))
    }

    /// Loads a field of the context that never changes once the instance runs.
    pub(super) fn load_constant(&self, b: &mut FunctionBuilder<'_>, ty: Type, offset: u32) -> Value {
        b.ins().load(ty, self.constant(Region::Context), self.own, place(offset))
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
        b.ins().call(function, &with_context(self.own, args))
    }

    /// Calls an import: code of another instance or of the host.
    pub(super) fn call_import(
        &self,
        b: &mut FunctionBuilder<'_>,
        signature: SigRef,
        callee: Callee,
        args: &[Value],
    ) -> Inst {
        self.name_caller(b, callee.context);
        b.ins().call_indirect(signature, callee.code, &with_context(callee.context, args))
    }

    /// Calls code of this instance.
    pub(super) fn call_own_code(
        &self,
        b: &mut FunctionBuilder<'_>,
        signature: SigRef,
        code: Value,
        args: &[Value],
    ) -> Inst {
        b.ins().call_indirect(signature, code, &with_context(self.own, args))
    }

    /// Calls code that is probably of this instance, but need not be.
    ///
    /// The contexts are compared, so that the processor predicts the callee's context and its first loads do not wait for
    /// the reference to be loaded.
    pub(super) fn call_reference(
        &self,
        b: &mut FunctionBuilder<'_>,
        signature: SigRef,
        callee: Callee,
        args: &[Value],
    ) -> Inst {
        let (foreign, call) = (b.create_block(), b.create_block());
        b.set_cold_block(foreign);
        let context = b.append_block_param(call, self.pointer);
        let same = b.ins().icmp(IntCC::Equal, callee.context, self.own);
        b.ins().brif(same, call, &[self.own.into()], foreign, &[]);
        b.switch_to_block(foreign);
        b.seal_block(foreign);
        self.name_caller(b, callee.context);
        b.ins().jump(call, &[callee.context.into()]);
        b.switch_to_block(call);
        b.seal_block(call);
        b.ins().call_indirect(signature, callee.code, &with_context(context, args))
    }

    /// Leaves this context in the callee's, where a host function finds out who called it.
    fn name_caller(&self, b: &mut FunctionBuilder<'_>, callee: Value) {
        let caller = ContextLayout::caller(self.pointer_width);
        b.ins().store(self.flags(Region::Context), self.own, callee, place(caller));
    }

    /// The signature of a trampoline with these 64-bit parameters.
    pub(super) fn trampoline(target: &Target, arguments: u8, results: &[Type]) -> Signature {
        let params = vec![cranelift_codegen::ir::types::I64; usize::from(arguments)];
        signature::tail(target, &params, results)
    }
}

fn with_context(context: Value, args: &[Value]) -> Vec<Value> {
    core::iter::once(context).chain(args.iter().copied()).collect()
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
