//! Expressions of integers and floats.

use super::{Ty, Writer};

impl Writer {
    pub(super) fn constant(&mut self, ty: Ty) -> String {
        match ty {
            Ty::I32 => {
                let value = self.random.pick(&[
                    0,
                    1,
                    -1,
                    2,
                    3,
                    5,
                    7,
                    10,
                    31,
                    32,
                    33,
                    127,
                    128,
                    255,
                    -128,
                    32767,
                    65535,
                    65536,
                    i32::MAX,
                    i32::MIN,
                    i32::MIN + 1,
                    0x5555_5555,
                    1_000_000_007,
                ]);
                format!("(i32.const {value})")
            }
            Ty::I64 => {
                let value = self.random.pick(&[
                    0,
                    1,
                    -1,
                    2,
                    3,
                    7,
                    10,
                    31,
                    63,
                    64,
                    65,
                    255,
                    0xffff_ffff,
                    0x8000_0000,
                    -0x8000_0000,
                    i64::MAX,
                    i64::MIN,
                    i64::MIN + 1,
                    0x0123_4567_89ab_cdef,
                    1_000_000_007,
                ]);
                format!("(i64.const {value})")
            }
            Ty::F32 | Ty::F64 => {
                let value = self.random.pick(&[
                    "0",
                    "-0",
                    "1",
                    "-1",
                    "0.5",
                    "1.5",
                    "-0.99",
                    "inf",
                    "-inf",
                    "nan",
                    "2147483648",
                    "-2147483648",
                    "4294967296",
                    "-2147483649",
                    "9223372036854775808",
                    "-9223372036854775808",
                    "18446744073709551616",
                    "1e-40",
                    "1e38",
                    "2147483647",
                    "4294967295",
                    "16777217",
                ]);
                format!("({}.const {value})", ty.name())
            }
            Ty::V128 => {
                let (a, b) = (self.random.draw() >> self.random.below(64), self.random.draw());
                format!("(v128.const i64x2 {a} {b})")
            }
        }
    }

    pub(super) fn leaf(&mut self, ty: Ty) -> String {
        if self.random.one_in(3) {
            return self.constant(ty);
        }
        match ty {
            Ty::I32 => self.random.pick(&[
                "(local.get $i)",
                "(local.get $x)",
                "(local.get $y)",
                "(local.get $a)",
                "(global.get $g32)",
            ]),
            Ty::I64 => self.random.pick(&["(local.get $l)", "(local.get $m)", "(global.get $g64)"]),
            Ty::F32 => self.random.pick(&["(local.get $f)", "(global.get $gf)"]),
            Ty::F64 => "(local.get $d)",
            Ty::V128 => self.random.pick(&["(local.get $v)", "(global.get $gv)"]),
        }
        .to_owned()
    }

    pub(super) fn expression(&mut self, ty: Ty, depth: u32) -> String {
        if depth == 0 || self.random.one_in(5) {
            return self.leaf(ty);
        }
        if self.memory && self.random.one_in(7) {
            return self.load(ty);
        }
        match ty {
            Ty::I32 | Ty::I64 => self.integer(ty, depth - 1),
            Ty::F32 | Ty::F64 => self.float(ty, depth - 1),
            Ty::V128 => self.vector(depth - 1),
        }
    }

    pub(super) fn integer(&mut self, ty: Ty, depth: u32) -> String {
        let name = ty.name();
        let (a, b) = (self.expression(ty, depth), self.expression(ty, depth));
        match self.random.below(24) {
            0..=9 => {
                let op = self.random.pick(&[
                    "add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "add", "sub",
                    "shl",
                ]);
                format!("({name}.{op} {a} {b})")
            }
            10 | 11 => {
                let op = self.random.pick(&["div_s", "div_u", "rem_s", "rem_u"]);
                // Most divisors are not zero.
                let b = if self.random.one_in(4) { b } else { format!("({name}.or {b} ({name}.const 1))") };
                format!("({name}.{op} {a} {b})")
            }
            12 => {
                let op = self.random.pick(&["div_s", "div_u", "rem_s", "rem_u", "mul"]);
                let by =
                    self.random.pick(&[-1i64, 1, 2, 3, 7, 10, -2, -7, 64, 100, 641, 65536, 0x7fff_ffff, -0x8000_0000]);
                format!("({name}.{op} {a} ({name}.const {by}))")
            }
            13 => {
                let op = self.random.pick(&["clz", "ctz", "popcnt", "extend8_s", "extend16_s"]);
                format!("({name}.{op} {a})")
            }
            14 | 15 => {
                let of = self.random.pick(&[Ty::I32, Ty::I64]);
                let (a, b) = (self.expression(of, depth), self.expression(of, depth));
                let op =
                    self.random.pick(&["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]);
                let test = format!("({}.{op} {a} {b})", of.name());
                if ty == Ty::I32 { test } else { format!("(i64.extend_i32_u {test})") }
            }
            16 => {
                let of = self.random.pick(&[Ty::F32, Ty::F64]);
                let (a, b) = (self.expression(of, depth), self.expression(of, depth));
                let op = self.random.pick(&["eq", "ne", "lt", "gt", "le", "ge"]);
                let test = format!("({}.{op} {a} {b})", of.name());
                if ty == Ty::I32 { test } else { format!("(i64.extend_i32_s {test})") }
            }
            17 | 18 => {
                let from = self.random.pick(&[Ty::F32, Ty::F64]);
                let a = self.expression(from, depth);
                let (kind, sign) =
                    (self.random.pick(&["trunc_sat", "trunc_sat", "trunc"]), self.random.pick(&["s", "u"]));
                format!("({name}.{kind}_{}_{sign} {a})", from.name())
            }
            19 => {
                let condition = self.expression(Ty::I32, depth);
                format!("(select {a} {b} {condition})")
            }
            20 if ty == Ty::I32 => format!("(i32.wrap_i64 {})", self.expression(Ty::I64, depth)),
            20 | 21 if ty == Ty::I64 => {
                let op = self.random.pick(&["extend_i32_s", "extend_i32_u"]);
                format!("(i64.{op} {})", self.expression(Ty::I32, depth))
            }
            21 => format!("(i32.reinterpret_f32 (call $c32 {}))", self.expression(Ty::F32, depth)),
            22 if ty == Ty::I32 => {
                let vector = self.expression(Ty::V128, depth);
                let op = self.random.pick(&[
                    "i8x16.extract_lane_s 15",
                    "i8x16.extract_lane_u 3",
                    "i16x8.extract_lane_s 7",
                    "i32x4.extract_lane 2",
                    "v128.any_true",
                    "i8x16.all_true",
                    "i16x8.bitmask",
                    "i32x4.all_true",
                    "i64x2.bitmask",
                ]);
                format!("({op} {vector})")
            }
            22 => {
                let vector = self.expression(Ty::V128, depth);
                format!("(i64x2.extract_lane 1 {vector})")
            }
            _ if ty == Ty::I32 => format!("(i32.eqz {a})"),
            _ => format!("(i64.reinterpret_f64 (call $c64 {}))", self.expression(Ty::F64, depth)),
        }
    }

    pub(super) fn float(&mut self, ty: Ty, depth: u32) -> String {
        let name = ty.name();
        let (a, b) = (self.expression(ty, depth), self.expression(ty, depth));
        let canonical = if ty == Ty::F32 { "$c32" } else { "$c64" };
        match self.random.below(8) {
            0..=2 => {
                let op = self.random.pick(&["add", "sub", "mul", "div", "min", "max"]);
                format!("({name}.{op} {a} {b})")
            }
            3 => {
                let op = self.random.pick(&["sqrt", "ceil", "floor", "trunc", "nearest", "abs", "neg"]);
                format!("({name}.{op} {a})")
            }
            4 => format!("({name}.copysign {a} (call {canonical} {b}))"),
            5 => {
                let (from, sign) = (self.random.pick(&[Ty::I32, Ty::I64]), self.random.pick(&["s", "u"]));
                let a = self.expression(from, depth);
                format!("({name}.convert_{}_{sign} {a})", from.name())
            }
            6 if ty == Ty::F32 => format!("(f32.demote_f64 {})", self.expression(Ty::F64, depth)),
            6 => format!("(f64.promote_f32 {})", self.expression(Ty::F32, depth)),
            _ => {
                let condition = self.expression(Ty::I32, depth);
                format!("(select {a} {b} {condition})")
            }
        }
    }
}
