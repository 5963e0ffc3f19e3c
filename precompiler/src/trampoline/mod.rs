//! Trampolines: the small functions between compiled code, the host and the runtime, generated as Cranelift functions.
//! The driver asks for those that the image needs, one per signature, builtin or trap code.
//!
//! What they have in common stands here: reading the context, recording where wasm was left, calling the host, and
//! values in 64-bit slots.

pub mod builtin;
pub(crate) mod cold_trap;
pub mod entry;
pub mod host;
pub mod registers;
pub mod stack_check;
#[cfg(test)]
mod tests;
pub mod trap;

use crate::names::Name;
use crate::signature::{self, value_type};
use crate::target::Target;
use cranelift_codegen::ir::{
    self, AbiParam, Block, ExtFuncData, ExternalName, Function, InstBuilder as _, MemFlagsData, Signature,
    UserFuncName, Value, types,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use stilt_artifact::builtins::{Builtin, HOST_CALL_FUNCTION};
use stilt_artifact::layout::{ContextLayout, StoreContextLayout};
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::ValueType;

/// Cranelift's form of a trap code.
pub(crate) fn cranelift_trap(code: TrapCode) -> ir::TrapCode {
    ir::TrapCode::unwrap_user(code as u8)
}

/// A trampoline that is being built.
struct Builder<'a> {
    target: &'a Target,
    b: FunctionBuilder<'a>,
}

impl<'a> Builder<'a> {
    /// Starts `function` with an entry block that has its parameters.
    fn new(
        target: &'a Target,
        function: &'a mut Function,
        state: &'a mut FunctionBuilderContext,
    ) -> (Self, Vec<Value>) {
        let mut b = FunctionBuilder::new(function, state);
        let start = b.create_block();
        b.append_block_params_for_function_params(start);
        b.switch_to_block(start);
        let params = b.block_params(start).to_vec();
        (Builder { target, b }, params)
    }

    fn finish(mut self) {
        self.b.seal_all_blocks();
        self.b.finalize(self.target.isa().frontend_config());
    }

    fn word(&self) -> u8 {
        self.target.pointer_width()
    }

    fn load_word(&mut self, base: Value, offset: u32) -> Value {
        let pointer = self.target.pointer_type();
        self.b.ins().load(pointer, MemFlagsData::trusted(), base, small(offset))
    }

    fn store(&mut self, value: Value, base: Value, offset: u32) {
        self.b.ins().store(MemFlagsData::trusted(), value, base, small(offset));
    }

    /// Records that wasm is left here, and returns the store's context.
    fn leave_wasm(&mut self, context: Value) -> Value {
        let pointer = self.target.pointer_type();
        let word = self.word();
        let store = self.load_word(context, ContextLayout::store(word));
        let fp = self.b.ins().get_frame_pointer(pointer);
        self.store(fp, store, StoreContextLayout::exit_fp(word));
        store
    }

    /// Calls a builtin by its function pointer; the results are one `u64`.
    fn call_builtin(&mut self, store: Value, context: Value, builtin: Builtin, args: &[Value]) -> Value {
        let word = self.word();
        let group = self.load_word(store, StoreContextLayout::group(word, builtin.group() as u8));
        let code = self.load_word(group, u32::from(builtin.number()) * u32::from(word));
        let mut all = vec![context];
        all.extend_from_slice(args);
        self.call_host(code, &all, u32::from(builtin.arguments()))
    }

    /// Calls `code` in the host's convention, or, on an interpreter, host call number `id`.
    fn call_host(&mut self, code: Value, args: &[Value], id: u32) -> Value {
        let params: Vec<_> = args.iter().map(|arg| self.b.func.dfg.value_type(*arg)).collect();
        let mut signature = signature::host(&params, &[types::I64]);
        let call = if self.target.host_calls() {
            signature.params.insert(0, AbiParam::new(self.target.pointer_type()));
            let callee = self.import(Name::HostCall(id), signature, false);
            let mut all = vec![code];
            all.extend_from_slice(args);
            self.b.ins().call(callee, &all)
        } else {
            let signature = self.b.import_signature(signature);
            self.b.ins().call_indirect(signature, code, args)
        };
        self.b.inst_results(call)[0]
    }

    /// Calls `Raise(code)`, which does not return.
    fn raise(&mut self, store: Value, context: Value, code: Value) {
        self.call_builtin(store, context, Builtin::Raise, &[code]);
        self.b.ins().trap(cranelift_trap(TrapCode::Internal));
    }

    /// Goes on only if `status` is zero; else raises it, or `code` where given.
    fn raise_unless_zero(&mut self, store: Value, context: Value, status: Value, code: Option<i64>) {
        let (bad, good) = (self.b.create_block(), self.b.create_block());
        self.b.ins().brif(status, bad, &[], good, &[]);
        self.b.set_cold_block(bad);
        self.b.switch_to_block(bad);
        let code = code.map_or(status, |code| self.b.ins().iconst(types::I64, code));
        self.raise(store, context, code);
        self.b.switch_to_block(good);
    }

    fn import(&mut self, name: Name, signature: Signature, colocated: bool) -> ir::FuncRef {
        let signature = self.b.import_signature(signature);
        let name = self.b.func.declare_imported_user_function(name.external());
        self.b.import_function(ExtFuncData { name: ExternalName::User(name), signature, colocated, patchable: false })
    }

    /// A block that is laid out behind all others.
    fn cold_block(&mut self) -> Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        block
    }

    /// Values of these types from words, one for each: see [`stilt_artifact::crossing`].
    fn values_of_words(&mut self, types: &[ValueType], words: &[Value]) -> Vec<Value> {
        let mut values = Vec::new();
        for (ty, word) in types.iter().zip(words) {
            let lowered = value_type(self.target, *ty);
            let bits = match lowered.bits() {
                32 => self.b.ins().ireduce(types::I32, *word),
                _ => *word,
            };
            let value =
                if lowered.is_float() { self.b.ins().bitcast(lowered, MemFlagsData::new(), bits) } else { bits };
            values.push(value);
        }
        values
    }

    /// The word for a value that is no vector.
    fn word_of(&mut self, value: Value) -> Value {
        let ty = self.b.func.dfg.value_type(value);
        let bits = match ty {
            types::F32 | types::F64 => self.b.ins().bitcast(ty.as_int(), MemFlagsData::new(), value),
            _ => value,
        };
        if ty.bits() == 32 { self.b.ins().uextend(types::I64, bits) } else { bits }
    }

    /// Loads values from an array of slots.
    fn load_slots(&mut self, types: &[ValueType], slots: Value) -> Vec<Value> {
        let mut offset = 0;
        types
            .iter()
            .map(|ty| {
                let value = self.load_slot(*ty, slots, offset);
                offset += 8 * ty.slots();
                value
            })
            .collect()
    }

    /// Stores values into an array of slots.
    fn store_slots(&mut self, types: &[ValueType], values: &[Value], slots: Value) {
        let mut offset = 0;
        for (ty, value) in types.iter().zip(values) {
            self.store_slot(*ty, *value, slots, offset);
            offset += 8 * ty.slots();
        }
    }

    fn load_slot(&mut self, ty: ValueType, slots: Value, offset: u32) -> Value {
        let flags = MemFlagsData::trusted();
        let lowered = value_type(self.target, ty);
        if ty != ValueType::V128 {
            // A value stands in the less significant bytes of its slot.
            let skip = match self.target.endian() {
                stilt_artifact::Endian::Little => 0,
                stilt_artifact::Endian::Big => 8 - lowered.bytes(),
            };
            return self.b.ins().load(lowered, flags, slots, small(offset + skip));
        }
        if self.target.endian() == stilt_artifact::Endian::Little {
            // Slots are aligned for 64 bits only.
            let flags = MemFlagsData::new().with_notrap().with_endianness(ir::Endianness::Little);
            return self.b.ins().load(lowered, flags, slots, small(offset));
        }
        // Each half has the target's byte order, but the low one always comes first.
        let low = self.b.ins().load(types::I64, flags, slots, small(offset));
        let high = self.b.ins().load(types::I64, flags, slots, small(offset + 8));
        let vector = self.b.ins().splat(types::I64X2, low);
        let vector = self.b.ins().insertlane(vector, high, 1);
        self.b.ins().bitcast(lowered, lanes(), vector)
    }

    fn store_slot(&mut self, ty: ValueType, value: Value, slots: Value, offset: u32) {
        let flags = MemFlagsData::trusted();
        if ty == ValueType::V128 {
            if self.target.endian() == stilt_artifact::Endian::Little {
                let flags = MemFlagsData::new().with_notrap().with_endianness(ir::Endianness::Little);
                self.b.ins().store(flags, value, slots, small(offset));
                return;
            }
            let vector = self.b.ins().bitcast(types::I64X2, lanes(), value);
            for (lane, offset) in [(0, offset), (1, offset + 8)] {
                let half = self.b.ins().extractlane(vector, lane);
                self.b.ins().store(flags, half, slots, small(offset));
            }
            return;
        }
        let bits = match value_type(self.target, ty) {
            types::F32 => self.b.ins().bitcast(types::I32, MemFlagsData::new(), value),
            _ => value,
        };
        let narrow = self.b.func.dfg.value_type(bits) == types::I32;
        let wide = if narrow { self.b.ins().uextend(types::I64, bits) } else { bits };
        self.b.ins().store(flags, wide, slots, small(offset));
    }
}

/// Vectors count their lanes from the less significant end on every target.
fn lanes() -> MemFlagsData {
    MemFlagsData::new().with_endianness(ir::Endianness::Little)
}

/// An offset within a structure of the contract or an array of slots.
fn small(offset: u32) -> i32 {
    // At most 2 * 1000 parameters of 16 bytes: wasmparser's limits.
    offset.cast_signed()
}

fn function(signature: Signature) -> Function {
    Function::with_name_signature(UserFuncName::default(), signature)
}

/// The id of the interpreter's host call for host functions.
const HOST_FUNCTION: u32 = HOST_CALL_FUNCTION as u32;
