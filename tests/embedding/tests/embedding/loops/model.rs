//! What the loops of these tests are made of: each thing as text, and what it does in the model.

use std::fmt::Write as _;

/// Rounds after which the model gives up: the compiled loop is then not run.
pub(super) const ROUNDS: usize = 300;
/// Parameters: two addresses, a counter, a limit; and a local.
pub(super) const LOCALS: usize = 5;

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Local(usize),
    Const(u32),
    Add(Box<Expr>, Box<Expr>),
    Sub(Box<Expr>, Box<Expr>),
    Mul(Box<Expr>, u32),
    Shl(Box<Expr>, u32),
    And(Box<Expr>, u32),
    /// One of two, by these bits of the counter.
    Pick(u32, Box<Expr>, Box<Expr>),
}

impl Expr {
    pub(super) fn text(&self) -> String {
        let by = |name: &str, one: &Expr, by: u32| format!("(i32.{name} {} (i32.const {by}))", one.text());
        match self {
            Expr::Local(local) => format!("(local.get {local})"),
            Expr::Const(value) => format!("(i32.const {value})"),
            Expr::Add(one, other) => format!("(i32.add {} {})", one.text(), other.text()),
            Expr::Sub(one, other) => format!("(i32.sub {} {})", one.text(), other.text()),
            Expr::Mul(one, factor) => by("mul", one, *factor),
            Expr::Shl(one, bits) => by("shl", one, *bits),
            Expr::And(one, mask) => by("and", one, *mask),
            Expr::Pick(bits, one, other) => {
                let bits = Expr::And(Box::new(Expr::Local(2)), *bits).text();
                format!("(if (result i32) {bits} (then {}) (else {}))", one.text(), other.text())
            }
        }
    }

    pub(super) fn value(&self, locals: &[u32; LOCALS]) -> u32 {
        match self {
            Expr::Local(local) => locals[*local],
            Expr::Const(value) => *value,
            Expr::Add(one, other) => one.value(locals).wrapping_add(other.value(locals)),
            Expr::Sub(one, other) => one.value(locals).wrapping_sub(other.value(locals)),
            Expr::Mul(one, factor) => one.value(locals).wrapping_mul(*factor),
            Expr::Shl(one, bits) => one.value(locals).wrapping_shl(*bits),
            Expr::And(one, mask) => one.value(locals) & mask,
            Expr::Pick(bits, one, other) => (if locals[2] & bits != 0 { one } else { other }).value(locals),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Cond(pub(super) &'static str, pub(super) Expr, pub(super) Expr);

pub(super) const COMPARISONS: [&str; 11] =
    ["ne", "ne", "eq", "lt_u", "le_u", "gt_u", "ge_u", "lt_s", "le_s", "gt_s", "ge_s"];

impl Cond {
    pub(super) fn text(&self) -> String {
        let Cond(name, one, other) = self;
        match *name {
            "eqz" => format!("(i32.eqz {})", one.text()),
            "not" => format!("(i32.eqz {})", Cond("lt_s", one.clone(), other.clone()).text()),
            "any" => one.text(),
            name => format!("(i32.{name} {} {})", one.text(), other.text()),
        }
    }

    pub(super) fn holds(&self, locals: &[u32; LOCALS]) -> bool {
        let Cond(name, one, other) = self;
        let (one, other) = (one.value(locals), other.value(locals));
        let (left, right) = (one.cast_signed(), other.cast_signed());
        match *name {
            "eqz" => one == 0,
            "not" => left >= right,
            "any" => one != 0,
            "eq" => one == other,
            "ne" => one != other,
            "lt_u" => one < other,
            "le_u" => one <= other,
            "gt_u" => one > other,
            "ge_u" => one >= other,
            "lt_s" => left < right,
            "le_s" => left <= right,
            "gt_s" => left > right,
            "ge_s" => left >= right,
            _ => unreachable!(),
        }
    }
}

/// Operators of memory, and how many bytes they touch.
pub(super) const LOADS: [(&str, usize); 15] = [
    ("i64.load", 8),
    ("i64.load8_u", 1),
    ("i64.load8_s", 1),
    ("i64.load16_u", 2),
    ("i64.load16_s", 2),
    ("i64.load32_u", 4),
    ("i64.load32_s", 4),
    ("i32.load", 4),
    ("i32.load8_u", 1),
    ("i32.load8_s", 1),
    ("i32.load16_u", 2),
    ("i32.load16_s", 2),
    ("f32.load", 4),
    ("f64.load", 8),
    ("v128.load", 16),
];
pub(super) const STORES: [(&str, usize); 10] = [
    ("i64.store", 8),
    ("i64.store8", 1),
    ("i64.store16", 2),
    ("i64.store32", 4),
    ("i32.store", 4),
    ("i32.store8", 1),
    ("i32.store16", 2),
    ("f32.store", 4),
    ("f64.store", 8),
    ("v128.store", 16),
];

/// What is made of what was loaded, and of what is to be stored, from and to 64 bits.
pub(super) fn converted(operator: &str, access: &str) -> String {
    match (&operator[..3], operator.contains("load")) {
        ("i32", true) => format!("(i64.extend_i32_u {access})"),
        ("f32", true) => format!("(i64.extend_i32_u (i32.reinterpret_f32 {access}))"),
        ("f64", true) => format!("(i64.reinterpret_f64 {access})"),
        ("v12", true) => format!("(i64x2.extract_lane 1 {access})"),
        ("i32", false) => format!("(i32.wrap_i64 {access})"),
        ("f32", false) => format!("(f32.reinterpret_i32 (i32.wrap_i64 {access}))"),
        ("f64", false) => format!("(f64.reinterpret_i64 {access})"),
        ("v12", false) => format!("(i64x2.splat {access})"),
        _ => access.into(),
    }
}

/// What becomes of the bytes that were loaded.
pub(super) fn loaded(operator: &str, bytes: &[u8]) -> u64 {
    let bytes = if bytes.len() == 16 { &bytes[8..] } else { bytes };
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    let (value, above) = (u64::from_le_bytes(eight), 64 - 8 * bytes.len());
    let value = if operator.ends_with("_s") { (value.cast_signed() << above >> above).cast_unsigned() } else { value };
    if operator.starts_with("i32") { value & u64::from(u32::MAX) } else { value }
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// An access at an offset that no other of its loop has. May leave its index in the last local.
    Access {
        index: Expr,
        kept: bool,
        offset: u32,
        operator: (&'static str, usize),
    },
    Set(usize, Expr),
    If(Cond, Vec<Step>, Vec<Step>),
    /// Leaves the block if the condition holds.
    Block(Cond, Vec<Step>),
    /// Leaves the loop.
    Leave(Cond),
    /// Goes on with the next round.
    GoOn(Cond),
    /// Goes on, or leaves the loop, without a condition. What follows is not reached.
    Jump {
        back: bool,
    },
}

/// How a step ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Leave,
    GoOn,
    /// Out of bounds, by the access with this offset.
    Trap(u32),
}

pub(super) fn text(steps: &[Step], out: &mut String) {
    for step in steps {
        match step {
            Step::Access { index, kept, offset, operator: (operator, _) } => {
                let mut index = index.text();
                if *kept {
                    index = format!("(local.tee 4 {index})");
                }
                if operator.contains("store") {
                    let value = converted(operator, "(local.get 5)");
                    write!(out, "({operator} offset={offset} {index} {value})").unwrap();
                } else {
                    let load = converted(operator, &format!("({operator} offset={offset} {index})"));
                    write!(out, "(local.set 5 (i64.add (local.get 5) {load}))").unwrap();
                }
            }
            Step::Set(local, value) => write!(out, "(local.set {local} {})", value.text()).unwrap(),
            Step::If(cond, yes, no) => {
                write!(out, "(if {} (then ", cond.text()).unwrap();
                text(yes, out);
                out.push(')');
                if !no.is_empty() {
                    out.push_str("(else ");
                    text(no, out);
                    out.push(')');
                }
                out.push(')');
            }
            Step::Block(cond, steps) => {
                write!(out, "(block (br_if 0 {})", cond.text()).unwrap();
                text(steps, out);
                out.push(')');
            }
            Step::Leave(cond) => write!(out, "(br_if $out {})", cond.text()).unwrap(),
            Step::GoOn(cond) => write!(out, "(br_if $again {})", cond.text()).unwrap(),
            Step::Jump { back } => out.push_str(if *back { "(br $again)" } else { "(br $out)" }),
        }
    }
}

/// Where an access begins: its index alone, and with its offset, where it ends.
#[derive(Clone, Copy)]
pub(super) struct Reached {
    pub(super) index: u32,
    pub(super) end: u64,
}

/// What the model works on.
pub(super) enum Memory<'a> {
    Real(&'a mut [u8]),
    /// One that never ends: notes what would be reached.
    Endless(&'a mut Vec<Reached>),
}

pub(super) fn run(steps: &[Step], locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut Memory<'_>) -> Flow {
    for step in steps {
        let flow = match step {
            Step::Access { index, kept, offset, operator: (operator, bytes) } => {
                let index = index.value(locals);
                if *kept {
                    locals[4] = index;
                }
                let at = u64::from(index) + u64::from(*offset);
                let end = at + *bytes as u64;
                match memory {
                    Memory::Endless(reached) => reached.push(Reached { index, end }),
                    Memory::Real(memory) if end > memory.len() as u64 => return Flow::Trap(*offset),
                    Memory::Real(memory) => {
                        let place = &mut memory[at as usize..end as usize];
                        if operator.contains("store") {
                            let twice = [sum.to_le_bytes(), sum.to_le_bytes()].concat();
                            place.copy_from_slice(&twice[..*bytes]);
                        } else {
                            *sum = sum.wrapping_add(loaded(operator, place));
                        }
                    }
                }
                Flow::Next
            }
            Step::Set(local, value) => {
                locals[*local] = value.value(locals);
                Flow::Next
            }
            Step::If(cond, yes, no) => run(if cond.holds(locals) { yes } else { no }, locals, sum, memory),
            Step::Block(cond, _) if cond.holds(locals) => Flow::Next,
            Step::Block(_, steps) => run(steps, locals, sum, memory),
            Step::Leave(cond) if cond.holds(locals) => Flow::Leave,
            Step::GoOn(cond) if cond.holds(locals) => Flow::GoOn,
            Step::Jump { back: true } => Flow::GoOn,
            Step::Jump { back: false } => Flow::Leave,
            Step::Leave(_) | Step::GoOn(_) => Flow::Next,
        };
        if flow != Flow::Next {
            return flow;
        }
    }
    Flow::Next
}

/// A loop ends at its end, or goes on there: then it has another way out.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) body: Vec<Step>,
    pub(super) goes_on: bool,
}

impl Loop {
    /// By how much a local grows in a round, if nothing else happens to it.
    pub(super) fn step(&self, local: usize) -> u32 {
        let step = self.body.iter().find_map(|step| match step {
            Step::Set(set, Expr::Add(_, by)) if *set == local => Some(by.value(&[0; LOCALS])),
            _ => None,
        });
        step.unwrap_or(0)
    }

    /// How it ends; none if it takes too long.
    pub(super) fn run(&self, locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut Memory<'_>) -> Option<Flow> {
        for _ in 0..ROUNDS {
            match run(&self.body, locals, sum, memory) {
                Flow::Next if self.goes_on => {}
                Flow::GoOn => {}
                flow => return Some(flow),
            }
        }
        None
    }
}

/// Loops one after the other, so many times.
pub(super) struct Func {
    pub(super) loops: Vec<Loop>,
    pub(super) times: u32,
}

impl Func {
    /// How it ends; none if it takes too long.
    pub(super) fn run(&self, locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut Memory<'_>) -> Option<Flow> {
        for _ in 0..self.times {
            for one in &self.loops {
                if let trap @ Flow::Trap(_) = one.run(locals, sum, memory)? {
                    return Some(trap);
                }
            }
        }
        Some(Flow::Next)
    }
}

pub(super) fn module(funcs: &[Func]) -> String {
    let mut out = String::from("(module (memory (export \"m\") 1 1)");
    for (number, func) in funcs.iter().enumerate() {
        write!(out, "(func (export \"f{number}\") (param i32 i32 i32 i32) (result i64) (local i32 i64 i32)").unwrap();
        out.push_str("(local.set 5 (i64.const 81985529216486895))(loop $outer ");
        for one in &func.loops {
            out.push_str("(block $out (loop $again ");
            text(&one.body, &mut out);
            out.push_str(if one.goes_on { "(br $again)))" } else { "))" });
        }
        let next = "(local.tee 6 (i32.add (local.get 6) (i32.const 1)))";
        write!(out, "(br_if $outer (i32.ne {next} (i32.const {}))))", func.times).unwrap();
        // Where it ended.
        for local in 0..LOCALS {
            write!(
                out,
                "(local.set 5 (i64.mul (i64.add (local.get 5) (i64.extend_i32_u (local.get {local}))) (i64.const 31)))"
            )
            .unwrap();
        }
        out.push_str("(local.get 5))");
    }
    out.push(')');
    out
}
