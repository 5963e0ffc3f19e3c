//! Loads and stores: addresses where bounds matter, offsets where folding does.

use super::{TYPES, Ty, Writer};

impl Writer {
    pub(super) fn address(&mut self) -> String {
        match self.random.below(12) {
            0..=4 => "(local.get $a)".to_owned(),
            5..=7 => "(local.get $b)".to_owned(),
            8 => {
                let by = self.random.pick(&["1", "-1", "4", "-4", "8", "65535", "-65536", "2147483647", "-2147483648"]);
                format!("(i32.add (local.get $a) (i32.const {by}))")
            }
            9 => {
                let shift = self.random.pick(&["1", "2", "3", "31", "32", "35"]);
                format!("(i32.shl (local.get $b) (i32.const {shift}))")
            }
            10 => {
                let at = self.random.pick(&[
                    "0",
                    "1",
                    "65520",
                    "65528",
                    "65532",
                    "65533",
                    "65535",
                    "65536",
                    "131071",
                    "131064",
                    "196604",
                    "-1",
                    "-4",
                    "-16",
                    "2147483647",
                ]);
                format!("(i32.const {at})")
            }
            _ => self.random.pick(&["(global.get $k)", "(local.get $x)", "(i32.wrap_i64 (local.get $m))"]).to_owned(),
        }
    }

    pub(super) fn offset(&mut self) -> String {
        let offset = self.random.pick(&[
            0u32,
            0,
            0,
            0,
            1,
            2,
            3,
            4,
            8,
            12,
            15,
            16,
            255,
            4096,
            65535,
            65536,
            65528,
            65520,
            131_072,
            33_554_431,
            33_554_432,
            33_554_424,
            33_554_433,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_fff0,
            0xffff_ffff,
            0xfffe_ffff,
        ]);
        if offset == 0 { String::new() } else { format!("offset={offset} ") }
    }

    pub(super) fn load(&mut self, ty: Ty) -> String {
        let (address, offset) = (self.address(), self.offset());
        let name = match ty {
            Ty::I32 => self.random.pick(&["load", "load8_s", "load8_u", "load16_s", "load16_u"]),
            Ty::I64 => {
                self.random.pick(&["load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u"])
            }
            Ty::F32 => return format!("(call $c32 (f32.load {offset}{address}))"),
            Ty::F64 => return format!("(call $c64 (f64.load {offset}{address}))"),
            Ty::V128 => self.random.pick(&[
                "load",
                "load8x8_s",
                "load8x8_u",
                "load16x4_s",
                "load32x2_u",
                "load8_splat",
                "load16_splat",
                "load32_splat",
                "load64_splat",
                "load32_zero",
                "load64_zero",
                "lane",
            ]),
        };
        if name == "lane" {
            let lane = self.random.pick(&["load8_lane", "load16_lane", "load32_lane", "load64_lane"]);
            return format!("(v128.{lane} {offset}1 {address} (local.get $v))");
        }
        format!("({}.{name} {offset}{address})", ty.name())
    }

    pub(super) fn store(&mut self) -> String {
        let (address, offset) = (self.address(), self.offset());
        let ty = self.random.pick(&TYPES);
        let value = self.expression(ty, 2);
        match ty {
            Ty::I32 => format!("(i32.{} {offset}{address} {value})", self.random.pick(&["store", "store8", "store16"])),
            Ty::I64 => {
                let name = self.random.pick(&["store", "store8", "store16", "store32"]);
                format!("(i64.{name} {offset}{address} {value})")
            }
            Ty::F32 => format!("(f32.store {offset}{address} (call $c32 {value}))"),
            Ty::F64 => format!("(f64.store {offset}{address} (call $c64 {value}))"),
            Ty::V128 if self.random.one_in(3) => {
                // wasmi 2.0.0 aborts at some of `v128.store8_lane` and `v128.store16_lane`.
                let lane = self.random.pick(&["32_lane", "64_lane"]);
                format!("(v128.store{lane} {offset}0 {address} {value})")
            }
            Ty::V128 => format!("(v128.store {offset}{address} {value})"),
        }
    }
}
