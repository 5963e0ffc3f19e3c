//! One function's translation: its entry, the walk over its operators and those of bodies inlined into it, and what all kinds of
//! operators share.

use super::context::Context;
use super::env::{ModuleEnv, Uses};
use super::inline::{Budget, InlineMap};
use super::interrupt::Interrupts;
use super::memory::{Covered, Row};
use super::pins::Pins;
use super::state::{FrameKind, FrameType, State};
use crate::error::CompileError;
use crate::module::{DefinedFuncIndex, FuncIndex, TypeIndex, value_type};
use crate::names::Name;
use crate::signature;
use cranelift_codegen::ir::{
    ExtFuncData, ExternalName, FuncRef, InstBuilder as _, InstructionData, Opcode, SigRef, Signature, SourceLoc, Type,
    Value, ValueDef, types,
};
use cranelift_frontend::{FunctionBuilder, Variable};
use std::collections::HashMap;
use stilt_artifact::builtins::{Builtin, Outcome};
use stilt_artifact::types::ValueType;
use wasmparser::Operator;

/// Translates one function. `'f` is that of the function under construction.
pub(super) struct Translator<'f, 'm, 'data> {
    pub(super) env: &'f ModuleEnv<'m, 'data>,
    pub(super) b: FunctionBuilder<'f>,
    pub(super) index: FuncIndex,
    pub(super) context: Context,
    pub(super) state: &'f mut State,
    pub(super) locals: Vec<(Variable, ValueType)>,
    pub(super) entities: Entities,
    pub(super) uses: Uses,
    /// Offset of the current operator in the wasm file.
    pub(super) offset: u64,
    /// The bodies that are being inlined, from the outside.
    pub(super) levels: Vec<Level>,
    pub(super) inlined: InlineMap,
    pub(super) budget: Budget,
    /// What can still be merged.
    pub(super) row: Row<'data>,
    /// What stands in the function that code is to do without.
    pub(super) refused: Option<&'static str>,
    /// Where the interrupt word is to be tested.
    pub(super) interrupts: Interrupts,
    /// Locals that the loops around this point do not set.
    pub(super) pins: Pins,
    /// What is known of the accesses of the loop around this point.
    pub(super) covered: Covered,
}

/// A body that is being inlined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    pub(super) body: DefinedFuncIndex,
    /// Its number in the inline map.
    pub(super) number: usize,
    /// Control frames around it.
    pub(super) frames: usize,
}

/// What the function refers to, each thing once.
#[derive(Debug, Default)]
pub(super) struct Entities {
    functions: HashMap<Name, FuncRef>,
    signatures: HashMap<TypeIndex, SigRef>,
}

impl Entities {
    /// A function or trampoline of this image.
    pub(super) fn function(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        name: Name,
        signature: impl FnOnce() -> Signature,
    ) -> FuncRef {
        *self.functions.entry(name).or_insert_with(|| {
            let signature = b.import_signature(signature());
            let colocated = !matches!(name, Name::HostCall(_));
            let name = ExternalName::user(b.func.declare_imported_user_function(name.external()));
            b.import_function(ExtFuncData { name, signature, colocated, patchable: false })
        })
    }

    /// The signature of a function type.
    pub(super) fn signature(
        &mut self,
        b: &mut FunctionBuilder<'_>,
        ty: TypeIndex,
        signature: impl FnOnce() -> Signature,
    ) -> SigRef {
        *self.signatures.entry(ty).or_insert_with(|| b.import_signature(signature()))
    }
}

impl<'f, 'm, 'data> Translator<'f, 'm, 'data> {
    /// Prepares the entry block, parameters and the tests made at entry.
    pub(super) fn new(
        env: &'f ModuleEnv<'m, 'data>,
        own: DefinedFuncIndex,
        mut b: FunctionBuilder<'f>,
        state: &'f mut State,
    ) -> Self {
        let index = env.module.function_index(own);
        let offset = env.module.bodies[own].offset();
        b.set_srcloc(source_location(offset));
        let entry = b.create_block();
        b.append_block_params_for_function_params(entry);
        b.switch_to_block(entry);
        b.seal_block(entry);
        let params = b.block_params(entry).to_vec();
        let (context, params) = Context::new(env.target, &mut b, &params);
        state.clear();
        let mut translator = Translator {
            env,
            b,
            index,
            context,
            state,
            locals: Vec::new(),
            entities: Entities::default(),
            uses: Uses::default(),
            offset,
            levels: Vec::new(),
            inlined: InlineMap::default(),
            budget: Budget::new(env, own),
            row: Row::default(),
            refused: None,
            interrupts: Interrupts::default(),
            pins: Pins::default(),
            covered: Covered::new(env, own),
        };
        let types = &env.module.function_type(index).params;
        for (&ty, value) in types.iter().zip(params) {
            translator.declare_local(ty, value);
        }
        translator.state.open(FrameKind::Function, FrameType::Body(env.module.functions[index]), 0);
        translator
    }

    /// Declares a local of this type with this value.
    pub(super) fn declare_local(&mut self, ty: ValueType, value: Value) {
        let variable = self.b.declare_var(signature::value_type(self.env.target, ty));
        if ty == ValueType::ExternRef {
            self.b.declare_var_needs_stack_map(variable);
        }
        self.b.def_var(variable, value);
        self.locals.push((variable, ty));
    }

    /// Declares locals that start as zero.
    fn declare_locals(&mut self, count: u32, ty: ValueType) {
        if count > 0 {
            let zero = self.zero(ty);
            for _ in 0..count {
                self.declare_local(ty, zero);
            }
        }
    }

    /// The zero, or null, of a type.
    fn zero(&mut self, ty: ValueType) -> Value {
        let lowered = signature::value_type(self.env.target, ty);
        match lowered {
            types::F32 => self.b.ins().f32const(0.0),
            types::F64 => self.b.ins().f64const(0.0),
            types::I8X16 => {
                let zero = self.b.func.dfg.constants.insert([0u8; 16].as_slice().into());
                self.b.ins().vconst(types::I8X16, zero)
            }
            _ => self.b.ins().iconst(lowered, 0),
        }
    }

    /// Notes where in the wasm file the following instructions come from.
    pub(super) fn locate(&mut self, offset: u64) {
        self.offset = offset;
        self.b.set_srcloc(SourceLoc::new(self.location()));
    }

    /// The location of the current operator.
    pub(super) fn location(&self) -> u32 {
        self.inlined.location(self.env, self.levels.last().map(|level| level.number), self.offset)
    }

    /// Translates a body behind its parameters, in the control frame that is open.
    pub(super) fn body(&mut self, own: DefinedFuncIndex) -> Result<(), CompileError> {
        let module = self.env.module;
        let wasm = |error: wasmparser::Error| module.error(&error, Some(module.function_index(own)));
        let body = &module.bodies[own].body;
        let mut locals = body.get_locals_reader().map_err(wasm)?;
        for _ in 0..locals.get_count() {
            let (count, ty) = locals.read().map_err(wasm)?;
            let ty = value_type(ty).ok_or_else(|| self.internal("a local of an unknown type"))?;
            self.declare_locals(count, ty);
        }
        let mut operators = body.get_operators_reader().map_err(wasm)?;
        let mut loops = Vec::new();
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(wasm)?;
            self.locate(offset);
            if matches!(operator, Operator::End)
                && let Some(again) = self.repeat(&mut loops)
            {
                operators = again;
                continue;
            }
            let brief = self.is_brief(&operator, &operators);
            if matches!(operator, Operator::Loop { .. }) {
                self.version_loop(&operator, &operators)?;
            }
            self.operator(&operator)?;
            if brief {
                self.loop_is_brief();
            } else {
                loops.extend(self.may_repeat(&operator, &operators));
            }
        }
        Ok(())
    }

    /// Calls a builtin. Narrower arguments are zero-extended. Returns its value, if it has one.
    pub(super) fn builtin(&mut self, builtin: Builtin, args: &[Value]) -> Option<Value> {
        self.uses.builtins.insert(builtin);
        let results: &[Type] = match builtin.outcome() {
            Outcome::Value | Outcome::Pure => &[types::I64],
            Outcome::Status | Outcome::Never | Outcome::Nothing => &[],
        };
        let target = self.env.target;
        let signature = || Context::trampoline(target, builtin.arguments(), results);
        let trampoline = self.entities.function(&mut self.b, Name::builtin(builtin), signature);
        let args: Vec<Value> = args.iter().map(|arg| self.widen(*arg)).collect();
        let call = self.context.call_own(&mut self.b, trampoline, &args);
        self.b.inst_results(call).first().copied()
    }

    /// An integer, zero-extended to 64 bits.
    pub(super) fn widen(&mut self, value: Value) -> Value {
        match self.b.func.dfg.value_type(value) {
            types::I64 => value,
            _ => self.b.ins().uextend(types::I64, value),
        }
    }

    /// The unsigned value of a constant operand.
    pub(super) fn constant(&self, value: Value) -> Option<u64> {
        let dfg = &self.b.func.dfg;
        let ValueDef::Result(inst, _) = dfg.value_def(value) else { return None };
        let InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = dfg.insts[inst] else { return None };
        let bits = imm.bits().cast_unsigned();
        Some(if dfg.value_type(value) == types::I32 { bits & u64::from(u32::MAX) } else { bits })
    }

    /// Pushes a value of a wasm type, which tells references from numbers.
    pub(super) fn push(&mut self, value: Value, ty: ValueType) {
        self.note_reference(value, ty);
        self.state.push(value);
    }

    /// Has stack maps know of a reference to something of the host.
    pub(super) fn note_reference(&mut self, value: Value, ty: ValueType) {
        if ty == ValueType::ExternRef {
            self.b.declare_value_needs_stack_map(value);
        }
    }

    /// An error that validation should have found.
    pub(super) fn internal(&self, message: impl Into<String>) -> CompileError {
        let message = format!("{} (at offset {:#x})", message.into(), self.offset);
        CompileError::Internal { function: Some(self.env.module.label(self.index)), message }
    }
}

fn source_location(offset: u64) -> SourceLoc {
    // Modules are shorter than 4 GiB.
    SourceLoc::new(u32::try_from(offset).unwrap_or(u32::MAX))
}
