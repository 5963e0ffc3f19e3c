//! Statements: assignments, branches, loops, calls, bulk operations.

use super::{Ty, Writer};

impl Writer {
    pub(super) fn statements(&mut self, level: u32) {
        for _ in 0..2 + self.random.below(6) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            self.statement(level);
        }
    }

    pub(super) fn statement(&mut self, level: u32) {
        match self.random.below(42) {
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
            26..=29 => self.accesses_in_a_row(),
            30.. => self.aimed(),
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

    pub(super) fn branch(&mut self, level: u32) {
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

    pub(super) fn repeat(&mut self, level: u32) {
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

    pub(super) fn block(&mut self, level: u32) {
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

    pub(super) fn table_of_branches(&mut self, level: u32) {
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
    pub(super) fn accesses_in_a_row(&mut self) {
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

    pub(super) fn bulk(&mut self) {
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

    pub(super) fn arguments(&mut self) -> String {
        let (a, b, i) = (self.address(), self.address(), self.expression(Ty::I32, 2));
        let (l, f, d) = (self.expression(Ty::I64, 1), self.expression(Ty::F32, 1), self.expression(Ty::F64, 1));
        format!("{a} {b} {i} {l} (call $c32 {f}) (call $c64 {d})")
    }

    pub(super) fn call(&mut self) {
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
}
