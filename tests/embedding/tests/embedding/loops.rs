//! Loops over arrays next to a model of them: where one test in front of a loop stands for one in each round, a trap must still come in
//! the right round, with all that came before it done. Loops that count up and down, by any step, signed and unsigned, past the ends
//! of the numbers; that are left early, go on early, and change their indexes on some ways only. In every configuration.

use std::fmt::Write as _;

use stilt::{Instance, Result, Store, Trap, WasmBacktrace};
use stilt_embedding_tests::{Ground, compile, load};

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

#[derive(Clone, Debug)]
enum Step {
    /// An access at an offset that no other of its loop has.
    Access {
        index: Expr,
        offset: u32,
        bytes: u32,
        store: bool,
    },
    Set(usize, Expr),
    If(Cond, Vec<Step>, Vec<Step>),
    /// Leaves the block if the condition holds.
    Block(Cond, Vec<Step>),
    /// Leaves the loop.
    Leave(Cond),
    /// Goes on with the next round.
    GoOn(Cond),
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
            Step::Access { index, offset, bytes, store } => {
                let (index, bits) = (index.text(), ["8", "16", "32", ""][bytes.ilog2() as usize]);
                let unsigned = if bits.is_empty() { "" } else { "_u" };
                if *store {
                    write!(out, "(i64.store{bits} offset={offset} {index} (local.get 5))").unwrap();
                } else {
                    let load = format!("(i64.load{bits}{unsigned} offset={offset} {index})");
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
        }
    }
}

fn run(steps: &[Step], locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut [u8]) -> Flow {
    for step in steps {
        let flow = match step {
            Step::Access { index, offset, bytes, store } => {
                let at = u64::from(index.value(locals)) + u64::from(*offset);
                if at + u64::from(*bytes) > SIZE {
                    return Flow::Trap(*offset);
                }
                let place = &mut memory[at as usize..][..*bytes as usize];
                if *store {
                    place.copy_from_slice(&sum.to_le_bytes()[..place.len()]);
                } else {
                    let mut eight = [0; 8];
                    eight[..place.len()].copy_from_slice(place);
                    *sum = sum.wrapping_add(u64::from_le_bytes(eight));
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

    fn index(&mut self) -> Expr {
        let local = |local| Box::new(Expr::Local(local));
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
        let limit = match self.below(4) {
            0 => Expr::Const(self.of(&[0, 1, 24, 40, 0x7fff_ffff, u32::MAX, 65536, 1 << 31])),
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
                    let (bytes, store) = (1 << self.below(4), self.below(2) == 0);
                    Step::Access { index: self.index(), offset: *offset, bytes, store }
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
                18 => Step::Leave(self.cond()),
                19 if self.below(3) == 0 => Step::GoOn(self.now_and_then()),
                _ => {
                    *offset += 1;
                    Step::Access { index: Expr::Local(0), offset: *offset, bytes: 8, store: depth > 0 }
                }
            });
        }
        steps
    }

    /// The body of a loop; it goes on if its end is reached.
    fn body(&mut self) -> Vec<Step> {
        let mut offset = self.of(&[0, 0, 100, 60000]);
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
struct Loop {
    body: Vec<Step>,
    goes_on: bool,
}

impl Loop {
    fn new(draw: &mut Draw) -> Loop {
        let body = draw.body();
        let goes_on = matches!(body.last(), Some(Step::Leave(_)));
        Loop { body, goes_on }
    }

    /// How it ends; none if it takes too long.
    fn run(&self, locals: &mut [u32; LOCALS], sum: &mut u64, memory: &mut [u8]) -> Option<Flow> {
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

fn module(loops: &[Loop]) -> String {
    let mut out = String::from("(module (memory (export \"m\") 1 1)");
    for (number, one) in loops.iter().enumerate() {
        write!(out, "(func (export \"f{number}\") (param i32 i32 i32 i32) (result i64) (local i32 i64)").unwrap();
        out.push_str("(local.set 5 (i64.const 81985529216486895))(block $out (loop $again ");
        text(&one.body, &mut out);
        out.push_str(if one.goes_on { "(br $again)))" } else { "))" });
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
    for (number, byte) in wasm[at + 2..].iter().enumerate() {
        value |= u32::from(byte & 0x7f) << (7 * number);
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

fn loops(ground: Ground, spectre: bool, seed: u64) -> Result<()> {
    let mut draw = Draw(seed);
    let loops: Vec<Loop> = (0..150).map(|_| Loop::new(&mut draw)).collect();
    let text = module(&loops);
    let wasm = wat::parse_str(&text)?;
    let mut options = ground.options();
    options.spectre = spectre;
    let engine = ground.engine()?;
    let module = load(&engine, &compile(&text, options)?)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&mut store, "m").unwrap();
    let fresh: Vec<u8> = (0..SIZE).map(|number| (number * 11 + number / 250) as u8).collect();
    let (mut traps, mut ends) = (0, 0);
    for (number, one) in loops.iter().enumerate() {
        let func = instance.get_typed_func::<(u32, u32, u32, u32), u64>(&mut store, &format!("f{number}"))?;
        for round in 0..60 {
            let rounds = draw.below(40) as u32;
            let near = (SIZE as u32).wrapping_sub(draw.below(400) as u32);
            let step = draw.step();
            let first = match round % 5 {
                0 => draw.below(SIZE) as u32,
                1 => near.wrapping_sub(rounds.wrapping_mul(step)),
                2 => near,
                3 => draw.of(&[0, 1, u32::MAX, 0xffff_ff00, 0xffff_0000, 0x7fff_fff0, 1 << 31]),
                _ => draw.below(600) as u32,
            };
            let counter =
                draw.of(&[0, 0, 1, rounds, rounds.wrapping_neg(), rounds.wrapping_mul(step), 0x7fff_fff0, u32::MAX]);
            let limit = match draw.below(5) {
                0 => draw.of(&[0, 1, u32::MAX, 0x7fff_ffff, 1 << 31, 65536]),
                1 => rounds,
                _ => counter.wrapping_add(rounds.wrapping_mul(step)),
            };
            let params = [first, draw.of(&[0, 8, near, first]), counter, limit];
            let mut model = fresh.clone();
            let mut locals = [params[0], params[1], params[2], params[3], 0];
            let mut sum = 81_985_529_216_486_895;
            let Some(flow) = one.run(&mut locals, &mut sum, &mut model) else { continue };
            memory.data_mut(&mut store).copy_from_slice(&fresh);
            let what = || format!("f{number} {params:x?} spectre={spectre} seed={seed} {:?}", one.body);
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
    let seeds = std::env::var("STILT_LOOP_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(2);
    everywhere(|ground| (0..seeds).try_for_each(|seed| loops(ground, seed % 2 == 0, seed)));
}
