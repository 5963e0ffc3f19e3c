//! Floats without float registers: a value is its bits, an integer as wide. What is a matter of bits is done here; arithmetic, rounding
//! and conversions call builtins of [`stilt_artifact::builtins::Group::Float`].
//!
//! Bits compare as floats do once the sign is taken for that of an integer: see [`Translator::soft_ordered`].

use super::convert::Limits;
use super::function::Translator;
use crate::options::FloatMode;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types::*};
use stilt_artifact::builtins::Builtin;
use stilt_artifact::trap::TrapCode;
use wasmparser::{MemArg, Operator as O};

/// A float operator. Types are those of the bits.
#[derive(Clone, Copy, Debug)]
enum Operation<'a> {
    /// A constant.
    Const(Type, u64),
    /// A load.
    Load(&'a MemArg, Type),
    /// A store.
    Store(&'a MemArg, Type),
    /// The bits stay as they are.
    Same,
    /// A comparison; with the operands swapped; with its outcome reversed.
    Compare(Type, IntCC, bool, bool),
    Absolute(Type),
    Negate(Type),
    Copysign(Type),
    /// A builtin with one operand; the type is that of its result.
    Unary(Type, Builtin),
    /// A builtin with two.
    Binary(Type, Builtin),
    /// A builtin of a 32-bit integer, whose sign is extended or not.
    FromI32(Type, Builtin, bool),
    /// The closest integer of 32 bits, with a sign or not.
    Saturate(Builtin, bool),
    /// From a type to another, with a sign or not, if it fits.
    Truncate(Type, Builtin, Type, bool),
}

impl<'a> Operation<'a> {
    /// What an operator is, if it is about floats.
    fn of(operator: &'a O<'_>) -> Option<Operation<'a>> {
        use Builtin as B;
        use IntCC::{Equal, SignedLessThan, SignedLessThanOrEqual};
        Some(match operator {
            O::I32ReinterpretF32 | O::F32ReinterpretI32 | O::I64ReinterpretF64 | O::F64ReinterpretI64 => {
                Operation::Same
            }
            O::F32Const { value } => Operation::Const(I32, value.bits().into()),
            O::F64Const { value } => Operation::Const(I64, value.bits()),
            O::F32Load { memarg } => Operation::Load(memarg, I32),
            O::F64Load { memarg } => Operation::Load(memarg, I64),
            O::F32Store { memarg } => Operation::Store(memarg, I32),
            O::F64Store { memarg } => Operation::Store(memarg, I64),
            O::F32Eq => Operation::Compare(I32, Equal, false, false),
            O::F64Eq => Operation::Compare(I64, Equal, false, false),
            O::F32Ne => Operation::Compare(I32, Equal, false, true),
            O::F64Ne => Operation::Compare(I64, Equal, false, true),
            O::F32Lt => Operation::Compare(I32, SignedLessThan, false, false),
            O::F64Lt => Operation::Compare(I64, SignedLessThan, false, false),
            O::F32Gt => Operation::Compare(I32, SignedLessThan, true, false),
            O::F64Gt => Operation::Compare(I64, SignedLessThan, true, false),
            O::F32Le => Operation::Compare(I32, SignedLessThanOrEqual, false, false),
            O::F64Le => Operation::Compare(I64, SignedLessThanOrEqual, false, false),
            O::F32Ge => Operation::Compare(I32, SignedLessThanOrEqual, true, false),
            O::F64Ge => Operation::Compare(I64, SignedLessThanOrEqual, true, false),
            O::F32Abs => Operation::Absolute(I32),
            O::F64Abs => Operation::Absolute(I64),
            O::F32Neg => Operation::Negate(I32),
            O::F64Neg => Operation::Negate(I64),
            O::F32Copysign => Operation::Copysign(I32),
            O::F64Copysign => Operation::Copysign(I64),
            O::F32Add => Operation::Binary(I32, B::F32Add),
            O::F32Sub => Operation::Binary(I32, B::F32Sub),
            O::F32Mul => Operation::Binary(I32, B::F32Mul),
            O::F32Div => Operation::Binary(I32, B::F32Div),
            O::F32Min => Operation::Binary(I32, B::F32Min),
            O::F32Max => Operation::Binary(I32, B::F32Max),
            O::F32Sqrt => Operation::Unary(I32, B::F32Sqrt),
            O::F32Ceil => Operation::Unary(I32, B::F32Ceil),
            O::F32Floor => Operation::Unary(I32, B::F32Floor),
            O::F32Trunc => Operation::Unary(I32, B::F32Trunc),
            O::F32Nearest => Operation::Unary(I32, B::F32Nearest),
            O::F64Add => Operation::Binary(I64, B::F64Add),
            O::F64Sub => Operation::Binary(I64, B::F64Sub),
            O::F64Mul => Operation::Binary(I64, B::F64Mul),
            O::F64Div => Operation::Binary(I64, B::F64Div),
            O::F64Min => Operation::Binary(I64, B::F64Min),
            O::F64Max => Operation::Binary(I64, B::F64Max),
            O::F64Sqrt => Operation::Unary(I64, B::F64Sqrt),
            O::F64Ceil => Operation::Unary(I64, B::F64Ceil),
            O::F64Floor => Operation::Unary(I64, B::F64Floor),
            O::F64Trunc => Operation::Unary(I64, B::F64Trunc),
            O::F64Nearest => Operation::Unary(I64, B::F64Nearest),
            O::F32DemoteF64 => Operation::Unary(I32, B::F32DemoteF64),
            O::F64PromoteF32 => Operation::Unary(I64, B::F64PromoteF32),
            O::F32ConvertI32S => Operation::FromI32(I32, B::F32ConvertI64S, true),
            O::F32ConvertI32U => Operation::FromI32(I32, B::F32ConvertI64S, false),
            O::F32ConvertI64S => Operation::Unary(I32, B::F32ConvertI64S),
            O::F32ConvertI64U => Operation::Unary(I32, B::F32ConvertI64U),
            O::F64ConvertI32S => Operation::FromI32(I64, B::F64ConvertI64S, true),
            O::F64ConvertI32U => Operation::FromI32(I64, B::F64ConvertI64S, false),
            O::F64ConvertI64S => Operation::Unary(I64, B::F64ConvertI64S),
            O::F64ConvertI64U => Operation::Unary(I64, B::F64ConvertI64U),
            O::I32TruncSatF32S => Operation::Saturate(B::I64TruncF32S, true),
            O::I32TruncSatF32U => Operation::Saturate(B::I64TruncF32S, false),
            O::I32TruncSatF64S => Operation::Saturate(B::I64TruncF64S, true),
            O::I32TruncSatF64U => Operation::Saturate(B::I64TruncF64S, false),
            O::I64TruncSatF32S => Operation::Unary(I64, B::I64TruncF32S),
            O::I64TruncSatF32U => Operation::Unary(I64, B::I64TruncF32U),
            O::I64TruncSatF64S => Operation::Unary(I64, B::I64TruncF64S),
            O::I64TruncSatF64U => Operation::Unary(I64, B::I64TruncF64U),
            O::I32TruncF32S => Operation::Truncate(I32, B::I64TruncF32S, I32, true),
            O::I32TruncF32U => Operation::Truncate(I32, B::I64TruncF32S, I32, false),
            O::I32TruncF64S => Operation::Truncate(I64, B::I64TruncF64S, I32, true),
            O::I32TruncF64U => Operation::Truncate(I64, B::I64TruncF64S, I32, false),
            O::I64TruncF32S => Operation::Truncate(I32, B::I64TruncF32S, I64, true),
            O::I64TruncF32U => Operation::Truncate(I32, B::I64TruncF32U, I64, false),
            O::I64TruncF64S => Operation::Truncate(I64, B::I64TruncF64S, I64, true),
            O::I64TruncF64U => Operation::Truncate(I64, B::I64TruncF64U, I64, false),
            _ => return None,
        })
    }

    /// Whether it calls a builtin.
    const fn calls(self) -> bool {
        use Operation as Op;
        matches!(self, Op::Unary(..) | Op::Binary(..) | Op::FromI32(..) | Op::Saturate(..) | Op::Truncate(..))
    }
}

impl Translator<'_, '_, '_> {
    /// Translates a float operator that is a matter of bits, and may stand in a row, or refuses it. Whether it did; `None` if the operator
    /// is no float's, or floats have registers.
    pub(super) fn soft_bits(&mut self, operator: &O<'_>) -> Option<bool> {
        if self.env.target.float() == FloatMode::Hard {
            return None;
        }
        let operation = Operation::of(operator)?;
        if self.env.target.float() == FloatMode::None {
            self.refused = Some("floats");
            return Some(true);
        }
        if !self.env.target.integers_only() {
            return None;
        }
        let here = !operation.calls();
        if here {
            self.soft(operation);
        }
        Some(here)
    }

    /// Translates a float operator that calls a builtin. Whether it was one.
    pub(super) fn soft_call(&mut self, operator: &O<'_>) -> bool {
        let operation = if self.env.target.integers_only() { Operation::of(operator) } else { None };
        operation.map(|operation| self.soft(operation)).is_some()
    }

    fn soft(&mut self, operation: Operation<'_>) {
        match operation {
            Operation::Const(ty, bits) => self.soft_const(ty, bits),
            Operation::Load(memarg, ty) => self.load(memarg, ty),
            Operation::Store(memarg, ty) => self.store(memarg, ty),
            Operation::Same => {}
            Operation::Compare(ty, condition, swap, not) => self.soft_compare(ty, condition, swap, not),
            Operation::Absolute(ty) => self.soft_absolute(ty),
            Operation::Negate(ty) => self.soft_negate(ty),
            Operation::Copysign(ty) => self.soft_copysign(ty),
            Operation::Unary(ty, builtin) => self.soft_unary(ty, builtin),
            Operation::Binary(ty, builtin) => self.soft_binary(ty, builtin),
            Operation::FromI32(ty, builtin, signed) => self.soft_from_i32(ty, builtin, signed),
            Operation::Saturate(builtin, signed) => self.soft_saturate(builtin, signed),
            Operation::Truncate(from, builtin, to, signed) => self.soft_truncate(from, builtin, to, signed),
        }
    }

    fn soft_const(&mut self, ty: Type, bits: u64) {
        let value = self.bits(ty, bits);
        self.state.push(value);
    }

    /// An integer with these bits.
    fn bits(&mut self, ty: Type, bits: u64) -> Value {
        self.b.ins().iconst(ty, bits.cast_signed())
    }

    fn soft_absolute(&mut self, ty: Type) {
        let value = self.state.pop();
        let value = self.without_sign(ty, value);
        self.state.push(value);
    }

    fn without_sign(&mut self, ty: Type, value: Value) -> Value {
        let rest = self.bits(ty, sign(ty) - 1);
        self.b.ins().band(value, rest)
    }

    fn soft_negate(&mut self, ty: Type) {
        let value = self.state.pop();
        let sign = self.bits(ty, sign(ty));
        let value = self.b.ins().bxor(value, sign);
        self.state.push(value);
    }

    fn soft_copysign(&mut self, ty: Type) {
        let (value, from) = self.state.pop2();
        let value = self.without_sign(ty, value);
        let sign = self.bits(ty, sign(ty));
        let sign = self.b.ins().band(from, sign);
        let value = self.b.ins().bor(value, sign);
        self.state.push(value);
    }

    /// An integer that compares as the float does: both zeros are 0, and what is negative is the negative of the rest of its bits.
    /// Also that rest, which is more than infinity's if it is no number.
    fn soft_ordered(&mut self, ty: Type, value: Value) -> (Value, Value) {
        let rest = self.without_sign(ty, value);
        let negative = self.b.ins().sshr_imm_u(value, i64::from(ty.bits() - 1));
        let flipped = self.b.ins().bxor(rest, negative);
        (self.b.ins().isub(flipped, negative), rest)
    }

    /// Compares. Nothing holds of what is no number, but for `not`.
    fn soft_compare(&mut self, ty: Type, condition: IntCC, swap: bool, not: bool) {
        let (mut first, mut second) = self.state.pop2();
        if swap {
            (first, second) = (second, first);
        }
        let (first, one) = self.soft_ordered(ty, first);
        let (second, other) = self.soft_ordered(ty, second);
        let larger = self.b.ins().umax(one, other);
        let infinity = self.bits(ty, infinity(ty));
        let numbers = self.b.ins().icmp(IntCC::UnsignedLessThanOrEqual, larger, infinity);
        let holds = self.b.ins().icmp(condition, first, second);
        let both = self.b.ins().band(numbers, holds);
        let result = if not { self.b.ins().icmp_imm_u(IntCC::Equal, both, 0) } else { both };
        self.push_bool(result);
    }

    fn soft_unary(&mut self, ty: Type, builtin: Builtin) {
        let value = self.state.pop();
        self.soft_result(ty, builtin, &[value]);
    }

    fn soft_binary(&mut self, ty: Type, builtin: Builtin) {
        let (first, second) = self.state.pop2();
        self.soft_result(ty, builtin, &[first, second]);
    }

    fn soft_from_i32(&mut self, ty: Type, builtin: Builtin, signed: bool) {
        let value = self.state.pop();
        let ins = self.b.ins();
        let value = if signed { ins.sextend(I64, value) } else { ins.uextend(I64, value) };
        self.soft_result(ty, builtin, &[value]);
    }

    fn soft_result(&mut self, ty: Type, builtin: Builtin, args: &[Value]) {
        let value = self.pure_builtin(builtin, args);
        let value = if ty == I32 { self.b.ins().ireduce(I32, value) } else { value };
        self.state.push(value);
    }

    /// Converts to 64 bits, and takes the closest that 32 can hold.
    fn soft_saturate(&mut self, builtin: Builtin, signed: bool) {
        let value = self.state.pop();
        let value = self.pure_builtin(builtin, &[value]);
        let (least, most) = if signed { (i64::from(i32::MIN), i64::from(i32::MAX)) } else { (0, i64::from(u32::MAX)) };
        let most = self.b.ins().iconst(I64, most);
        let value = self.b.ins().smin(value, most);
        let least = self.b.ins().iconst(I64, least);
        let value = self.b.ins().smax(value, least);
        let value = self.b.ins().ireduce(I32, value);
        self.state.push(value);
    }

    /// Converts what fits, and traps for all else: tested on the bits.
    fn soft_truncate(&mut self, from: Type, builtin: Builtin, to: Type, signed: bool) {
        let value = self.state.pop();
        let rest = self.without_sign(from, value);
        let infinity = self.bits(from, infinity(from));
        let nan = self.b.ins().icmp(IntCC::UnsignedGreaterThan, rest, infinity);
        self.trap_if(nan, TrapCode::BadConversionToInteger);
        let limits = Limits::new(from == I64, to, signed);
        let (below, above) = if from == I64 {
            (limits.below.to_bits(), limits.above.to_bits())
        } else {
            (limits.below_single().to_bits().into(), limits.above_single().to_bits().into())
        };
        // Without a sign, the bits of what is below are more than those of the limit; with one, above is as for integers.
        let low = if limits.or_equal { IntCC::UnsignedGreaterThanOrEqual } else { IntCC::UnsignedGreaterThan };
        let below = self.bits(from, below);
        let low = self.b.ins().icmp(low, value, below);
        let above = self.bits(from, above);
        let high = self.b.ins().icmp(IntCC::SignedGreaterThanOrEqual, value, above);
        let outside = self.b.ins().bor(low, high);
        self.trap_if(outside, TrapCode::IntegerOverflow);
        self.soft_result(to, builtin, &[value]);
    }
}

/// The sign bit of a float as wide as this.
fn sign(ty: Type) -> u64 {
    1 << (ty.bits() - 1)
}

/// The bits of infinity.
fn infinity(ty: Type) -> u64 {
    if ty == I64 { f64::INFINITY.to_bits() } else { f32::INFINITY.to_bits().into() }
}
