//! Floats by integers: feature `soft-float`. For code that touches no float register (`stilt compile --float soft`), in a runtime that was
//! compiled for a target without them: there the compiler and libm make integer operations of what stands here.
//!
//! Results are those of the specification, to the bit, with round-to-nearest; one that is no number is always the canonical NaN, which the
//! specification allows in all cases.

use core::cmp::Ordering;
use core::mem::{offset_of, size_of};

use stilt_artifact::builtins::{Builtin, Group};

use super::{Builtin1, Builtin2, low};
use crate::structs::VmContext;

pub(crate) fn table() -> *const u8 {
    (&raw const TABLE).cast()
}

/// The table: each builtin's name in the contract, its function, its arguments, and what it computes.
macro_rules! table {
    ($( $builtin:ident = fn $name:ident($($arg:ident: $from:ident),+) -> $to:ident : $shape:ident { $body:expr } )*) => {
        #[repr(C)]
        struct Table {
            $( $name: $shape, )*
        }

        static TABLE: Table = Table { $( $name, )* };

        $(
            extern "C" fn $name(_: *mut VmContext, $($arg: u64),+) -> u64 {
                $( let $arg = $from($arg); )+
                $to($body)
            }

            const _: () = {
                let in_front = size_of::<[usize; Builtin::$builtin.number() as usize]>();
                assert!(offset_of!(Table, $name) == in_front, stringify!($name));
                assert!(Builtin::$builtin.arguments() as usize == [$(stringify!($arg)),+].len(), stringify!($name));
            };
        )*
    };
}

const _: () = assert!(Group::Float as u8 == 3, "group");

table! {
    F32Add = fn f32_add(a: f32_of, b: f32_of) -> of_f32: Builtin2 { a + b }
    F32Sub = fn f32_sub(a: f32_of, b: f32_of) -> of_f32: Builtin2 { a - b }
    F32Mul = fn f32_mul(a: f32_of, b: f32_of) -> of_f32: Builtin2 { a * b }
    F32Div = fn f32_div(a: f32_of, b: f32_of) -> of_f32: Builtin2 { a / b }
    F32Min = fn f32_min(a: f32_of, b: f32_of) -> of_f32: Builtin2 { f32_least(a, b) }
    F32Max = fn f32_max(a: f32_of, b: f32_of) -> of_f32: Builtin2 { f32_most(a, b) }
    F32Sqrt = fn f32_sqrt(a: f32_of) -> of_f32: Builtin1 { libm::sqrtf(a) }
    F32Ceil = fn f32_ceil(a: f32_of) -> of_f32: Builtin1 { libm::ceilf(a) }
    F32Floor = fn f32_floor(a: f32_of) -> of_f32: Builtin1 { libm::floorf(a) }
    F32Trunc = fn f32_trunc(a: f32_of) -> of_f32: Builtin1 { libm::truncf(a) }
    F32Nearest = fn f32_nearest(a: f32_of) -> of_f32: Builtin1 { libm::rintf(a) }
    F64Add = fn f64_add(a: f64_of, b: f64_of) -> of_f64: Builtin2 { a + b }
    F64Sub = fn f64_sub(a: f64_of, b: f64_of) -> of_f64: Builtin2 { a - b }
    F64Mul = fn f64_mul(a: f64_of, b: f64_of) -> of_f64: Builtin2 { a * b }
    F64Div = fn f64_div(a: f64_of, b: f64_of) -> of_f64: Builtin2 { a / b }
    F64Min = fn f64_min(a: f64_of, b: f64_of) -> of_f64: Builtin2 { f64_least(a, b) }
    F64Max = fn f64_max(a: f64_of, b: f64_of) -> of_f64: Builtin2 { f64_most(a, b) }
    F64Sqrt = fn f64_sqrt(a: f64_of) -> of_f64: Builtin1 { libm::sqrt(a) }
    F64Ceil = fn f64_ceil(a: f64_of) -> of_f64: Builtin1 { libm::ceil(a) }
    F64Floor = fn f64_floor(a: f64_of) -> of_f64: Builtin1 { libm::floor(a) }
    F64Trunc = fn f64_trunc(a: f64_of) -> of_f64: Builtin1 { libm::trunc(a) }
    F64Nearest = fn f64_nearest(a: f64_of) -> of_f64: Builtin1 { libm::rint(a) }
    F32DemoteF64 = fn f32_demote_f64(a: f64_of) -> of_f32: Builtin1 { demote(a) }
    F64PromoteF32 = fn f64_promote_f32(a: f32_of) -> of_f64: Builtin1 { f64::from(a) }
    F32ConvertI64S = fn f32_convert_i64_s(a: i64_of) -> of_f32: Builtin1 { a as f32 }
    F32ConvertI64U = fn f32_convert_i64_u(a: u64_of) -> of_f32: Builtin1 { a as f32 }
    F64ConvertI64S = fn f64_convert_i64_s(a: i64_of) -> of_f64: Builtin1 { a as f64 }
    F64ConvertI64U = fn f64_convert_i64_u(a: u64_of) -> of_f64: Builtin1 { a as f64 }
    I64TruncF32S = fn i64_trunc_f32_s(a: f32_of) -> of_i64: Builtin1 { f32_signed(a) }
    I64TruncF32U = fn i64_trunc_f32_u(a: f32_of) -> u64_of: Builtin1 { f32_unsigned(a) }
    I64TruncF64S = fn i64_trunc_f64_s(a: f64_of) -> of_i64: Builtin1 { f64_signed(a) }
    I64TruncF64U = fn i64_trunc_f64_u(a: f64_of) -> u64_of: Builtin1 { f64_unsigned(a) }
}

fn f32_of(bits: u64) -> f32 {
    f32::from_bits(low(bits))
}

fn f64_of(bits: u64) -> f64 {
    f64::from_bits(bits)
}

const fn u64_of(bits: u64) -> u64 {
    bits
}

const fn i64_of(bits: u64) -> i64 {
    bits.cast_signed()
}

const fn of_i64(value: i64) -> u64 {
    value.cast_unsigned()
}

/// The bits of a float, or of the canonical NaN.
fn of_f32(value: f32) -> u64 {
    const INFINITY: u32 = 0x7f80_0000;
    const QUIET: u32 = 0x7fc0_0000;
    let bits = value.to_bits();
    u64::from(if bits & !SIGN_32 > INFINITY { QUIET } else { bits })
}

/// The bits of a float, or of the canonical NaN.
fn of_f64(value: f64) -> u64 {
    const INFINITY: u64 = 0x7ff0_0000_0000_0000;
    const QUIET: u64 = 0x7ff8_0000_0000_0000;
    let bits = value.to_bits();
    if bits & !SIGN_64 > INFINITY { QUIET } else { bits }
}

const SIGN_32: u32 = 1 << 31;
const SIGN_64: u64 = 1 << 63;

/// The lesser one, of zeros that with the sign; no number if one is none.
fn f32_least(a: f32, b: f32) -> f32 {
    match a.partial_cmp(&b) {
        Some(Ordering::Less) => a,
        Some(Ordering::Greater) => b,
        Some(Ordering::Equal) => f32::from_bits(a.to_bits() | b.to_bits()),
        None => f32::NAN,
    }
}

/// The greater one, of zeros that without the sign; no number if one is none.
fn f32_most(a: f32, b: f32) -> f32 {
    match a.partial_cmp(&b) {
        Some(Ordering::Less) => b,
        Some(Ordering::Greater) => a,
        Some(Ordering::Equal) => f32::from_bits(a.to_bits() & b.to_bits()),
        None => f32::NAN,
    }
}

/// As [`f32_least`].
fn f64_least(a: f64, b: f64) -> f64 {
    match a.partial_cmp(&b) {
        Some(Ordering::Less) => a,
        Some(Ordering::Greater) => b,
        Some(Ordering::Equal) => f64::from_bits(a.to_bits() | b.to_bits()),
        None => f64::NAN,
    }
}

/// As [`f32_most`].
fn f64_most(a: f64, b: f64) -> f64 {
    match a.partial_cmp(&b) {
        Some(Ordering::Less) => b,
        Some(Ordering::Greater) => a,
        Some(Ordering::Equal) => f64::from_bits(a.to_bits() & b.to_bits()),
        None => f64::NAN,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "rounds to the nearest, as it should")]
const fn demote(value: f64) -> f32 {
    value as f32
}

#[expect(clippy::cast_possible_truncation, reason = "the closest one, as it should be")]
const fn f32_signed(value: f32) -> i64 {
    value as i64
}

#[expect(clippy::cast_possible_truncation, reason = "the closest one, as it should be")]
const fn f32_unsigned(value: f32) -> u64 {
    value as u64
}

#[expect(clippy::cast_possible_truncation, reason = "the closest one, as it should be")]
const fn f64_signed(value: f64) -> i64 {
    value as i64
}

#[expect(clippy::cast_possible_truncation, reason = "the closest one, as it should be")]
const fn f64_unsigned(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(function: extern "C" fn(*mut VmContext, u64) -> u64, a: u64) -> u64 {
        function(core::ptr::null_mut(), a)
    }

    #[test]
    fn zeros_have_an_order_and_no_number_is_canonical() {
        let both = |function: extern "C" fn(*mut VmContext, u64, u64) -> u64, a: f32, b: f32| {
            function(core::ptr::null_mut(), a.to_bits().into(), b.to_bits().into())
        };
        assert_eq!(both(f32_min, 0.0, -0.0), u64::from(SIGN_32));
        assert_eq!(both(f32_max, -0.0, 0.0), 0);
        for nan in [0x7f80_0001, 0xffc0_0000, 0xffff_ffff] {
            for function in [f32_min, f32_max, f32_add, f32_div] {
                assert_eq!(both(function, f32::from_bits(nan), 1.0), 0x7fc0_0000);
                assert_eq!(both(function, 1.0, f32::from_bits(nan)), 0x7fc0_0000);
            }
            for function in [f32_sqrt, f32_ceil, f32_nearest] {
                assert_eq!(call(function, nan.into()), 0x7fc0_0000);
            }
            assert_eq!(call(f64_promote_f32, nan.into()), 0x7ff8_0000_0000_0000);
            assert_eq!(call(i64_trunc_f32_s, nan.into()), 0);
        }
        assert_eq!(call(f64_sqrt, (-1.0f64).to_bits()), 0x7ff8_0000_0000_0000);
        assert_eq!(call(f64_sqrt, (-0.0f64).to_bits()), SIGN_64);
    }

    #[test]
    fn whole_numbers_are_the_nearest() {
        assert_eq!(call(f64_nearest, 2.5f64.to_bits()), 2f64.to_bits());
        assert_eq!(call(f64_nearest, (-0.5f64).to_bits()), SIGN_64);
        assert_eq!(call(f32_nearest, 3.5f32.to_bits().into()), u64::from(4f32.to_bits()));
        assert_eq!(call(i64_trunc_f64_u, (-3.7f64).to_bits()), 0);
        assert_eq!(call(i64_trunc_f64_s, 1e300f64.to_bits()), i64::MAX.cast_unsigned());
        // Halfway between two floats: the even one.
        assert_eq!(call(f32_convert_i64_u, (1 << 24) + 1), u64::from(16_777_216f32.to_bits()));
        assert_eq!(call(f32_convert_i64_s, u64::MAX), u64::from((-1f32).to_bits()));
    }
}
