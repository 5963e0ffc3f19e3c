//! Loops over arrays next to a model of them: where one test in front of a loop stands for one in each round, a trap must still come in
//! the right round, with all that came before it done. Loops that count up and down, by any step, signed and unsigned, past the ends
//! of the numbers; that are left early, go on early, and change their indexes on some ways only; one after the other, and within
//! another. In every configuration.

use std::fmt::Write as _;

use stilt::{Instance, Result, Store, Trap, WasmBacktrace};
use stilt_embedding_tests::{Ground, compile, load};
use stilt_precompiler::OptLevel;

use crate::everywhere;

const SIZE: u64 = 65536;
/// Rounds after which the model gives up: the compiled loop is then not run.
const ROUNDS: usize = 300;
/// Parameters: two addresses, a counter, a limit; and a local.
const LOCALS: usize = 5;

#[derive(Clone, Debug)]
enum Expr {
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
    fn text(&self) -> String {
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

    fn value(&self, locals: &[u32; LOCALS]) -> u32 {
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
struct Cond(&'static str, Expr, Expr);

const COMPARISONS: [&str; 11] = ["ne", "ne", "eq", "lt_u", "le_u", "gt_u", "ge_u", "lt_s", "le_s", "gt_s", "ge_s"];

impl Cond {
    fn text(&self) -> String {
        let Cond(name, one, other) = self;
        match *name {
            "eqz" => format!("(i32.eqz {})", one.text()),
            "not" => format!("(i32.eqz {})", Cond("lt_s", one.clone(), other.clone()).text()),
            "any" => one.text(),
            name => format!("(i32.{name} {} {})", one.text(), other.text()),
        }
    }

    fn holds(&self, locals: &[u32; LOCALS]) -> bool {
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
const LOADS: [(&str, usize); 15] = [
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
const STORES: [(&str, usize); 10] = [
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
fn converted(operator: &str, access: &str) -> String {
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
fn loaded(operator: &str, bytes: &[u8]) -> u64 {
    let bytes = if bytes.len() == 16 { &bytes[8..] } else { bytes };
    let mut eight = [0; 8];
    eight[..bytes.len()].copy_from_slice(bytes);
    let (value, above) = (u64::from_le_bytes(eight), 64 - 8 * bytes.len());
    let value = if operator.ends_with("_s") { (value.cast_signed() << above >> above).cast_unsigned() } else { value };
    if operator.starts_with("i32") { value & u64::from(u32::MAX) } else { value }
}

#[derive(Clone, Debug)]
enum Step {
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
enum Flow {
    Next,
    Leave,
    GoOn,
    /// Out of bounds, by the access with this offset.
    Trap(u32),
}

fn text(steps: &[Step], out: &mut String) {
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
struct Reached {
    index: u32,
    end: u64,
}

/// What the model works on.
enum Memory<'a> {
    Real(&'a mut [u8]),
    /// One that never ends: notes what would be reached.
    Endless(&'a mut Vec<Reached>),
}

fn run(steps: &[Step], locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut Memory<'_>) -> Flow {
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
                    Memory::Real(_) if end > SIZE => return Flow::Trap(*offset),
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

struct Draw(u64);

impl Draw {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    fn step(&mut self) -> u32 {
        let step = self.of(&[1_i32, 1, 2, 3, 4, 8, 8, 12, 16, 24, 768, 4096, 1 << 30, i32::MIN]);
        if self.below(3) == 0 { step.wrapping_neg().cast_unsigned() } else { step.cast_unsigned() }
    }

    fn operator(&mut self) -> (&'static str, usize) {
        if self.below(2) == 0 { self.of(&STORES) } else { self.of(&LOADS) }
    }

    fn index(&mut self) -> Expr {
        let local = |local| Box::new(Expr::Local(local));
        if self.below(16) == 0 {
            return Expr::Pick(self.of(&[1, 2, 8]), Box::new(self.index()), local(0));
        }
        match self.below(10) {
            0..=3 => Expr::Local(0),
            4 => Expr::Local(self.below(LOCALS as u64) as usize),
            5 => {
                Expr::Add(local(0), Box::new(Expr::Const(self.of(&[1, 8, 24, u32::MAX, 0xffff_fff8, 1 << 31, 65528]))))
            }
            6 => Expr::Add(local(1), Box::new(Expr::Shl(local(2), self.of(&[0, 1, 3, 31, 32, 35])))),
            7 => Expr::Add(Box::new(Expr::Mul(local(2), self.of(&[1, 8, 24, u32::MAX, 1 << 16]))), local(1)),
            8 => Expr::Sub(local(0), local(2)),
            _ => Expr::Add(local(0), local(2)),
        }
    }

    fn cond(&mut self) -> Cond {
        let counter = match self.below(6) {
            0 => Expr::Local(0),
            1 => Expr::Local(4),
            2 => Expr::Shl(Box::new(Expr::Local(2)), 3),
            _ => Expr::Local(2),
        };
        let limit = match self.below(8) {
            0 | 1 => Expr::Const(self.of(&[0, 1, 24, 40, 0x7fff_ffff, u32::MAX, 65536, 1 << 31])),
            2 => Expr::Local(self.below(3) as usize),
            _ => Expr::Local(3),
        };
        match self.below(8) {
            0 => Cond("any", counter, limit),
            1 => Cond("eqz", counter, limit),
            2 => Cond("not", counter, limit),
            3 => Cond(self.of(&COMPARISONS), limit, counter),
            _ => Cond(self.of(&COMPARISONS), counter, limit),
        }
    }

    fn now_and_then(&mut self) -> Cond {
        Cond("any", Expr::And(Box::new(Expr::Local(2)), self.of(&[1, 2, 7, 8])), Expr::Const(0))
    }

    fn steps(&mut self, count: u64, depth: u32, offset: &mut u32) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..count {
            steps.push(match self.below(20) {
                0..=9 => {
                    *offset += 1 + self.below(3) as u32;
                    let (operator, kept) = (self.operator(), self.below(10) == 0);
                    Step::Access { index: self.index(), kept, offset: *offset, operator }
                }
                10..=12 if depth == 0 => {
                    let local = self.below(2) as usize;
                    Step::Set(local, Expr::Add(Box::new(Expr::Local(local)), Box::new(Expr::Const(self.step()))))
                }
                13 => Step::Set(4, self.index()),
                14 => Step::Set(self.of(&[0, 2]), Expr::Local(4)),
                15 if depth < 2 => {
                    let yes = self.steps(2, depth + 1, offset);
                    let no = if self.below(2) == 0 { self.steps(1, depth + 1, offset) } else { Vec::new() };
                    Step::If(self.now_and_then(), yes, no)
                }
                16 if depth < 2 => Step::Block(self.now_and_then(), self.steps(2, depth + 1, offset)),
                17 if depth > 0 => {
                    Step::Set(0, Expr::Add(Box::new(Expr::Local(0)), Box::new(Expr::Const(self.step()))))
                }
                18 if depth > 0 && self.below(2) == 0 => Step::Jump { back: self.below(2) == 0 },
                18 => Step::Leave(self.cond()),
                19 if self.below(3) == 0 => Step::GoOn(self.now_and_then()),
                _ => {
                    *offset += 1;
                    let operator = if depth > 0 { STORES[0] } else { LOADS[0] };
                    Step::Access { index: Expr::Local(0), kept: false, offset: *offset, operator }
                }
            });
        }
        steps
    }

    /// By how much to move an address so that one access ends, or begins, right at an end of the memory, or one byte beyond.
    fn aim(&mut self, reached: &[Reached]) -> u32 {
        let one = |place: u64| reached.get(place as usize).copied();
        let ends = reached.iter().copied();
        let Some(at) = (match self.below(8) {
            0..=2 => ends.max_by_key(|at| at.end),
            3 => ends.min_by_key(|at| at.index),
            4 | 5 => reached.last().copied(),
            _ => one(self.below(reached.len().max(1) as u64)),
        }) else {
            return 0;
        };
        let beyond = self.below(2);
        match self.below(4) {
            0 => 0_u32.wrapping_sub(at.index).wrapping_sub(beyond as u32),
            _ => (SIZE + beyond).wrapping_sub(at.end) as u32,
        }
    }

    /// A loop that walks through an array, with something in it that makes it hard to follow.
    fn walk(&mut self) -> Vec<Step> {
        let plus = |local, by| Expr::Add(Box::new(Expr::Local(local)), Box::new(Expr::Const(by)));
        let moved = |local, by| Step::Set(local, plus(local, by));
        let mut offset = self.of(&[0, 0, 0, 0, 8, 0x7fff_fff0, 0xffff_fff0]);
        let mut access = |draw: &mut Draw, index| {
            offset += 1 + draw.below(2) as u32;
            Step::Access { index, kept: draw.below(6) == 0, offset, operator: draw.operator() }
        };
        let (step, way) = (self.step(), self.step());
        let counter = self.of(&[0, 2, 2, 2]);
        let compared = Cond(self.of(&COMPARISONS), Expr::Local(counter), Expr::Local(self.of(&[3, 3, 3, 3, 0])));
        let mut steps = Vec::new();
        if self.below(4) == 0 {
            steps.push(Step::Leave(compared.clone()));
        }
        if self.below(2) == 0 {
            steps.push(access(self, Expr::Local(0)));
        }
        match self.below(12) {
            0 => steps.push(Step::GoOn(self.now_and_then())),
            1 => steps.push(Step::If(self.now_and_then(), vec![Step::Leave(compared.clone())], Vec::new())),
            2 => {
                let (yes, no) = (vec![moved(1, self.step())], vec![moved(1, self.step())]);
                steps.push(Step::If(self.now_and_then(), yes, if self.below(2) == 0 { no } else { Vec::new() }));
            }
            3 => {
                let no = vec![access(self, Expr::Local(4))];
                steps.push(Step::If(self.now_and_then(), vec![Step::Set(4, plus(0, 8))], no));
                steps.push(Step::Set(4, Expr::Local(1)));
            }
            4 => {
                let dead = Step::If(self.now_and_then(), vec![moved(0, way)], vec![Step::Leave(compared.clone())]);
                let yes = vec![moved(0, way), moved(2, step), Step::Jump { back: true }, dead, moved(1, way)];
                steps.push(Step::If(self.now_and_then(), yes, Vec::new()));
            }
            5 => {
                let yes = vec![moved(0, self.step()), moved(2, step), Step::Jump { back: self.below(4) > 0 }];
                steps.push(Step::If(self.now_and_then(), yes, Vec::new()));
            }
            6 => steps.push(Step::Set(4, self.index())),
            _ => {}
        }
        for _ in 0..1 + self.below(3) {
            let index = match self.below(6) {
                0 => self.index(),
                1 => Expr::Local(1),
                2 => Expr::Local(4),
                _ => Expr::Local(0),
            };
            steps.push(access(self, index));
        }
        steps.push(moved(0, way));
        match self.below(12) {
            0 => steps.push(Step::If(self.now_and_then(), vec![moved(2, self.step())], Vec::new())),
            1 => steps.push(Step::Block(self.now_and_then(), vec![Step::GoOn(compared.clone()), moved(2, 1)])),
            2 => steps.push(Step::Set(1, Expr::Local(0))),
            _ => {}
        }
        steps.push(moved(2, step));
        if self.below(5) == 0 {
            steps.push(Step::GoOn(self.now_and_then()));
        }
        let last = if self.below(6) == 0 { self.now_and_then() } else { compared };
        steps.push(if self.below(3) == 0 { Step::Leave(last) } else { Step::GoOn(last) });
        steps
    }

    /// The body of a loop; it goes on if its end is reached.
    fn body(&mut self) -> Vec<Step> {
        let mut offset = self.of(&[0, 0, 0, 100, 100, 60000, 65528, 0x1_0000, 0x7fff_fff0, 0xffff_ff00]);
        let mut steps = Vec::new();
        if self.below(3) == 0 {
            steps.push(Step::Leave(self.cond()));
        }
        let count = 1 + self.below(5);
        steps.extend(self.steps(count, 0, &mut offset));
        let moved = |local, by| Step::Set(local, Expr::Add(Box::new(Expr::Local(local)), Box::new(Expr::Const(by))));
        if self.below(6) > 0 {
            steps.push(moved(0, self.step()));
        }
        steps.push(moved(2, self.step()));
        let last = self.cond();
        steps.push(if self.below(4) == 0 { Step::Leave(last) } else { Step::GoOn(last) });
        steps
    }
}

/// A loop ends at its end, or goes on there: then it has another way out.
#[derive(Debug)]
struct Loop {
    body: Vec<Step>,
    goes_on: bool,
}

impl Loop {
    fn new(draw: &mut Draw) -> Loop {
        let body = if draw.below(2) == 0 { draw.walk() } else { draw.body() };
        let goes_on = matches!(body.last(), Some(Step::Leave(_)));
        Loop { body, goes_on }
    }

    /// By how much a local grows in a round, if nothing else happens to it.
    fn step(&self, local: usize) -> u32 {
        let step = self.body.iter().find_map(|step| match step {
            Step::Set(set, Expr::Add(_, by)) if *set == local => Some(by.value(&[0; LOCALS])),
            _ => None,
        });
        step.unwrap_or(0)
    }

    /// How it ends; none if it takes too long.
    fn run(&self, locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut Memory<'_>) -> Option<Flow> {
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
struct Func {
    loops: Vec<Loop>,
    times: u32,
}

impl Func {
    fn new(draw: &mut Draw) -> Func {
        let count = 1 + draw.below(3) / 2;
        let loops = (0..count).map(|_| Loop::new(draw)).collect();
        Func { loops, times: 1 + draw.below(4) as u32 / 3 }
    }

    /// How it ends; none if it takes too long.
    fn run(&self, locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut Memory<'_>) -> Option<Flow> {
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

fn module(funcs: &[Func]) -> String {
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

/// The static offset of the access at this place of a binary.
fn static_offset(wasm: &[u8], at: usize) -> u32 {
    let mut value = 0;
    // Vector operators have a prefix.
    let start = if wasm[at] == 0xfd { at + 3 } else { at + 2 };
    for (number, byte) in wasm[start..].iter().enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * number);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn loops(ground: Ground, spectre: bool, seed: u64) -> Result<()> {
    let mut draw = Draw(seed);
    let funcs: Vec<Func> = (0..150).map(|_| Func::new(&mut draw)).collect();
    let text = module(&funcs);
    let wasm = wat::parse_str(&text)?;
    let mut options = ground.options();
    options.spectre = spectre;
    if seed % 4 == 3 {
        options.opt_level = OptLevel::Size;
    }
    let engine = ground.engine()?;
    let module = load(&engine, &compile(&text, options)?)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&mut store, "m").unwrap();
    let fresh: Vec<u8> = (0..SIZE).map(|number| (number * 11 + number / 250) as u8).collect();
    let (mut traps, mut ends) = (0, 0);
    for (number, one) in funcs.iter().enumerate() {
        let func = instance.get_typed_func::<(u32, u32, u32, u32), u64>(&mut store, &format!("f{number}"))?;
        for round in 0..60 {
            let rounds = draw.below(40) as u32;
            let near = (SIZE as u32).wrapping_sub(draw.below(400) as u32);
            let step = if draw.below(4) == 0 { draw.step() } else { one.loops[0].step(2) };
            let first = match round % 5 {
                0 => draw.below(SIZE) as u32,
                1 => near.wrapping_sub(rounds.wrapping_mul(step)),
                2 => near,
                3 => draw.of(&[0, 1, u32::MAX, 0xffff_ff00, 0xffff_0000, 0x7fff_fff0, 1 << 31]),
                _ => draw.below(600) as u32,
            };
            let counter =
                draw.of(&[0, 0, 1, rounds, rounds.wrapping_neg(), rounds.wrapping_mul(step), 0x7fff_fff0, u32::MAX]);
            let way = rounds.wrapping_mul(step);
            let (counter, limit) = match draw.below(8) {
                0 => (counter, draw.of(&[0, 1, u32::MAX, 0x7fff_ffff, 1 << 31, 65536])),
                1 => (counter, rounds),
                // Past the ends of the numbers, or close to them.
                2 | 3 => {
                    let limit = draw.of(&[0_u32, 1 << 31]).wrapping_add(draw.below(5) as u32).wrapping_sub(2);
                    (limit.wrapping_sub(way).wrapping_add(draw.below(3) as u32), limit)
                }
                4 => (counter, counter.wrapping_add(way).wrapping_add(draw.below(3) as u32).wrapping_sub(1)),
                _ => (counter, counter.wrapping_add(way)),
            };
            let mut params = [first, draw.of(&[0, 8, near, first]), counter, limit];
            let start = |params: [u32; 4]| [params[0], params[1], params[2], params[3], 0];
            if round % 3 > 0 {
                let mut reached = Vec::new();
                one.run(&mut start(params), &mut 0, &mut Memory::Endless(&mut reached));
                let by = draw.aim(&reached);
                for param in &mut params[..draw.of(&[1, 1, 2])] {
                    *param = param.wrapping_add(by);
                }
            }
            let mut model = fresh.clone();
            let mut locals = start(params);
            let mut sum = 81_985_529_216_486_895;
            let flow = one.run(&mut locals, &mut sum, &mut Memory::Real(&mut model));
            let Some(flow) = flow else { continue };
            memory.data_mut(&mut store).copy_from_slice(&fresh);
            let what = || format!("f{number} {params:x?} spectre={spectre} seed={seed} {} {:?}", one.times, one.loops);
            match (func.call(&mut store, (params[0], params[1], params[2], params[3])), flow) {
                (Ok(_), Flow::Trap(at)) => panic!("{}: no trap at offset={at}", what()),
                (Ok(found), _) => {
                    ends += 1;
                    let add = |sum: u64, local: &u32| sum.wrapping_add(u64::from(*local)).wrapping_mul(31);
                    assert_eq!(found, locals.iter().fold(sum, add), "{}", what());
                }
                (Err(error), Flow::Trap(offset)) => {
                    traps += 1;
                    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{}", what());
                    let at = error.downcast_ref::<WasmBacktrace>().unwrap().frames()[0].module_offset().unwrap();
                    // A load that faults may be part of a later instruction, which is then told.
                    if ground != Ground::Hardware {
                        assert_eq!(static_offset(&wasm, at), offset, "{}", what());
                    }
                }
                (Err(error), _) => panic!("{}: {error}", what()),
            }
            assert!(memory.data(&store) == model, "{}: other bytes", what());
        }
    }
    assert!(traps > 1000 && ends > 1000, "{traps} traps and {ends} ends");
    Ok(())
}

#[test]
fn loops_do_as_the_model() {
    let seeds = std::env::var("STILT_LOOP_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(8);
    everywhere(|ground| (0..seeds).try_for_each(|seed| loops(ground, seed % 2 == 0, seed)));
}

/// Loops that go further than a hasty look at them would say. All of them leave their memory.
const HARD_TO_FOLLOW: [(&str, &str); 6] = [
    (
        "goes on before the test that would end it",
        "(i32.store8 (local.get $p) (i32.const 1)) ($p += 1024) ($c += 1)
         (br_if $again (i32.and (local.get $c) (i32.const 1)))
         (br_if $out (i32.eq (local.get $c) (local.get $limit)))
         (br $again)",
    ),
    (
        "goes on from two places, one of which does not test",
        "(i32.store8 (local.get $p) (i32.const 1)) ($p += 1024) ($c += 1)
         (br_if $again (i32.and (local.get $c) (i32.const 1)))
         (br_if $again (i32.ne (local.get $c) (local.get $limit)))",
    ),
    (
        "tests in some rounds",
        "(i32.store8 (local.get $p) (i32.const 1)) ($p += 1024)
         (if (i32.and (local.get $c) (i32.const 2)) (then (br_if $out (i32.eq (local.get $c) (local.get $limit)))))
         ($c += 1)
         (br $again)",
    ),
    (
        "one step on one way, and another on the other",
        "(br_if $out (i32.eq (local.get $c) (local.get $limit)))
         (i32.store8 (local.get $p) (i32.const 1)) ($c += 1)
         (if (i32.and (local.get $c) (i32.const 1)) (then ($p += 1) (br $again)))
         ($p += 8192)
         (br $again)",
    ),
    (
        "a block in code that is not reached",
        "(br_if $out (i32.eq (local.get $c) (local.get $limit)))
         (i32.store8 (local.get $p) (i32.const 1)) ($c += 1)
         (if (i32.and (local.get $c) (i32.const 1)) (then ($p += 1) (br $again) (if (i32.const 0) (then))))
         ($p += 8192)
         (br $again)",
    ),
    (
        "what one arm sets is nothing to the other",
        "(i32.store8 (local.get $p) (i32.const 1)) ($c += 1)
         (if (i32.and (local.get $c) (i32.const 1))
           (then (local.set $q (i32.const 0)))
           (else (i32.store8 (local.get $q) (i32.const 1))))
         (local.set $q (i32.const 65536))
         (br_if $again (i32.ne (local.get $c) (local.get $limit)))",
    ),
];

#[test]
fn loops_that_are_hard_to_follow() {
    for (what, body) in HARD_TO_FOLLOW {
        let moved =
            |local: &str, by: u32| format!("(local.set ${local} (i32.add (local.get ${local}) (i32.const {by})))");
        let body =
            [("p", 1), ("p", 1024), ("p", 8192), ("c", 1)].iter().fold(String::from(body), |body, (local, by)| {
                body.replace(&format!("(${local} += {by})"), &moved(local, *by))
            });
        let text = format!(
            "(module (memory 1 1) (func (export \"f\") (param $p i32) (param $c i32) (param $limit i32) (local $q i32)
               (block $out (loop $again {body}))))"
        );
        everywhere(|ground| {
            let engine = ground.engine()?;
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &ground.module(&engine, &text)?, &[])?;
            let func = instance.get_typed_func::<(u32, u32, u32), ()>(&mut store, "f")?;
            let error = func.call(&mut store, (0, 0, 41)).expect_err(what);
            assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{what}");
            Ok(())
        });
    }
}

/// A body that is inlined twice: what was tested in front of the loop of one says nothing about the other.
#[test]
fn a_loop_that_stands_there_twice() {
    let text = "(module (memory 1 1)
        (func $sum (param $p i32) (param $n i32) (result i32) (local $sum i32)
          (loop $again
            (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (local.get $sum))
        (func (export \"f\") (param $a i32) (param $b i32) (param $n i32) (result i32) (local $sum i32) (local $k i32)
          (loop $again
            (local.set $sum (i32.add (local.get $sum) (call $sum (local.get $a) (local.get $n))))
            (local.set $sum (i32.add (local.get $sum) (call $sum (local.get $b) (local.get $n))))
            (br_if $again (i32.ne (i32.const 3) (local.tee $k (i32.add (local.get $k) (i32.const 1))))))
          (local.get $sum)))";
    everywhere(|ground| {
        let engine = ground.engine()?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &ground.module(&engine, text)?, &[])?;
        let func = instance.get_typed_func::<(u32, u32, u32), u32>(&mut store, "f")?;
        assert_eq!(func.call(&mut store, (0, 65496, 10))?, 0);
        for (one, other) in [(0, 65500), (65500, 0), (0, 0u32.wrapping_sub(4)), (0, 1 << 31), (65536, 65536)] {
            let error = func.call(&mut store, (one, other, 10)).unwrap_err();
            assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds), "{one} {other}");
        }
        Ok(())
    });
}

/// What a loop reaches only because it has made the memory longer.
#[test]
fn a_loop_that_makes_its_memory_longer() {
    let text = "(module (memory (export \"m\") 1 4)
        (func (export \"f\") (param $p i32) (param $end i32)
          (loop $again
            (i32.store offset=65532 (local.get $p) (i32.const 77))
            (drop (memory.grow (i32.const 1)))
            (local.set $p (i32.add (local.get $p) (i32.const 65536)))
            (br_if $again (i32.ne (local.get $p) (local.get $end))))))";
    everywhere(|ground| {
        let engine = ground.engine()?;
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &ground.module(&engine, text)?, &[])?;
        let memory = instance.get_memory(&mut store, "m").unwrap();
        let func = instance.get_typed_func::<(u32, u32), ()>(&mut store, "f")?;
        let error = func.call(&mut store, (0, 5 << 16)).unwrap_err();
        assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
        let data = memory.data(&store);
        assert_eq!(data.len(), 4 << 16);
        for (place, byte) in data.iter().enumerate() {
            assert_eq!(*byte, if place % 65536 == 65532 { 77 } else { 0 }, "{place:#x}");
        }
        Ok(())
    });
}
