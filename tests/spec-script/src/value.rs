//! WebAssembly values in scripts, and the patterns that results are compared with.

use core::fmt;

/// What a null reference is null of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeapKind {
    /// A function.
    Func,
    /// A value of the host.
    Extern,
}

/// A value: an argument, or a result to compare. Floats are bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// `i32`
    I32(u32),
    /// `i64`
    I64(u64),
    /// `f32`, as bits
    F32(u32),
    /// `f64`, as bits
    F64(u64),
    /// `v128`; lane 0 is the lowest
    V128(u128),
    /// A null reference
    RefNull(HeapKind),
    /// A function; which one cannot be said in a script. Only as a result.
    RefFunc,
    /// A value of the host, which has a number in scripts
    RefExtern(u32),
}

/// What an `f32` has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum F32Pattern {
    /// These bits.
    Bits(u32),
    /// `nan:canonical`: of either sign, only the top bit of the payload set.
    Canonical,
    /// `nan:arithmetic`: of either sign, the top bit of the payload set.
    Arithmetic,
}

/// What an `f64` has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum F64Pattern {
    /// These bits.
    Bits(u64),
    /// `nan:canonical`: of either sign, only the top bit of the payload set.
    Canonical,
    /// `nan:arithmetic`: of either sign, the top bit of the payload set.
    Arithmetic,
}

/// What one result has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Just this.
    Exactly(Value),
    /// An `f32` of this pattern.
    F32(F32Pattern),
    /// An `f64` of this pattern.
    F64(F64Pattern),
    /// A `v128` of four `f32`.
    F32x4([F32Pattern; 4]),
    /// A `v128` of two `f64`.
    F64x2([F64Pattern; 2]),
    /// A null reference of any kind.
    AnyNull,
    /// Any value of the host.
    AnyExtern,
}

const F32_SIGN: u32 = 1 << 31;
const F32_CANONICAL: u32 = 0x7fc0_0000;
const F64_SIGN: u64 = 1 << 63;
const F64_CANONICAL: u64 = 0x7ff8_0000_0000_0000;

impl F32Pattern {
    /// Whether a float of these bits is one.
    #[must_use]
    pub const fn matches(self, bits: u32) -> bool {
        match self {
            Self::Bits(expected) => bits == expected,
            Self::Canonical => bits & !F32_SIGN == F32_CANONICAL,
            Self::Arithmetic => bits & F32_CANONICAL == F32_CANONICAL,
        }
    }
}

impl F64Pattern {
    /// Whether a float of these bits is one.
    #[must_use]
    pub const fn matches(self, bits: u64) -> bool {
        match self {
            Self::Bits(expected) => bits == expected,
            Self::Canonical => bits & !F64_SIGN == F64_CANONICAL,
            Self::Arithmetic => bits & F64_CANONICAL == F64_CANONICAL,
        }
    }
}

impl Expected {
    /// Whether `value` is what is expected.
    #[must_use]
    pub fn matches(&self, value: &Value) -> bool {
        match (*self, *value) {
            (Self::Exactly(expected), found) => expected == found,
            (Self::F32(pattern), Value::F32(bits)) => pattern.matches(bits),
            (Self::F64(pattern), Value::F64(bits)) => pattern.matches(bits),
            (Self::F32x4(patterns), Value::V128(bits)) => {
                patterns.iter().zip(f32_lanes(bits)).all(|(pattern, lane)| pattern.matches(lane))
            }
            (Self::F64x2(patterns), Value::V128(bits)) => {
                patterns.iter().zip(f64_lanes(bits)).all(|(pattern, lane)| pattern.matches(lane))
            }
            (Self::AnyNull, Value::RefNull(_)) => true,
            (Self::AnyExtern, Value::RefExtern(_)) => true,
            _ => false,
        }
    }
}

/// The four lanes, lowest first.
#[expect(clippy::cast_possible_truncation, reason = "a lane is cut out")]
fn f32_lanes(bits: u128) -> [u32; 4] {
    [0, 32, 64, 96].map(|shift| (bits >> shift) as u32)
}

/// The two lanes, lowest first.
#[expect(clippy::cast_possible_truncation, reason = "a lane is cut out")]
fn f64_lanes(bits: u128) -> [u64; 2] {
    [0, 64].map(|shift| (bits >> shift) as u64)
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(bits) => write!(f, "(i32.const {bits:#x})"),
            Self::I64(bits) => write!(f, "(i64.const {bits:#x})"),
            Self::F32(bits) => write!(f, "(f32 bits {bits:#010x})"),
            Self::F64(bits) => write!(f, "(f64 bits {bits:#018x})"),
            Self::V128(bits) => write!(f, "(v128 {bits:#034x})"),
            Self::RefNull(HeapKind::Func) => f.write_str("(ref.null func)"),
            Self::RefNull(HeapKind::Extern) => f.write_str("(ref.null extern)"),
            Self::RefFunc => f.write_str("(ref.func)"),
            Self::RefExtern(number) => write!(f, "(ref.extern {number})"),
        }
    }
}

impl fmt::Display for F32Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(bits) => write!(f, "{bits:#010x}"),
            Self::Canonical => f.write_str("nan:canonical"),
            Self::Arithmetic => f.write_str("nan:arithmetic"),
        }
    }
}

impl fmt::Display for F64Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(bits) => write!(f, "{bits:#018x}"),
            Self::Canonical => f.write_str("nan:canonical"),
            Self::Arithmetic => f.write_str("nan:arithmetic"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(value) => value.fmt(f),
            Self::F32(pattern) => write!(f, "(f32 {pattern})"),
            Self::F64(pattern) => write!(f, "(f64 {pattern})"),
            Self::F32x4([a, b, c, d]) => write!(f, "(v128 f32x4 {a} {b} {c} {d})"),
            Self::F64x2([a, b]) => write!(f, "(v128 f64x2 {a} {b})"),
            Self::AnyNull => f.write_str("(ref.null)"),
            Self::AnyExtern => f.write_str("(ref.extern)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns_follow_the_specification() {
        for bits in [0x7fc0_0000, 0xffc0_0000] {
            assert!(F32Pattern::Canonical.matches(bits));
            assert!(F32Pattern::Arithmetic.matches(bits));
        }
        assert!(!F32Pattern::Canonical.matches(0x7fc0_0001));
        assert!(F32Pattern::Arithmetic.matches(0xffc0_0001));
        for not_arithmetic in [0x7f80_0001, 0x7f80_0000, 0x3fc0_0000, 0] {
            assert!(!F32Pattern::Arithmetic.matches(not_arithmetic));
        }
        assert!(F64Pattern::Canonical.matches(0xfff8_0000_0000_0000));
        assert!(!F64Pattern::Canonical.matches(0x7ff8_0000_0000_0001));
        assert!(F64Pattern::Arithmetic.matches(0x7ff8_0000_0000_0001));
        assert!(!F64Pattern::Arithmetic.matches(0x7ff0_0000_0000_0001));
    }

    #[test]
    fn lanes_are_compared_lowest_first() {
        let bits = 0x7fc0_0000_0000_0003_0000_0002_0000_0001;
        let expected = |last| {
            let lanes = [1, 2, 3].map(F32Pattern::Bits);
            Expected::F32x4([lanes[0], lanes[1], lanes[2], last])
        };
        assert!(expected(F32Pattern::Canonical).matches(&Value::V128(bits)));
        assert!(!expected(F32Pattern::Bits(1)).matches(&Value::V128(bits)));
        let pair = Expected::F64x2([F64Pattern::Bits(0x2_0000_0001), F64Pattern::Bits(3)]);
        assert!(!pair.matches(&Value::V128(bits)));
        assert!(pair.matches(&Value::V128(0x3_0000_0002_0000_0001)));
    }

    #[test]
    fn references_match_by_kind() {
        let null = Value::RefNull(HeapKind::Func);
        assert!(Expected::AnyNull.matches(&null));
        assert!(Expected::Exactly(null).matches(&null));
        assert!(!Expected::Exactly(Value::RefNull(HeapKind::Extern)).matches(&null));
        assert!(!Expected::Exactly(Value::RefFunc).matches(&null));
        assert!(Expected::AnyExtern.matches(&Value::RefExtern(4)));
        assert!(!Expected::Exactly(Value::RefExtern(5)).matches(&Value::RefExtern(4)));
        assert!(!Expected::Exactly(Value::F32(0)).matches(&Value::I32(0)));
    }
}
