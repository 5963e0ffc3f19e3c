//! Programs made for what this compiler does itself: bounds tests that are left out, contexts that change at calls, folded
//! constants, tests in front of divisions and conversions, and what its passes look for. Text, so that a find can be read.

mod access;
mod aims;
mod module;
mod neighbours;
mod numbers;
mod statements;
mod vectors;

use crate::protocol::Program;
use crate::random::Random;

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
  (type $deep (func (param i32 i32) (result i32)))
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

impl Writer {
    fn new(random: Random, memory: bool, pages: u32) -> Writer {
        Writer {
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
        }
    }
}

/// The program of a seed.
#[must_use]
pub fn program(seed: u64) -> Program {
    of_texts(&texts(seed), seed)
}

/// The program that arbitrary bytes describe: for fuzzers guided by coverage.
#[must_use]
pub fn program_of_bytes(bytes: &[u8]) -> Option<Program> {
    let (head, rest) = bytes.split_first_chunk::<2>()?;
    Some(of_texts(&write(Random::of_bytes(rest)), u64::from(u16::from_le_bytes(*head))))
}

fn of_texts(texts: &[String], seed: u64) -> Program {
    let modules = texts.iter().map(|text| {
        wat::parse_str(text).unwrap_or_else(|error| panic!("seed {seed} is written wrongly: {error}\n{text}"))
    });
    Program { modules: modules.collect(), seed, rounds: 6, nan_classes: true }
}

/// Its modules as text.
#[must_use]
pub fn texts(seed: u64) -> Vec<String> {
    write(Random::new(seed ^ 0x0407_5907))
}

/// A module that needs no other, with so many pages of memory; it has functions for memories that end at `$end` (`neighbours.rs`), too.
#[must_use]
pub(crate) fn alone(seed: u64, pages: u32) -> String {
    let mut writer = Writer::new(Random::new(seed), true, pages);
    let count = 1 + writer.random.below(2);
    let text = writer.first(count);
    writer.text = text.trim_end().strip_suffix(')').unwrap_or_default().to_owned();
    writer.neighbours(8);
    writer.text.push_str(")\n");
    writer.text
}

fn write(mut random: Random) -> Vec<String> {
    let two = random.one_in(2);
    let count = 1 + random.below(4);
    let memory = !random.one_in(12);
    let pages = random.pick(&[0, 1, 1, 1, 2, 3]);
    let mut writer = Writer::new(random, memory, pages);
    let mut texts = vec![writer.first(count)];
    if two {
        texts.push(writer.second(count));
    }
    texts
}
