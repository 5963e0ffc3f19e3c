//! Vector operators: all 236 of WebAssembly 2.0. This file has what they share, and asks each subject's file in turn.
//!
//! Between operators every vector is `i8x16`; an operator casts its operands to the lanes it works on, which costs nothing on
//! any target: lanes are numbered as in memory on little-endian machines, whatever the byte order of the target.

mod float;
mod integer;
mod lanes;
mod memory;
#[cfg(test)]
mod tests;

use super::function::Translator;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{
    Endianness, InstBuilder as _, InstructionData, MemFlagsData, Opcode, Type, Value, ValueDef, types,
};
use cranelift_frontend::FunctionBuilder;
use wasmparser::Operator;

impl Translator<'_, '_, '_> {
    /// Translates a vector operator. Returns whether it is one.
    pub(super) fn simd(&mut self, operator: &Operator<'_>) -> bool {
        self.vector_memory(operator)
            || self.vector_lanes(operator)
            || self.vector_integer_comparison(operator)
            || self.vector_integer(operator)
            || self.vector_widening(operator)
            || self.vector_float(operator)
            || self.vector_conversion(operator)
    }

    /// Pops a vector, as lanes of this type.
    fn pop_vector(&mut self, ty: Type) -> Value {
        let value = self.state.pop();
        self.as_lanes(ty, value)
    }

    /// Pushes a vector of any lanes.
    fn push_vector(&mut self, value: Value) {
        let value = self.as_lanes(types::I8X16, value);
        self.state.push(value);
    }

    /// The same bits, as lanes of this type.
    fn as_lanes(&mut self, ty: Type, value: Value) -> Value {
        let dfg = &self.b.func.dfg;
        if dfg.value_type(value) == ty {
            return value;
        }
        // Most vectors come from an operator with the same lanes as the next one.
        if let ValueDef::Result(inst, _) = dfg.value_def(value)
            && let InstructionData::LoadNoOffset { opcode: Opcode::Bitcast, arg, .. } = dfg.insts[inst]
            && dfg.value_type(arg) == ty
        {
            return arg;
        }
        // Lane 0 is in the less significant end on every target.
        self.b.ins().bitcast(ty, MemFlagsData::new().with_endianness(Endianness::Little), value)
    }

    fn vector_unary(&mut self, ty: Type, make: impl FnOnce(&mut FunctionBuilder<'_>, Value) -> Value) {
        let value = self.pop_vector(ty);
        let result = make(&mut self.b, value);
        self.push_vector(result);
    }

    fn vector_binary(&mut self, ty: Type, make: impl FnOnce(&mut FunctionBuilder<'_>, Value, Value) -> Value) {
        let right = self.pop_vector(ty);
        let left = self.pop_vector(ty);
        let result = make(&mut self.b, left, right);
        self.push_vector(result);
    }

    /// Cranelift takes the number of bits modulo the width of a lane, as wasm does.
    fn vector_shift(&mut self, ty: Type, make: impl FnOnce(&mut FunctionBuilder<'_>, Value, Value) -> Value) {
        let bits = self.state.pop();
        let value = self.pop_vector(ty);
        let result = make(&mut self.b, value, bits);
        self.push_vector(result);
    }

    fn vector_icmp(&mut self, ty: Type, condition: IntCC) {
        self.vector_binary(ty, |b, left, right| b.ins().icmp(condition, left, right));
    }

    fn vector_fcmp(&mut self, ty: Type, condition: FloatCC) {
        self.vector_binary(ty, |b, left, right| b.ins().fcmp(condition, left, right));
    }

    /// Pushes a truth value of Cranelift's as an `i32`.
    fn push_truth(&mut self, truth: Value) {
        let truth = self.b.ins().uextend(types::I32, truth);
        self.state.push(truth);
    }
}
