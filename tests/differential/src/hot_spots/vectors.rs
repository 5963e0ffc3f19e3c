//! Expressions of vectors.

use super::{Ty, Writer};

impl Writer {
    pub(super) fn vector(&mut self, depth: u32) -> String {
        const BINARY: &[&str] = &[
            "i8x16.add",
            "i8x16.add_sat_s",
            "i8x16.add_sat_u",
            "i8x16.sub_sat_s",
            "i8x16.sub_sat_u",
            "i8x16.min_s",
            "i8x16.max_u",
            "i8x16.avgr_u",
            "i8x16.swizzle",
            "i8x16.eq",
            "i8x16.lt_u",
            "i8x16.gt_s",
            "i8x16.le_u",
            "i8x16.narrow_i16x8_s",
            "i8x16.narrow_i16x8_u",
            "i16x8.narrow_i32x4_s",
            "i16x8.narrow_i32x4_u",
            "i16x8.mul",
            "i16x8.q15mulr_sat_s",
            "i16x8.extmul_low_i8x16_s",
            "i16x8.extmul_high_i8x16_u",
            "i16x8.ge_u",
            "i16x8.avgr_u",
            "i32x4.dot_i16x8_s",
            "i32x4.mul",
            "i32x4.min_u",
            "i32x4.lt_s",
            "i32x4.ge_u",
            "i32x4.extmul_high_i16x8_s",
            "i64x2.mul",
            "i64x2.add",
            "i64x2.eq",
            "i64x2.lt_s",
            "i64x2.ge_s",
            "i64x2.extmul_low_i32x4_u",
            "v128.and",
            "v128.andnot",
            "v128.or",
            "v128.xor",
            "f32x4.eq",
            "f32x4.lt",
            "f64x2.le",
            "f64x2.ne",
        ];
        const FLOATS4: &[&str] =
            &["f32x4.add", "f32x4.sub", "f32x4.mul", "f32x4.div", "f32x4.min", "f32x4.max", "f32x4.pmin"];
        const FLOATS2: &[&str] = &["f64x2.add", "f64x2.mul", "f64x2.div", "f64x2.min", "f64x2.max", "f64x2.pmax"];
        const UNARY: &[&str] = &[
            "v128.not",
            "i8x16.abs",
            "i8x16.neg",
            "i8x16.popcnt",
            "i16x8.abs",
            "i16x8.extend_low_i8x16_s",
            "i16x8.extend_high_i8x16_u",
            "i16x8.extadd_pairwise_i8x16_s",
            "i32x4.extadd_pairwise_i16x8_u",
            "i32x4.neg",
            "i32x4.extend_high_i16x8_s",
            "i64x2.extend_low_i32x4_u",
            "i64x2.abs",
            "i32x4.trunc_sat_f32x4_s",
            "i32x4.trunc_sat_f32x4_u",
            "i32x4.trunc_sat_f64x2_s_zero",
            "i32x4.trunc_sat_f64x2_u_zero",
            "f32x4.convert_i32x4_s",
            "f32x4.convert_i32x4_u",
            "f64x2.convert_low_i32x4_s",
            "f64x2.convert_low_i32x4_u",
        ];
        let (a, b) = (self.expression(Ty::V128, depth), self.expression(Ty::V128, depth));
        match self.random.below(12) {
            0..=3 => format!("({} {a} {b})", self.random.pick(BINARY)),
            4 | 5 => format!("({} {a})", self.random.pick(UNARY)),
            6 => {
                let shape = self.random.pick(&["i8x16", "i16x8", "i32x4", "i64x2"]);
                let op = self.random.pick(&["shl", "shr_s", "shr_u"]);
                let by = self.expression(Ty::I32, depth);
                format!("({shape}.{op} {a} {by})")
            }
            7 if self.random.one_in(2) => format!("(call $cv4 ({} {a} {b}))", self.random.pick(FLOATS4)),
            7 => format!("(call $cv2 ({} {a} {b}))", self.random.pick(FLOATS2)),
            8 => {
                let lanes: Vec<String> = (0..16).map(|_| self.random.below(32).to_string()).collect();
                format!("(i8x16.shuffle {} {a} {b})", lanes.join(" "))
            }
            9 => {
                let mask = self.expression(Ty::V128, depth);
                format!("(v128.bitselect {a} {b} {mask})")
            }
            10 => {
                let (op, ty) = self.random.pick(&[
                    ("i8x16.splat", Ty::I32),
                    ("i16x8.splat", Ty::I32),
                    ("i32x4.splat", Ty::I32),
                    ("i64x2.splat", Ty::I64),
                ]);
                format!("({op} {})", self.expression(ty, depth))
            }
            _ => {
                let (op, ty) = self.random.pick(&[
                    ("i8x16.replace_lane 13", Ty::I32),
                    ("i16x8.replace_lane 5", Ty::I32),
                    ("i32x4.replace_lane 3", Ty::I32),
                    ("i64x2.replace_lane 1", Ty::I64),
                ]);
                format!("({op} {a} {})", self.expression(ty, depth))
            }
        }
    }
}
