//! Programs made for what this compiler does itself: bounds tests that are left out, contexts that change at calls, folded
//! constants, tests in front of divisions and conversions. Text, so that a find can be read.

use crate::protocol::Program;
use crate::random::Random;
use core::fmt::Write as _;

/// The types of the generated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ty {
    I32,
    I64,
    F32,
    F64,
    V128,
}

const TYPES: [Ty; 5] = [Ty::I32, Ty::I64, Ty::F32, Ty::F64, Ty::V128];

impl Ty {
    const fn name(self) -> &'static str {
        match self {
            Ty::I32 => "i32",
            Ty::I64 => "i64",
            Ty::F32 => "f32",
            Ty::F64 => "f64",
            Ty::V128 => "v128",
        }
    }
}

/// Every function has these parameters first: two addresses, then one of each type.
const PARAMS: &str = "(param $a i32) (param $b i32) (param $i i32) (param $l i64) (param $f f32) (param $d f64)";

/// Helpers that make every NaN the same, and what functions take and leave.
const PRELUDE: &str = r"
  (type $fun (func (param i32 i32 i32 i64 f32 f64) (result i32 i64)))
  (type $short (func (param i32) (result i32)))
  (type $other (func (param i64) (result i64)))
  (func $c32 (param f32) (result f32)
    (select (local.get 0) (f32.const nan) (f32.eq (local.get 0) (local.get 0))))
  (func $c64 (param f64) (result f64)
    (select (local.get 0) (f64.const nan) (f64.eq (local.get 0) (local.get 0))))
  (func $cv4 (param v128) (result v128)
    (v128.bitselect (local.get 0) (v128.const f32x4 nan nan nan nan) (f32x4.eq (local.get 0) (local.get 0))))
  (func $cv2 (param v128) (result v128)
    (v128.bitselect (local.get 0) (v128.const f64x2 nan nan) (f64x2.eq (local.get 0) (local.get 0))))
  (func $inc (type $short) (i32.add (local.get 0) (i32.const 1)))
  (func $neg (type $other) (i64.sub (i64.const 0) (local.get 0)))
";

/// Writes one module.
struct Writer {
    random: Random,
    text: String,
    /// Functions `$f0`, `$f1`, … that may be called from here on.
    callable: usize,
    /// Functions imported from the first instance: `$i0`, ….
    imported: usize,
    depth: u32,
    /// Statements that may still be written.
    budget: u32,
    /// Labels around: `$x0`, ….
    labels: u32,
    loops: u32,
    memory: bool,
    pages: u32,
}

/// The program of a seed.
#[must_use]
pub fn program(seed: u64) -> Program {
    let texts = texts(seed);
    let modules = texts.iter().map(|text| {
        wat::parse_str(text).unwrap_or_else(|error| panic!("seed {seed} is written wrongly: {error}\n{text}"))
    });
    Program { modules: modules.collect(), seed, rounds: 6, nan_classes: true }
}

/// Its modules as text.
#[must_use]
pub fn texts(seed: u64) -> Vec<String> {
    let mut random = Random::new(seed ^ 0x0407_5907);
    let two = random.one_in(2);
    let count = 1 + random.below(4);
    let memory = !random.one_in(12);
    let pages = random.pick(&[0, 1, 1, 1, 2, 3]);
    let mut writer = Writer {
        random,
        text: String::new(),
        callable: 0,
        imported: 0,
        depth: 0,
        budget: 0,
        labels: 0,
        loops: 0,
        memory,
        pages,
    };
    let mut texts = vec![writer.first(count)];
    if two {
        texts.push(writer.second(count));
    }
    texts
}

impl Writer {
    fn first(&mut self, count: usize) -> String {
        self.text.clear();
        self.text.push_str("(module");
        self.text.push_str(PRELUDE);
        let (min, max) = (self.pages, self.pages + self.random.pick(&[0, 1, 3]));
        let max = if self.random.one_in(4) { String::new() } else { max.to_string() };
        self.line(&format!("(memory $m (export \"memory\") {min} {max})"));
        self.entities("");
        self.line("(table $t (export \"table\") 10 12 funcref)");
        self.line("(elem (table $t) (i32.const 0) func $inc $neg)");
        if self.pages > 0 {
            self.line("(data (i32.const 65500) \"the end of the first page is here...\")");
        }
        self.functions(count);
        self.text.push_str(")\n");
        self.text.clone()
    }

    fn second(&mut self, count: usize) -> String {
        let (min, own) = (self.pages, self.random.one_in(3));
        self.text.clear();
        self.text.push_str("(module");
        for number in 0..count {
            self.line(&format!("(import \"m0\" \"f{number}\" (func $i{number} {PARAMS} (result i32 i64)))"));
        }
        self.line("(import \"m0\" \"table\" (table $t 10 12 funcref))");
        self.line("(import \"m0\" \"g32\" (global $g32 (mut i32)))");
        self.line("(import \"m0\" \"gv\" (global $gv (mut v128)))");
        self.line("(import \"x\" \"host\" (func $host (param i32 i64 f32) (result i32)))");
        if !own {
            self.line(&format!("(import \"m0\" \"memory\" (memory $m {min}))"));
        }
        self.text.push_str(PRELUDE);
        if own {
            self.pages = 1;
            self.line("(memory $m (export \"memory\") 1 3)");
        }
        self.entities("g32 gv");
        self.imported = count;
        self.line("(elem (table $t) (i32.const 4) func $inc $f0 $neg $i0 $host)");
        let more = 1 + self.random.below(3);
        self.functions(more);
        self.text.push_str(")\n");
        self.text.clone()
    }

    fn entities(&mut self, except: &str) {
        for (name, ty) in [("g32", "i32"), ("g64", "i64"), ("gf", "f32"), ("gv", "v128")] {
            if except.split(' ').any(|known| known == name) {
                continue;
            }
            let zero = if ty == "v128" { "v128.const i64x2 5 6".to_owned() } else { format!("{ty}.const 3") };
            self.line(&format!("(global ${name} (export \"{name}\") (mut {ty}) ({zero}))"));
        }
        self.line("(global $k i32 (i32.const 65532))");
        self.line("(data $passive \"passive bytes, to be copied from\")");
        self.line("(elem $pieces funcref (ref.func $inc) (ref.null func) (ref.func $neg) (ref.func $f0))");
    }

    fn functions(&mut self, count: usize) {
        self.callable = 0;
        for number in 0..count {
            self.budget = 12 + u32::try_from(self.random.below(30)).unwrap_or(0);
            self.loops = 0;
            self.labels = 0;
            let head = format!(
                "(func $f{number} (export \"f{number}\") {PARAMS} (result i32 i64) (local $x i32) (local $y i32) (local $m \
                 i64) (local $v v128) (local $n0 i32) (local $n1 i32) (local $n2 i32)"
            );
            self.line(&head);
            for local in ["a", "b"] {
                // Most addresses should lead somewhere.
                let mask = self.random.pick(&["0xffff", "0x1ffff", "0xfff8", "0xff", "-1", "-1"]);
                self.line(&format!("(local.set ${local} (i32.and (local.get ${local}) (i32.const {mask})))"));
            }
            self.statements(0);
            while self.budget > 20 {
                self.statements(0);
            }
            let (x, y) = (self.expression(Ty::I32, 2), self.expression(Ty::I64, 2));
            self.line(&format!("{x} {y})"));
            self.callable = number + 1;
        }
    }

    fn line(&mut self, text: &str) {
        let indent = 2 + 2 * self.depth as usize;
        let _ = write!(self.text, "\n{:indent$}{text}", "");
    }

    fn statements(&mut self, level: u32) {
        for _ in 0..2 + self.random.below(6) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement(level);
        }
    }

    fn statement(&mut self, level: u32) {
        match self.random.below(30) {
            0..=4 => {
                let store = self.store();
                self.line(&store);
            }
            5..=8 => {
                let (local, ty) = self.random.pick(&[
                    ("x", Ty::I32),
                    ("y", Ty::I32),
                    ("m", Ty::I64),
                    ("v", Ty::V128),
                    ("l", Ty::I64),
                ]);
                let value = self.expression(ty, 3);
                self.line(&format!("(local.set ${local} {value})"));
            }
            9 => {
                let local = self.random.pick(&["a", "b"]);
                let step = self.random.pick(&["1", "4", "-4", "8", "-1", "16", "65536", "-65536"]);
                self.line(&format!("(local.set ${local} (i32.add (local.get ${local}) (i32.const {step})))"));
            }
            10 | 11 if level < 4 => self.branch(level),
            12 | 13 if level < 4 => self.repeat(level),
            14 if level < 4 => self.table_of_branches(level),
            15 | 16 if level < 4 => self.block(level),
            17 => {
                let pages = self.random.pick(&["0", "1", "1", "-1", "65536"]);
                self.line(&format!("(local.set $x (memory.grow (i32.const {pages})))"));
            }
            18 => self.bulk(),
            26..=29 => self.accesses_in_a_row(),
            19 | 20 => self.call(),
            21 => {
                let (name, ty) = self.random.pick(&[("g32", Ty::I32), ("g64", Ty::I64), ("gv", Ty::V128)]);
                let value = self.expression(ty, 2);
                self.line(&format!("(global.set ${name} {value})"));
            }
            22 if self.labels > 0 => {
                let label = self.random.below(self.labels as usize);
                let condition = self.expression(Ty::I32, 2);
                self.line(&format!("(br_if $x{label} {condition})"));
            }
            23 if self.random.one_in(4) => {
                let condition = self.expression(Ty::I32, 2);
                let (x, y) = (self.expression(Ty::I32, 1), self.expression(Ty::I64, 1));
                self.line(&format!("(if {condition} (then (return {x} {y})))"));
            }
            _ => {
                let load = self.load(Ty::I32);
                self.line(&format!("(local.set $y (i32.add (local.get $y) {load}))"));
            }
        }
    }

    fn open(&mut self, head: &str) {
        self.line(head);
        self.depth += 1;
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.line(")");
    }

    fn branch(&mut self, level: u32) {
        let condition = self.expression(Ty::I32, 2);
        self.open(&format!("(if {condition} (then"));
        self.statements(level + 1);
        self.depth -= 1;
        if self.random.one_in(2) {
            self.line(") (else");
            self.depth += 1;
            self.statements(level + 1);
            self.depth -= 1;
        }
        self.line("))");
    }

    fn repeat(&mut self, level: u32) {
        if self.loops >= 3 {
            return;
        }
        let counter = format!("$n{}", self.loops);
        self.loops += 1;
        let (turns, name) = (1 + self.random.below(9), self.loops);
        self.line(&format!("(local.set {counter} (i32.const {turns}))"));
        let labels = core::mem::take(&mut self.labels);
        self.open(&format!("(loop $r{name}"));
        self.statements(level + 1);
        let local = self.random.pick(&["a", "b", "x"]);
        let step = self.random.pick(&["1", "4", "16", "-8", "4096"]);
        if !self.random.one_in(3) {
            self.line(&format!("(local.set ${local} (i32.add (local.get ${local}) (i32.const {step})))"));
        }
        self.line(&format!("(br_if $r{name} (local.tee {counter} (i32.sub (local.get {counter}) (i32.const 1))))"));
        self.close();
        self.labels = labels;
    }

    fn block(&mut self, level: u32) {
        let label = self.labels;
        if self.random.one_in(3) {
            // Several values in and out.
            let (x, m) = (self.expression(Ty::I32, 2), self.expression(Ty::I64, 2));
            self.line(&format!("{x} {m}"));
            self.open("(block (param i32 i64) (result i64 i32)");
            self.line("(local.set $m) (local.set $x)");
            self.statements(level + 1);
            let (m, x) = (self.expression(Ty::I64, 2), self.expression(Ty::I32, 2));
            let condition = self.expression(Ty::I32, 1);
            self.line(&format!("{m} {x} (br_if 0 {condition})"));
            self.line("(local.set $y) (local.set $m)");
            let (m, x) = (self.expression(Ty::I64, 1), self.expression(Ty::I32, 1));
            self.line(&format!("{m} {x}"));
            self.close();
            self.line("(local.set $y) (local.set $m)");
            return;
        }
        self.labels += 1;
        self.open(&format!("(block $x{label}"));
        self.statements(level + 1);
        self.close();
        self.labels = label;
    }

    fn table_of_branches(&mut self, level: u32) {
        let index = self.expression(Ty::I32, 2);
        self.open("(block $p2 (block $p1 (block $p0");
        let table = self.random.pick(&["$p0 $p1 $p2", "$p2 $p1 $p1 $p0", "$p1", "$p0 $p2 $p0 $p2 $p1"]);
        self.line(&format!("(br_table {table} {index}))"));
        self.statements(level + 1);
        self.line("(br $p2))");
        self.statements(level + 1);
        self.close();
    }

    /// Accesses off one or two addresses, with what else may happen in between: what tests are merged over.
    fn accesses_in_a_row(&mut self) {
        let first = self.random.pick(&[0usize, 0, 0, 4, 65496, 65500, 65519, 131_032]);
        for _ in 0..2 + self.random.below(6) {
            let local = self.random.pick(&["a", "a", "a", "b"]);
            let offset = first + self.random.pick(&[0, 1, 2, 4, 8, 12, 16, 17, 24, 31, 32, 36]);
            let by = self.random.pick(&["1", "4", "8", "16", "-4", "-65536"]);
            let at = match self.random.below(6) {
                0 => format!("offset={offset} (i32.add (local.get ${local}) (i32.const {by}))"),
                _ => format!("offset={offset} (local.get ${local})"),
            };
            let line = match self.random.below(14) {
                0 => format!("(local.set $y (i32.add (local.get $y) (i32.load8_u {at})))"),
                1 | 2 => format!("(local.set $y (i32.add (local.get $y) (i32.load {at})))"),
                3 => format!("(local.set $l (i64.xor (local.get $l) (i64.load {at})))"),
                4 => format!("(local.set $v (v128.load {at}))"),
                5 => format!("(i32.store8 {at} (local.get $y))"),
                6 | 7 => format!("(i32.store {at} (local.get $x))"),
                8 => format!("(i64.store {at} (local.get $l))"),
                9 => format!("(v128.store {at} (local.get $v))"),
                10 => "(global.set $g32 (local.get $y))".to_owned(),
                11 => "(local.set $x (i32.div_u (local.get $y) (local.get $x)))".to_owned(),
                12 => "(local.set $x (i32.add (local.get $x) (i32.const 5)))".to_owned(),
                _ => format!("(i64.store16 {at} (i64.load32_u {at}))"),
            };
            self.line(&line);
        }
    }

    fn bulk(&mut self) {
        let (a, b) = (self.address(), self.address());
        let len = match self.random.below(3) {
            0 => "(i32.and (local.get $x) (i32.const 127))",
            _ => self.random.pick(&[
                "(i32.const 0)",
                "(i32.const 1)",
                "(i32.const 3)",
                "(i32.const 7)",
                "(i32.const 16)",
                "(i32.const 40)",
                "(i32.const 63)",
                "(i32.const 65)",
                "(i32.const 1000)",
                "(i32.const 65536)",
            ]),
        };
        let text = match self.random.below(8) {
            0 => format!("(memory.fill {a} (local.get $x) {len})"),
            1 | 2 => format!("(memory.copy {a} {b} {len})"),
            3 => {
                let near = self.random.pick(&["1", "-1", "7", "-13"]);
                format!("(memory.copy {a} (i32.add {a} (i32.const {near})) {len})")
            }
            4 => {
                let from = self.random.pick(&["0", "5", "31", "32", "33"]);
                let len = self.random.pick(&["0", "1", "7"]);
                format!("(memory.init $passive {a} (i32.const {from}) (i32.const {len}))")
            }
            5 => "(table.copy $t $t (i32.const 2) (i32.const 0) (i32.const 4))".to_owned(),
            6 => {
                "(table.init $t $pieces (i32.and (local.get $i) (i32.const 7)) (i32.const 1) (i32.const 2))".to_owned()
            }
            _ => "(drop (table.grow $t (ref.null func) (i32.const 1)))".to_owned(),
        };
        self.line(&text);
    }

    fn arguments(&mut self) -> String {
        let (a, b, i) = (self.address(), self.address(), self.expression(Ty::I32, 2));
        let (l, f, d) = (self.expression(Ty::I64, 1), self.expression(Ty::F32, 1), self.expression(Ty::F64, 1));
        format!("{a} {b} {i} {l} (call $c32 {f}) (call $c64 {d})")
    }

    fn call(&mut self) {
        let arguments = self.arguments();
        let index = self.expression(Ty::I32, 1);
        let text = match self.random.below(4) {
            0 if self.callable > 0 => {
                let callee = self.random.below(self.callable);
                format!("(call $f{callee} {arguments}) (local.set $m) (local.set $y)")
            }
            1 if self.imported > 0 => {
                let callee = self.random.below(self.imported);
                format!("(call $i{callee} {arguments}) (local.set $m) (local.set $y)")
            }
            2 if self.imported > 0 => {
                format!("(local.set $x (call $host {index} (local.get $m) (call $c32 (local.get $f))))")
            }
            // Functions of type $fun may lead back here: only the others are called through the table.
            _ => format!(
                "(local.set $x (call_indirect $t (type $short) {index} (i32.and {index} (i32.const {})))) (local.set $m \
                 (call_indirect $t (type $other) (local.get $m) (i32.const {})))",
                self.random.pick(&[0, 4, 8, 15]),
                self.random.pick(&[1, 1, 1, 6, 0, 3])
            ),
        };
        self.line(&text);
    }

    fn address(&mut self) -> String {
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

    fn offset(&mut self) -> String {
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

    fn load(&mut self, ty: Ty) -> String {
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

    fn store(&mut self) -> String {
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

    fn constant(&mut self, ty: Ty) -> String {
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

    fn leaf(&mut self, ty: Ty) -> String {
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

    fn expression(&mut self, ty: Ty, depth: u32) -> String {
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

    fn integer(&mut self, ty: Ty, depth: u32) -> String {
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

    fn float(&mut self, ty: Ty, depth: u32) -> String {
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

    fn vector(&mut self, depth: u32) -> String {
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
