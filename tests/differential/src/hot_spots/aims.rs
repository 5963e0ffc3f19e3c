//! What passes of the compiler look for: several offsets from one index, arrays up to the memory's end, bulk operations of a few
//! bytes, growth in a callee, small functions in loops, recursion, tables and globals that never change.

use super::{Ty, Writer};
use core::fmt::Write as _;

/// Functions that are small enough to be written into their callers. Most can trap, or change what a caller has tested.
const SMALL: &str = r"
  (func $grows (result i32) (memory.grow (i32.const 1)))
  (func $grows-deep (result i32) (drop (call $grows)) (i32.sub (memory.size) (i32.const 1)))
  (func $reads (param i32) (result i32) (i32.load offset=OFFSET (local.get 0)))
  (func $writes (param i32 i32) (i32.store16 offset=OFFSET (local.get 0) (local.get 1)))
  (func $divides (param i32 i32) (result i32) (i32.rem_s (local.get 0) (local.get 1)))
  (func $stops (param i32) (if (local.get 0) (then unreachable)))
  (func $converts (param f64) (result i64) (i64.trunc_f64_u (local.get 0)))
  (func $counts (result i32)
    (global.set $g32 (i32.add (global.get $g32) (i32.const 1)))
    (global.get $g32))
  (func $early (param i32 i64) (result i64 i32)
    (block $b (block $c (br_table $b $c $b (local.get 0))) (return (i64.const 7) (local.get 0)))
    (local.get 1) (i32.const 3))
  (func $swaps (param i32 i64) (result i64 i32) (local $z i32)
    (local.set $z (i32.xor (local.get $z) (local.get 0)))
    (local.get 1) (local.get $z))
  (func $loops (param i32) (result i32) (local $s i32)
    (local.set 0 (i32.and (local.get 0) (i32.const 15)))
    (loop $again
      (local.set $s (i32.add (local.get $s) (i32.load8_u offset=OFFSET (local.get 0))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $s))
  (func $nests (param i32) (result i32)
    (call $stops (i32.eq (local.get 0) (i32.const 77)))
    (i32.add (call $reads (local.get 0)) (call $divides (i32.const 1000) (call $counts))))
  (func $sums (type $deep)
    (if (i32.le_s (local.get 0) (i32.const 0)) (then (return (i32.load (local.get 1)))))
    (i32.store8 (local.get 1) (local.get 0))
    (i32.add
      (call $sums (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const STEP)))
      (i32.load8_s (local.get 1))))
  (func $even (type $deep)
    (if (result i32) (i32.eqz (local.get 0))
      (then (call $divides (i32.const 99) (local.get 1)))
      (else (call $odd (i32.sub (local.get 0) (i32.const 1)) (i32.sub (local.get 1) (i32.const 1))))))
  (func $odd (type $deep)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.load16_u offset=65532 (local.get 1)))
      (else (i32.add (i32.const 1) (call $even (i32.sub (local.get 0) (i32.const 1)) (local.get 1))))))
  (func $branches (type $deep) (local $s i32)
    (if (i32.lt_u (i32.sub (local.get 0) (i32.const 1)) (i32.const 6)) (then
      (local.set $s (call $branches (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
      (return (i32.add (local.get $s)
        (call_indirect $fixed (type $deep) (i32.sub (local.get 0) (i32.const 2)) (local.get 1) (i32.const 2))))))
    (i32.load (local.get 1)))
  (table $fixed 6 6 funcref)
  (elem (table $fixed) (i32.const 0) func $sums $even $branches $inc $reads)
  (table $alike 4 4 funcref)
  (elem (table $alike) (i32.const 0) func $reads $inc $nests $loops)
";

impl Writer {
    /// Functions, tables and globals to aim at.
    pub(super) fn targets(&mut self) {
        let offset = self.random.pick(&["0", "1", "4", "65528", "65532", "65533", "65535", "131072", "4294967295"]);
        let step = self.random.pick(&["1", "4", "-1", "4096"]);
        let small = SMALL.replace("OFFSET", offset).replace("STEP", step);
        self.text.push_str(&small);
        let at = self.random.pick(&[0, 65_535, 65_532, 131_068, -1]);
        self.line(&format!("(global $zero i32 (i32.const 0)) (global $edge i32 (i32.const {at}))"));
        self.line("(global $kl i64 (i64.const -1)) (global $kf f32 (f32.const -0)) (global $kd f64 (f64.const 1e300))");
        self.line("(global $kv v128 (v128.const i32x4 1 -1 65536 0x7fffffff))");
    }

    /// One statement, or a few that belong together.
    pub(super) fn aimed(&mut self) {
        match self.random.below(9) {
            0 => self.offsets(),
            1 => self.array(),
            2 => self.few_bytes(),
            3 => self.growth_between(),
            4 => self.small_calls(),
            5 => self.recursion(),
            6 => self.fixed_tables(),
            7 => self.fixed_globals(),
            _ => self.tests(),
        }
    }

    /// An address so many bytes before the end of the memory.
    fn end(&mut self) -> String {
        let before = self.random.pick(&[0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100]);
        format!("(i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {before}))")
    }

    /// An index that several accesses start from.
    fn index(&mut self) -> String {
        match self.random.below(8) {
            0 => self.end(),
            1 => "(i32.shl (local.get $a) (i32.const 2))".to_owned(),
            2 => "(i32.add (local.get $a) (local.get $b))".to_owned(),
            3 => "(i32.and (local.get $x) (i32.const 0xfff0))".to_owned(),
            4 => "(global.get $edge)".to_owned(),
            5 => self.address(),
            _ => "(local.get $a)".to_owned(),
        }
    }

    /// One access at `$p` with an offset.
    fn at(&mut self, offset: i64) {
        let offset = offset.clamp(0, 0xffff_ffff);
        let text = match self.random.below(9) {
            0 => format!("(local.set $y (i32.add (local.get $y) (i32.load offset={offset} (local.get $p))))"),
            1 => format!("(local.set $y (i32.xor (local.get $y) (i32.load8_s offset={offset} (local.get $p))))"),
            2 => format!("(local.set $m (i64.add (local.get $m) (i64.load offset={offset} (local.get $p))))"),
            3 => format!("(local.set $v (v128.load offset={offset} (local.get $p)))"),
            4 => format!("(i32.store offset={offset} (local.get $p) (local.get $x))"),
            5 => format!("(i64.store8 offset={offset} (local.get $p) (local.get $m))"),
            6 => format!("(v128.store offset={offset} (local.get $p) (local.get $v))"),
            7 => format!("(local.set $x (i32.load16_u offset={offset} (i32.add (local.get $p) (i32.const 4))))"),
            _ => format!("(i64.store offset={offset} (local.get $p) (local.get $l))"),
        };
        self.line(&text);
    }

    /// Several offsets from one index, in any order, with something in between at times.
    fn offsets(&mut self) {
        let index = self.index();
        self.line(&format!("(local.set $p {index})"));
        let far = self.random.pick(&[0i64, 0, 0, 65_500, 131_000, 0x7fff_fff0, 0xffff_ff00]);
        for _ in 0..2 + self.random.below(6) {
            let near = self.random.pick(&[0, 0, 1, 2, 3, 4, 7, 8, 12, 16, 20, 24, 31, 32, 36, 40, 60, 64, 255]);
            self.at(far + near);
            match self.random.below(14) {
                0 => self.line("(drop (call $grows))"),
                1 => self.line("(local.set $p (i32.add (local.get $p) (i32.const 4)))"),
                2 => {
                    let condition = self.expression(Ty::I32, 1);
                    self.open(&format!("(if {condition} (then"));
                    self.at(far + near + 8);
                    self.depth -= 1;
                    self.line("))");
                }
                3 => self.line("(local.set $p (i32.sub (local.get $p) (i32.const 8)))"),
                _ => {}
            }
        }
        if self.random.one_in(3) {
            // Behind the join, with the same index.
            self.at(far + 4);
        }
    }

    /// A loop over an array, by a pointer or by an index, which ends at the memory's end or behind it.
    fn array(&mut self) {
        if self.loops >= 3 {
            return self.offsets();
        }
        self.loops += 1;
        let name = self.loops;
        let size = self.random.pick(&[1, 2, 4, 8, 16]);
        let count = self.random.pick(&[1, 2, 3, 7, 8, 16, 33]);
        let start = match self.random.below(4) {
            0 => self.index(),
            1 => format!("(i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {}))", size * (count - 1)),
            _ => format!("(i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const {}))", size * count),
        };
        let down = self.random.one_in(4);
        let accesses = 1 + self.random.below(3);
        if self.random.one_in(2) {
            // By a pointer, up to its end.
            self.line(&format!("(local.set $p {start})"));
            self.line(&format!("(local.set $q (i32.add (local.get $p) (i32.const {})))", size * count));
            if down {
                self.line("(local.set $p (i32.sub (local.get $q) (i32.const 4)))");
            }
            self.open(&format!("(block $e{name} (loop $s{name}"));
            if self.random.one_in(2) {
                self.line(&format!("(br_if $e{name} (i32.ge_u (local.get $p) (local.get $q)))"));
            }
            for _ in 0..accesses {
                let offset = self.random.pick(&[0, 0, 0, 1, 4, size]);
                self.at(offset);
            }
            self.between();
            let step = if down { -size } else { size };
            self.line(&format!("(local.set $p (i32.add (local.get $p) (i32.const {step})))"));
            let budget = "(local.tee $n (i32.sub (local.get $n) (i32.const 1)))";
            self.line(&format!("(br_if $e{name} (i32.lt_s {budget} (i32.const 0)))"));
            self.line(&format!("(br_if $s{name} (i32.lt_u (local.get $p) (local.get $q)))"));
            self.depth -= 1;
            self.line("))");
        } else {
            // By an index, scaled.
            let shift = size.ilog2();
            self.line(&format!("(local.set $q {start}) (local.set $k (i32.const 0))"));
            self.open(&format!("(loop $s{name}"));
            let scaled = format!("(i32.shl (local.get $k) (i32.const {shift}))");
            self.line(&format!("(local.set $p (i32.add (local.get $q) {scaled}))"));
            for _ in 0..accesses {
                let offset = self.random.pick(&[0, 0, 0, 4, size]);
                self.at(offset);
            }
            self.between();
            self.line("(local.set $k (i32.add (local.get $k) (i32.const 1)))");
            let count = count + self.random.pick(&[0, 0, 0, 1]);
            self.line(&format!("(br_if $s{name} (i32.lt_u (local.get $k) (i32.const {count})))"));
            self.close();
        }
    }

    /// What may stand between the accesses of a loop.
    fn between(&mut self) {
        match self.random.below(10) {
            0 => self.line("(drop (call $grows))"),
            1 => self.line("(local.set $x (call $counts))"),
            2 => self.line("(local.set $y (call $divides (local.get $y) (i32.sub (i32.const 5) (call $counts))))"),
            3 => self.line("(if (i32.eq (local.get $y) (i32.const 3)) (then (drop (memory.grow (i32.const 1)))))"),
            _ => {}
        }
    }

    /// `memory.copy` and `memory.fill` of a constant number of bytes, at the ends and over themselves.
    fn few_bytes(&mut self) {
        let len = match self.random.below(8) {
            0 => self.random.pick(&[0, 48, 63, 64, 65, 127, 128, 129, 256]),
            _ => self.random.below(36),
        };
        let (to, near) = (self.index(), self.random.pick(&[0, 1, -1, 2, 3, -3, 4, 7, 8, -8, 15, 16, -17, 31]));
        self.line(&format!("(local.set $p {to})"));
        let from = match self.random.below(4) {
            0 => self.index(),
            1 => "(i32.const 65500)".to_owned(),
            _ => format!("(i32.add (local.get $p) (i32.const {near}))"),
        };
        match self.random.below(5) {
            0 | 1 => {
                let value = self.expression(Ty::I32, 1);
                self.line(&format!("(memory.fill (local.get $p) {value} (i32.const {len}))"));
            }
            _ => self.line(&format!("(memory.copy (local.get $p) {from} (i32.const {len}))")),
        }
        let offset = self.random.pick(&[0, 4, 8, 16]);
        self.at(offset);
    }

    /// An access behind a call that made the memory larger, or may have.
    fn growth_between(&mut self) {
        let (first, second) = (self.index(), self.random.pick(&[0, 4, 65_520, 65_528, 65_532, 65_536]));
        self.line(&format!("(local.set $p {first})"));
        self.at(0);
        let grow = self.random.pick(&[
            "(drop (call $grows))",
            "(drop (call $grows-deep))",
            "(local.set $x (memory.grow (i32.const 1)))",
            "(if (i32.and (local.get $i) (i32.const 1)) (then (drop (call $grows))))",
            "(drop (call_indirect $t (type $short) (i32.const 5) (i32.const 0)))",
        ]);
        self.line(grow);
        self.at(second);
        if self.random.one_in(2) {
            let end = self.end();
            self.line(&format!("(local.set $p {end})"));
            self.at(0);
        }
    }

    /// Small functions in a loop; some of their calls trap, at a turn that depends on arguments.
    fn small_calls(&mut self) {
        let mut calls = String::new();
        for _ in 0..1 + self.random.below(3) {
            let index = self.index();
            let value = self.expression(Ty::I32, 1);
            let call = match self.random.below(9) {
                0 => format!("(local.set $y (call $reads {index}))"),
                1 => format!("(call $writes {index} {value})"),
                2 => format!("(local.set $x (call $divides {value} (i32.sub (local.get $n) (i32.const 3))))"),
                3 => "(call $stops (i32.eq (local.get $n) (i32.and (local.get $i) (i32.const 31))))".to_owned(),
                4 => "(local.set $m (call $converts (call $c64 (local.get $d))))".to_owned(),
                5 => format!("(call $early {value} (local.get $m)) (local.set $y) (local.set $m)"),
                6 => format!("(call $swaps {value} (local.get $l)) (local.set $y) (local.set $m)"),
                7 => format!("(local.set $x (call $loops {value}))"),
                _ => format!("(local.set $x (call $nests {index}))"),
            };
            let _ = write!(calls, "{call} ");
        }
        if self.loops >= 3 || self.random.one_in(3) {
            self.line(&calls);
            return;
        }
        self.loops += 1;
        let (name, turns) = (self.loops, 1 + self.random.below(6));
        self.line(&format!("(local.set $n (i32.const {turns}))"));
        self.open(&format!("(loop $s{name}"));
        self.line(&calls);
        self.line("(local.set $a (i32.add (local.get $a) (i32.const 4)))");
        let left = "(local.tee $n (i32.sub (local.get $n) (i32.const 1)))";
        self.line(&format!("(br_if $s{name} (i32.gt_s {left} (i32.const 0)))"));
        self.close();
    }

    fn recursion(&mut self) {
        let (func, index) = (self.random.pick(&["$sums", "$even", "$odd", "$branches"]), self.index());
        let deep = self.random.pick(&["1", "3", "7", "8", "31"]);
        self.line(&format!("(local.set $x (call {func} (i32.and (local.get $i) (i32.const {deep})) {index}))"));
    }

    /// Calls through tables whose elements are known.
    fn fixed_tables(&mut self) {
        let (index, value) = (self.index(), self.expression(Ty::I32, 1));
        let element = match self.random.below(3) {
            0 => format!("(i32.const {})", self.random.below(7)),
            1 => format!("(i32.and {value} (i32.const {}))", self.random.pick(&[1, 3, 7])),
            _ => value,
        };
        let text = match self.random.below(3) {
            0 => {
                format!("(call_indirect $fixed (type $deep) (i32.and (local.get $i) (i32.const 3)) {index} {element})")
            }
            1 => format!("(call_indirect $fixed (type $short) {index} {element})"),
            _ => format!("(call_indirect $alike (type $short) {index} {element})"),
        };
        self.line(&format!("(local.set $y {text})"));
    }

    fn fixed_globals(&mut self) {
        let offset = self.offset();
        let text = self.random.pick(&[
            "(local.set $x (i32.div_u (local.get $x) (global.get $zero)))",
            "(local.set $x (i32.div_s (i32.const -2147483648) (global.get $edge)))",
            "(local.set $m (i64.rem_s (local.get $m) (global.get $kl)))",
            "(local.set $m (i64.div_s (local.get $l) (global.get $kl)))",
            "(local.set $x (i32.load OFFSET(global.get $edge)))",
            "(i64.store OFFSET(global.get $zero) (global.get $kl))",
            "(if (global.get $zero) (then unreachable))",
            "(local.set $m (i64.trunc_f64_s (global.get $kd)))",
            "(local.set $v (i32x4.add (local.get $v) (global.get $kv)))",
            "(local.set $x (i32.reinterpret_f32 (global.get $kf)))",
            "(local.set $x (i32.rotl (local.get $x) (global.get $edge)))",
            "(local.set $y (select (local.get $x) (local.get $y) (global.get $zero)))",
        ]);
        // Most of those that always trap would end most calls.
        if text.contains("$zero)))") && !self.random.one_in(6) {
            return self.offsets();
        }
        self.line(&text.replace("OFFSET", &offset));
    }

    /// Accesses behind a test of the index by the program itself.
    fn tests(&mut self) {
        let index = self.index();
        self.line(&format!("(local.set $p {index})"));
        let bound = self.random.pick(&["65532", "65536", "65533", "65520", "65535", "-1", "0"]);
        let test = self.random.pick(&["lt_u", "le_u", "lt_s", "gt_u", "ge_u"]);
        self.open(&format!("(if (i32.{test} (local.get $p) (i32.const {bound})) (then"));
        self.at(0);
        self.at(4);
        self.depth -= 1;
        if self.random.one_in(2) {
            self.line(") (else");
            self.depth += 1;
            self.at(0);
            self.depth -= 1;
        }
        self.line("))");
        if self.random.one_in(2) {
            self.at(8);
        }
    }
}
