//! The variants: recursive Fibonacci with the context, the stack check and the call each made in one of several ways.

use crate::codegen::NAMESPACE_FUNCTION;
use crate::context::{
    CALLEE, CALLER, FUNCREF_CODE, FUNCREF_CONTEXT, FUNCREF_TYPE_ID, STACK_LIMIT, STACK_OVERFLOW, STORE,
    STORE_STACK_LIMIT, TABLE, TABLE_LEN, TYPE_ID,
};
use crate::entry::inner_signature;
use cranelift_codegen::ir::{
    AbiParam, ArgumentPurpose, ExtFuncData, ExternalName, FuncRef, Function, GlobalValueData, InstBuilder as _,
    MemFlagsData, SigRef, Signature, TrapCode, UserExternalName, UserFuncName, Value, condcodes::IntCC, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

/// How the context reaches a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// Two hidden parameters: the callee's context and the caller's.
    Two,
    /// One hidden parameter: the callee's context.
    One,
    /// The pinned register; calls within an instance do not touch it.
    Pinned,
}

impl Passing {
    /// Number of hidden parameters.
    pub fn hidden(self) -> usize {
        match self {
            Self::Two => 2,
            Self::One => 1,
            Self::Pinned => 0,
        }
    }
}

/// Where the stack limit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// In the context: one load.
    Context,
    /// In the store that the context points to: two loads.
    Store,
}

/// How the stack is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Not at all.
    None,
    /// `Function::stack_limit`: Cranelift compares in the prologue and traps by `ud2`.
    Prologue(Limit),
    /// Compared in the body, a trap instruction when it fails.
    Trap(Limit),
    /// Compared in the body, a cold call of a builtin when it fails: no hardware trap.
    Builtin(Limit),
}

/// How the function calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// By a direct call.
    Direct,
    /// Through the table, the context always switched to the callee's.
    Indirect,
    /// Through the table; the context is switched only where it differs. With a hidden parameter: the own context is passed
    /// on where it is the callee's, so that the next loads wait for a prediction instead of the function reference.
    IndirectCompared,
    /// Through the table; where the context differs, the target is a thunk that switches. Pinned variants only.
    IndirectThunk,
}

/// One way to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convention {
    /// How the context travels.
    pub passing: Passing,
    /// How the stack is checked.
    pub check: Check,
    /// How calls are made.
    pub call: Call,
}

const STACK_TRAP: TrapCode = TrapCode::STACK_OVERFLOW;
const TABLE_TRAP: TrapCode = TrapCode::unwrap_user(1);
const NULL_TRAP: TrapCode = TrapCode::unwrap_user(2);
const TYPE_TRAP: TrapCode = TrapCode::unwrap_user(3);

/// Builds `fib(n: i32) -> i32`, function 0 of its image.
pub fn fib(isa: &dyn TargetIsa, convention: Convention) -> Function {
    let pointer = isa.pointer_type();
    let mut signature = inner_signature(pointer, convention.passing, &[types::I32], &[types::I32]);
    if let (Some(first), 1..) = (signature.params.first_mut(), convention.passing.hidden()) {
        first.purpose = ArgumentPurpose::VMContext;
    }
    let name = UserFuncName::user(NAMESPACE_FUNCTION, 0);
    let mut function = Function::with_name_signature(name, signature);
    if let Check::Prologue(limit) = convention.check {
        prologue_limit(&mut function, pointer, limit);
    }
    let mut state = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut state);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let mut params = b.block_params(start).to_vec();
    let n = params.pop().unwrap_or_else(|| unreachable!("one parameter was declared"));
    let own = params.first().copied();
    let mut t = Translator { b, pointer, convention, own };

    t.check_stack();
    let recursive = t.b.create_block();
    let base = t.b.create_block();
    let small = t.b.ins().icmp_imm_s(IntCC::SignedLessThan, n, 2);
    t.b.ins().brif(small, base, &[], recursive, &[]);
    t.b.switch_to_block(base);
    t.b.ins().return_(&[n]);
    t.b.switch_to_block(recursive);
    let minus_1 = t.b.ins().iadd_imm_s(n, -1);
    let first = t.call(minus_1);
    let minus_2 = t.b.ins().iadd_imm_s(n, -2);
    let second = t.call(minus_2);
    let sum = t.b.ins().iadd(first, second);
    t.b.ins().return_(&[sum]);
    t.b.seal_all_blocks();
    t.b.finalize(isa.frontend_config());
    function
}

/// The switching thunk for functions of fib's type, function 1 of its image: calls what [`CALLEE`] of the pinned context
/// names, in that one's context, and switches back.
pub fn thunk(isa: &dyn TargetIsa) -> Function {
    let pointer = isa.pointer_type();
    let convention = Convention { passing: Passing::Pinned, check: Check::None, call: Call::Indirect };
    let signature = inner_signature(pointer, convention.passing, &[types::I32], &[types::I32]);
    let name = UserFuncName::user(NAMESPACE_FUNCTION, 1);
    let mut function = Function::with_name_signature(name, signature.clone());
    let mut state = FunctionBuilderContext::new();
    let mut b = FunctionBuilder::new(&mut function, &mut state);
    let start = b.create_block();
    b.append_block_params_for_function_params(start);
    b.switch_to_block(start);
    let n = b.block_params(start)[0];
    let mut t = Translator { b, pointer, convention, own: None };
    let own = t.context();
    let funcref = t.load(own, CALLEE);
    let code = t.load(funcref, FUNCREF_CODE);
    let callee = t.load(funcref, FUNCREF_CONTEXT);
    let signature = t.b.import_signature(signature);
    let result = t.switched(signature, code, callee, n);
    t.b.ins().return_(&[result]);
    t.b.seal_all_blocks();
    t.b.finalize(isa.frontend_config());
    function
}

fn prologue_limit(function: &mut Function, pointer: types::Type, limit: Limit) {
    const FEW: &str = "a function has room for a few kinds of flags";
    let flags = function.dfg.mem_flags.insert(MemFlagsData::trusted()).expect(FEW);
    let readonly = function.dfg.mem_flags.insert(MemFlagsData::trusted().with_readonly()).expect(FEW);
    let mut base = function.create_global_value(GlobalValueData::VMContext);
    let offset = match limit {
        Limit::Context => STACK_LIMIT,
        Limit::Store => {
            base = function.create_global_value(GlobalValueData::Load {
                base,
                offset: STORE.into(),
                global_type: pointer,
                flags: readonly,
            });
            STORE_STACK_LIMIT
        }
    };
    let limit = function.create_global_value(GlobalValueData::Load {
        base,
        offset: offset.into(),
        global_type: pointer,
        flags,
    });
    function.stack_limit = Some(limit);
}

struct Translator<'a> {
    b: FunctionBuilder<'a>,
    pointer: types::Type,
    convention: Convention,
    /// The context's parameter, unless it is pinned.
    own: Option<Value>,
}

impl Translator<'_> {
    /// The own context. With a pinned register it is read anew at each use, so that nothing is kept across calls.
    fn context(&mut self) -> Value {
        match self.own {
            Some(value) => value,
            None => self.b.ins().get_pinned_reg(self.pointer),
        }
    }

    fn load(&mut self, base: Value, offset: i32) -> Value {
        self.b.ins().load(self.pointer, MemFlagsData::trusted(), base, offset)
    }

    fn check_stack(&mut self) {
        let (Check::Trap(limit) | Check::Builtin(limit)) = self.convention.check else {
            return;
        };
        let context = self.context();
        let limit = match limit {
            Limit::Context => self.load(context, STACK_LIMIT),
            Limit::Store => {
                let flags = MemFlagsData::trusted().with_readonly();
                let store = self.b.ins().load(self.pointer, flags, context, STORE);
                self.load(store, STORE_STACK_LIMIT)
            }
        };
        let sp = self.b.ins().get_stack_pointer(self.pointer);
        let over = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        if matches!(self.convention.check, Check::Trap(_)) {
            self.b.ins().trapnz(over, STACK_TRAP);
            return;
        }
        let cold = self.b.create_block();
        let rest = self.b.create_block();
        self.b.set_cold_block(cold);
        self.b.ins().brif(over, cold, &[], rest, &[]);
        self.b.switch_to_block(cold);
        let context = self.context();
        let code = self.load(context, STACK_OVERFLOW);
        let mut signature = Signature::new(CallConv::SystemV);
        signature.params.push(AbiParam::new(self.pointer));
        let signature = self.b.import_signature(signature);
        self.b.ins().call_indirect(signature, code, &[context]);
        self.b.ins().trap(STACK_TRAP);
        self.b.switch_to_block(rest);
    }

    fn signature(&self) -> Signature {
        inner_signature(self.pointer, self.convention.passing, &[types::I32], &[types::I32])
    }

    fn call(&mut self, n: Value) -> Value {
        if self.convention.call != Call::Direct {
            return self.call_indirect(n);
        }
        let args = match self.own {
            Some(own) => [vec![own; self.convention.passing.hidden()], vec![n]].concat(),
            None => vec![n],
        };
        let callee = self.function(0);
        let call = self.b.ins().call(callee, &args);
        self.b.inst_results(call)[0]
    }

    /// Another function of the image.
    fn function(&mut self, index: u32) -> FuncRef {
        let signature = self.signature();
        let signature = self.b.import_signature(signature);
        let name = UserExternalName { namespace: NAMESPACE_FUNCTION, index };
        let name = ExternalName::User(self.b.func.declare_imported_user_function(name));
        self.b.import_function(ExtFuncData { name, signature, colocated: true, patchable: false })
    }

    /// What wasm's `call_indirect` of element 0 does: bound, null, type, call.
    fn call_indirect(&mut self, n: Value) -> Value {
        let own = self.context();
        let index = self.b.ins().iconst(self.pointer, 0);
        let len = self.load(own, TABLE_LEN);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        self.b.ins().trapz(inside, TABLE_TRAP);
        let table = self.load(own, TABLE);
        let funcref = self.load(table, 0);
        self.b.ins().trapz(funcref, NULL_TRAP);
        let flags = MemFlagsData::trusted().with_readonly();
        let type_id = self.b.ins().load(types::I32, flags, funcref, FUNCREF_TYPE_ID);
        let expected = self.b.ins().load(types::I32, flags, own, TYPE_ID);
        let equal = self.b.ins().icmp(IntCC::Equal, type_id, expected);
        self.b.ins().trapz(equal, TYPE_TRAP);
        let code = self.b.ins().load(self.pointer, flags, funcref, FUNCREF_CODE);
        let callee = self.b.ins().load(self.pointer, flags, funcref, FUNCREF_CONTEXT);
        let signature = self.signature();
        let signature = self.b.import_signature(signature);
        match (self.convention.passing, self.convention.call) {
            (Passing::Two, _) => {
                let call = self.b.ins().call_indirect(signature, code, &[callee, own, n]);
                self.b.inst_results(call)[0]
            }
            (Passing::One, _) => {
                let callee =
                    if self.convention.call == Call::IndirectCompared { self.predicted(callee, own) } else { callee };
                let call = self.b.ins().call_indirect(signature, code, &[callee, n]);
                self.b.inst_results(call)[0]
            }
            (Passing::Pinned, Call::IndirectCompared) => {
                let same = self.b.create_block();
                let other = self.b.create_block();
                let rest = self.b.create_block();
                let result = self.b.append_block_param(rest, types::I32);
                self.b.set_cold_block(other);
                let equal = self.b.ins().icmp(IntCC::Equal, callee, own);
                self.b.ins().brif(equal, same, &[], other, &[]);
                self.b.switch_to_block(same);
                let call = self.b.ins().call_indirect(signature, code, &[n]);
                let value = self.b.inst_results(call)[0];
                self.b.ins().jump(rest, &[value.into()]);
                self.b.switch_to_block(other);
                let value = self.switched(signature, code, callee, n);
                self.b.ins().jump(rest, &[value.into()]);
                self.b.switch_to_block(rest);
                result
            }
            (Passing::Pinned, Call::IndirectThunk) => {
                self.b.ins().store(MemFlagsData::trusted(), funcref, own, CALLEE);
                let equal = self.b.ins().icmp(IntCC::Equal, callee, own);
                let thunk = self.function(1);
                let thunk = self.b.ins().func_addr(self.pointer, thunk);
                let target = self.b.ins().select(equal, code, thunk);
                let call = self.b.ins().call_indirect(signature, target, &[n]);
                self.b.inst_results(call)[0]
            }
            (Passing::Pinned, _) => self.switched(signature, code, callee, n),
        }
    }

    /// The callee's context, by a branch: the own one where they are the same. Another one learns who called.
    fn predicted(&mut self, callee: Value, own: Value) -> Value {
        let other = self.b.create_block();
        let rest = self.b.create_block();
        let context = self.b.append_block_param(rest, self.pointer);
        self.b.set_cold_block(other);
        let equal = self.b.ins().icmp(IntCC::Equal, callee, own);
        self.b.ins().brif(equal, rest, &[own.into()], other, &[]);
        self.b.switch_to_block(other);
        self.b.ins().store(MemFlagsData::trusted(), own, callee, CALLER);
        self.b.ins().jump(rest, &[callee.into()]);
        self.b.switch_to_block(rest);
        context
    }

    /// A call in the callee's context, which learns who called.
    fn switched(&mut self, signature: SigRef, code: Value, callee: Value, n: Value) -> Value {
        let own = self.context();
        self.b.ins().store(MemFlagsData::trusted(), own, callee, CALLER);
        self.b.ins().set_pinned_reg(callee);
        let call = self.b.ins().call_indirect(signature, code, &[n]);
        self.b.ins().set_pinned_reg(own);
        self.b.inst_results(call)[0]
    }
}
