//! Conversions between floats and integers, and divisions: what can trap on its operands.

use super::function::Translator;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder as _, Type, Value, types};
use stilt_artifact::trap::TrapCode;

/// `i.div_…` and `i.rem_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Division {
    /// `div_s`.
    DivS,
    /// `div_u`.
    DivU,
    /// `rem_s`.
    RemS,
    /// `rem_u`.
    RemU,
}

impl Translator<'_, '_, '_> {
    /// `div_s`, `div_u`, `rem_s`, `rem_u`. Cranelift's instructions trap by themselves; with explicit tests they never do.
    pub(super) fn division(&mut self, ty: Type, division: Division) {
        let (dividend, divisor) = self.state.pop2();
        if self.explicit() {
            self.test_divisor(ty, dividend, divisor, division);
        }
        let ins = self.b.ins();
        let value = match division {
            Division::DivS => ins.sdiv(dividend, divisor),
            Division::DivU => ins.udiv(dividend, divisor),
            Division::RemS => ins.srem(dividend, divisor),
            Division::RemU => ins.urem(dividend, divisor),
        };
        self.state.push(value);
    }

    fn test_divisor(&mut self, ty: Type, dividend: Value, divisor: Value, division: Division) {
        let minus_one = if ty == types::I32 { u64::from(u32::MAX) } else { u64::MAX };
        let known = self.constant(divisor);
        if known.is_none_or(|divisor| divisor == 0) {
            let zero = self.b.ins().icmp_imm_u(IntCC::Equal, divisor, 0);
            self.trap_if(zero, TrapCode::IntegerDivisionByZero);
        }
        if division == Division::DivS && known.is_none_or(|divisor| divisor == minus_one) {
            let least = if ty == types::I32 { i64::from(i32::MIN) } else { i64::MIN };
            let least = self.b.ins().icmp_imm_s(IntCC::Equal, dividend, least);
            let minus_one = self.b.ins().icmp_imm_s(IntCC::Equal, divisor, -1);
            let overflow = self.b.ins().band(least, minus_one);
            self.trap_if(overflow, TrapCode::IntegerOverflow);
        }
    }

    /// `i.trunc_f_s` and `i.trunc_f_u`. Cranelift's instructions trap by themselves; with explicit tests they never do.
    pub(super) fn truncate(&mut self, to: Type, signed: bool) {
        let value = self.state.pop();
        if self.explicit() {
            self.test_truncation(value, to, signed);
        }
        let ins = self.b.ins();
        let value = if signed { ins.fcvt_to_sint(to, value) } else { ins.fcvt_to_uint(to, value) };
        self.state.push(value);
    }

    fn test_truncation(&mut self, value: Value, to: Type, signed: bool) {
        let nan = self.b.ins().fcmp(FloatCC::Unordered, value, value);
        self.trap_if(nan, TrapCode::BadConversionToInteger);
        let double = self.b.func.dfg.value_type(value) == types::F64;
        // What is cut off towards zero must lie above the one and below the other. All are exact in their type.
        let (below, or_equal, above) = match (to, signed) {
            (types::I32, true) if double => (-2_147_483_649.0, true, 2_147_483_648.0),
            (types::I32, true) => (-2_147_483_648.0, false, 2_147_483_648.0),
            (types::I32, false) => (-1.0, true, 4_294_967_296.0),
            (_, true) => (-9_223_372_036_854_775_808.0, false, 9_223_372_036_854_775_808.0),
            (_, false) => (-1.0, true, 18_446_744_073_709_551_616.0),
        };
        let (below, above) = (self.float(double, below), self.float(double, above));
        let below_test = if or_equal { FloatCC::LessThanOrEqual } else { FloatCC::LessThan };
        let low = self.b.ins().fcmp(below_test, value, below);
        let high = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, value, above);
        let outside = self.b.ins().bor(low, high);
        self.trap_if(outside, TrapCode::IntegerOverflow);
    }

    #[expect(clippy::cast_possible_truncation, reason = "the constants are powers of two, give or take one")]
    fn float(&mut self, double: bool, value: f64) -> Value {
        if double { self.b.ins().f64const(value) } else { self.b.ins().f32const(value as f32) }
    }
}
