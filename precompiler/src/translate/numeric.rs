//! Numbers: constants, comparisons, arithmetic and conversions that cannot trap.

use super::function::Translator;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder as _, MemFlagsData, Type, Value, types::*};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::Operator;

impl Translator<'_, '_, '_> {
    fn unary(&mut self, operate: impl FnOnce(FuncInstBuilder<'_, '_>, Value) -> Value) {
        let value = self.state.pop();
        let result = operate(self.b.ins(), value);
        self.state.push(result);
    }

    /// `f64.promote_f32`. A signalling NaN must come out quiet. The interpreter leaves that to the machine, and a 32-bit machine without
    /// `f64` registers to the compiler's library, which does not do it; multiplication does, everywhere.
    fn promote(&mut self) {
        let mut value = self.state.pop();
        if self.env.target.pointer_width() == 4 {
            let one = self.b.ins().f32const(1.0);
            value = self.b.ins().fmul(value, one);
        }
        let promoted = self.b.ins().fpromote(F64, value);
        self.state.push(promoted);
    }

    fn binary(&mut self, operate: impl FnOnce(FuncInstBuilder<'_, '_>, Value, Value) -> Value) {
        let (first, second) = self.state.pop2();
        let result = operate(self.b.ins(), first, second);
        self.state.push(result);
    }

    fn compare(&mut self, condition: IntCC) {
        let (first, second) = self.state.pop2();
        let result = self.b.ins().icmp(condition, first, second);
        self.push_bool(result);
    }

    fn compare_floats(&mut self, condition: FloatCC) {
        let (first, second) = self.state.pop2();
        let result = self.b.ins().fcmp(condition, first, second);
        self.push_bool(result);
    }

    pub(super) fn push_bool(&mut self, value: Value) {
        let value = self.b.ins().uextend(I32, value);
        self.state.push(value);
    }

    fn is_zero(&mut self) {
        let value = self.state.pop();
        let zero = self.b.ins().icmp_imm_u(IntCC::Equal, value, 0);
        self.push_bool(zero);
    }

    /// Extends the sign of the low bits.
    fn extend_sign(&mut self, from: cranelift_codegen::ir::Type, to: cranelift_codegen::ir::Type) {
        let value = self.state.pop();
        let low = self.b.ins().ireduce(from, value);
        let value = self.b.ins().sextend(to, low);
        self.state.push(value);
    }

    /// Translates an operator on numbers. Returns whether it is one.
    pub(super) fn numeric(&mut self, operator: &Operator<'_>) -> bool {
        self.constant_operator(operator) || self.integer(operator) || self.float_operator(operator)
    }

    fn constant_operator(&mut self, operator: &Operator<'_>) -> bool {
        let ins = self.b.ins();
        let value = match *operator {
            Operator::I32Const { value } => ins.iconst(I32, i64::from(value.cast_unsigned())),
            Operator::I64Const { value } => ins.iconst(I64, value),
            Operator::F32Const { value } => ins.f32const(Ieee32::with_bits(value.bits())),
            Operator::F64Const { value } => ins.f64const(Ieee64::with_bits(value.bits())),
            _ => return false,
        };
        self.state.push(value);
        true
    }

    fn integer(&mut self, operator: &Operator<'_>) -> bool {
        use IntCC::*;
        use Operator as O;
        match operator {
            O::I32Eqz | O::I64Eqz => self.is_zero(),
            O::I32Eq | O::I64Eq => self.compare(Equal),
            O::I32Ne | O::I64Ne => self.compare(NotEqual),
            O::I32LtS | O::I64LtS => self.compare(SignedLessThan),
            O::I32LtU | O::I64LtU => self.compare(UnsignedLessThan),
            O::I32GtS | O::I64GtS => self.compare(SignedGreaterThan),
            O::I32GtU | O::I64GtU => self.compare(UnsignedGreaterThan),
            O::I32LeS | O::I64LeS => self.compare(SignedLessThanOrEqual),
            O::I32LeU | O::I64LeU => self.compare(UnsignedLessThanOrEqual),
            O::I32GeS | O::I64GeS => self.compare(SignedGreaterThanOrEqual),
            O::I32GeU | O::I64GeU => self.compare(UnsignedGreaterThanOrEqual),
            O::I32Clz | O::I64Clz => self.unary(|ins, a| ins.clz(a)),
            O::I32Ctz | O::I64Ctz => self.unary(|ins, a| ins.ctz(a)),
            O::I32Popcnt | O::I64Popcnt if self.env.target.counts_bits_itself() => self.count_bits(),
            O::I32Popcnt | O::I64Popcnt => self.unary(|ins, a| ins.popcnt(a)),
            O::I32Add | O::I64Add => self.binary(|ins, a, b| ins.iadd(a, b)),
            O::I32Sub | O::I64Sub => self.binary(|ins, a, b| ins.isub(a, b)),
            O::I32Mul | O::I64Mul => self.binary(|ins, a, b| ins.imul(a, b)),
            O::I32And | O::I64And => self.binary(|ins, a, b| ins.band(a, b)),
            O::I32Or | O::I64Or => self.binary(|ins, a, b| ins.bor(a, b)),
            O::I32Xor | O::I64Xor => self.binary(|ins, a, b| ins.bxor(a, b)),
            O::I32Shl | O::I64Shl => self.binary(|ins, a, b| ins.ishl(a, b)),
            O::I32ShrS | O::I64ShrS => self.binary(|ins, a, b| ins.sshr(a, b)),
            O::I32ShrU | O::I64ShrU => self.binary(|ins, a, b| ins.ushr(a, b)),
            O::I32Rotl | O::I64Rotl => self.binary(|ins, a, b| ins.rotl(a, b)),
            O::I32Rotr | O::I64Rotr => self.binary(|ins, a, b| ins.rotr(a, b)),
            O::I32WrapI64 => self.unary(|ins, a| ins.ireduce(I32, a)),
            O::I64ExtendI32S => self.unary(|ins, a| ins.sextend(I64, a)),
            O::I64ExtendI32U => self.unary(|ins, a| ins.uextend(I64, a)),
            O::I32Extend8S => self.extend_sign(I8, I32),
            O::I32Extend16S => self.extend_sign(I16, I32),
            O::I64Extend8S => self.extend_sign(I8, I64),
            O::I64Extend16S => self.extend_sign(I16, I64),
            O::I64Extend32S => self.extend_sign(I32, I64),
            _ => return false,
        }
        true
    }

    /// Counts the bits that are set, in sums of 2, 4 and 8 bits; a product adds up the bytes.
    fn count_bits(&mut self) {
        let value = self.state.pop();
        let ty = self.b.func.dfg.value_type(value);
        let upper = self.spread_bits(value, 1, 0x5555_5555_5555_5555);
        let pairs = self.b.ins().isub(value, upper);
        let lower = self.spread_bits(pairs, 0, 0x3333_3333_3333_3333);
        let upper = self.spread_bits(pairs, 2, 0x3333_3333_3333_3333);
        let fours = self.b.ins().iadd(lower, upper);
        let upper = self.b.ins().ushr_imm_u(fours, 4);
        let sum = self.b.ins().iadd(fours, upper);
        let bytes = self.spread_bits(sum, 0, 0x0f0f_0f0f_0f0f_0f0f);
        let ones = self.pattern(ty, 0x0101_0101_0101_0101);
        let product = self.b.ins().imul(bytes, ones);
        let result = self.b.ins().ushr_imm_u(product, i64::from(ty.bits()) - 8);
        self.state.push(result);
    }

    /// The bits of `value`, `shift` lower, that `pattern` has.
    fn spread_bits(&mut self, value: Value, shift: i64, pattern: u64) -> Value {
        let shifted = if shift == 0 { value } else { self.b.ins().ushr_imm_u(value, shift) };
        let pattern = self.pattern(self.b.func.dfg.value_type(value), pattern);
        self.b.ins().band(shifted, pattern)
    }

    /// As many low bits of `pattern` as the type has.
    fn pattern(&mut self, ty: Type, pattern: u64) -> Value {
        let bits = if ty == I32 { pattern & 0xffff_ffff } else { pattern };
        self.b.ins().iconst(ty, bits.cast_signed())
    }

    fn float_operator(&mut self, operator: &Operator<'_>) -> bool {
        use FloatCC::*;
        use Operator as O;
        // A reinterpretation keeps the value's bits, whatever the byte order.
        let bits = MemFlagsData::new();
        match operator {
            O::F32Eq | O::F64Eq => self.compare_floats(Equal),
            O::F32Ne | O::F64Ne => self.compare_floats(NotEqual),
            O::F32Lt | O::F64Lt => self.compare_floats(LessThan),
            O::F32Gt | O::F64Gt => self.compare_floats(GreaterThan),
            O::F32Le | O::F64Le => self.compare_floats(LessThanOrEqual),
            O::F32Ge | O::F64Ge => self.compare_floats(GreaterThanOrEqual),
            O::F32Abs | O::F64Abs => self.unary(|ins, a| ins.fabs(a)),
            O::F32Neg | O::F64Neg => self.unary(|ins, a| ins.fneg(a)),
            O::F32Ceil | O::F64Ceil => self.unary(|ins, a| ins.ceil(a)),
            O::F32Floor | O::F64Floor => self.unary(|ins, a| ins.floor(a)),
            O::F32Trunc | O::F64Trunc => self.unary(|ins, a| ins.trunc(a)),
            O::F32Nearest | O::F64Nearest => self.unary(|ins, a| ins.nearest(a)),
            O::F32Sqrt | O::F64Sqrt => self.unary(|ins, a| ins.sqrt(a)),
            O::F32Add | O::F64Add => self.binary(|ins, a, b| ins.fadd(a, b)),
            O::F32Sub | O::F64Sub => self.binary(|ins, a, b| ins.fsub(a, b)),
            O::F32Mul | O::F64Mul => self.binary(|ins, a, b| ins.fmul(a, b)),
            O::F32Div | O::F64Div => self.binary(|ins, a, b| ins.fdiv(a, b)),
            O::F32Min | O::F64Min => self.binary(|ins, a, b| ins.fmin(a, b)),
            O::F32Max | O::F64Max => self.binary(|ins, a, b| ins.fmax(a, b)),
            O::F32Copysign | O::F64Copysign => self.binary(|ins, a, b| ins.fcopysign(a, b)),
            O::I32TruncSatF32S | O::I32TruncSatF64S => self.unary(|ins, a| ins.fcvt_to_sint_sat(I32, a)),
            O::I32TruncSatF32U | O::I32TruncSatF64U => self.unary(|ins, a| ins.fcvt_to_uint_sat(I32, a)),
            O::I64TruncSatF32S | O::I64TruncSatF64S => self.unary(|ins, a| ins.fcvt_to_sint_sat(I64, a)),
            O::I64TruncSatF32U | O::I64TruncSatF64U => self.unary(|ins, a| ins.fcvt_to_uint_sat(I64, a)),
            O::F32ConvertI32S | O::F32ConvertI64S => self.unary(|ins, a| ins.fcvt_from_sint(F32, a)),
            O::F32ConvertI32U | O::F32ConvertI64U => self.unary(|ins, a| ins.fcvt_from_uint(F32, a)),
            O::F64ConvertI32S | O::F64ConvertI64S => self.unary(|ins, a| ins.fcvt_from_sint(F64, a)),
            O::F64ConvertI32U | O::F64ConvertI64U => self.unary(|ins, a| ins.fcvt_from_uint(F64, a)),
            O::F32DemoteF64 => self.unary(|ins, a| ins.fdemote(F32, a)),
            O::F64PromoteF32 => self.promote(),
            O::I32ReinterpretF32 => self.unary(|ins, a| ins.bitcast(I32, bits, a)),
            O::I64ReinterpretF64 => self.unary(|ins, a| ins.bitcast(I64, bits, a)),
            O::F32ReinterpretI32 => self.unary(|ins, a| ins.bitcast(F32, bits, a)),
            O::F64ReinterpretI64 => self.unary(|ins, a| ins.bitcast(F64, bits, a)),
            _ => return false,
        }
        true
    }
}
