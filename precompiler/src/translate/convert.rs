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
        let limits = Limits::new(double, to, signed);
        let ins = self.b.ins();
        let below = if double { ins.f64const(limits.below) } else { ins.f32const(limits.below_single()) };
        let ins = self.b.ins();
        let above = if double { ins.f64const(limits.above) } else { ins.f32const(limits.above_single()) };
        let below_test = if limits.or_equal { FloatCC::LessThanOrEqual } else { FloatCC::LessThan };
        let low = self.b.ins().fcmp(below_test, value, below);
        let high = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, value, above);
        let outside = self.b.ins().bor(low, high);
        self.trap_if(outside, TrapCode::IntegerOverflow);
    }
}

/// What a float must lie between to fit an integer once it is cut off towards zero. All are exact in their type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// It must not be less than this, which is negative.
    pub(super) below: f64,
    /// Nor equal.
    pub(super) or_equal: bool,
    /// It must be less than this.
    pub(super) above: f64,
}

impl Limits {
    /// Of floats of 64 bits (`double`) or 32.
    pub(super) fn new(double: bool, to: Type, signed: bool) -> Limits {
        let (below, or_equal, above) = match (to, signed) {
            (types::I32, true) if double => (-2_147_483_649.0, true, 2_147_483_648.0),
            (types::I32, true) => (-2_147_483_648.0, false, 2_147_483_648.0),
            (types::I32, false) => (-1.0, true, 4_294_967_296.0),
            (_, true) => (-9_223_372_036_854_775_808.0, false, 9_223_372_036_854_775_808.0),
            (_, false) => (-1.0, true, 18_446_744_073_709_551_616.0),
        };
        Limits { below, or_equal, above }
    }

    /// [`Self::below`] in 32 bits.
    #[expect(clippy::cast_possible_truncation, reason = "where floats have 32 bits, it is a power of two")]
    pub(super) const fn below_single(&self) -> f32 {
        self.below as f32
    }

    /// [`Self::above`] in 32 bits.
    #[expect(clippy::cast_possible_truncation, reason = "it is a power of two")]
    pub(super) const fn above_single(&self) -> f32 {
        self.above as f32
    }
}
