//! Memories of which only the first bytes are there (`--memory-bytes`), beside wasmi with a memory of so many bytes and no more: there its pages
//! have one byte each (the proposal `custom-page-sizes`). So both trap at the same access, and leave the same behind, to the last byte.
//!
//! What the two say of pages is not the same, so `memory.size` and `memory.grow` are replaced on wasmi's side by what they are to answer.

use crate::differential::{self, Outcome};
use crate::hot_spots;
use crate::protocol::Program;
use crate::random::Random;
use core::fmt::Write as _;
use core::num::NonZeroU32;
use core::ops::Range;
use stilt_precompiler::MemoryBytes;

const PAGE: u32 = 65536;

/// A program of one module, which has a memory.
#[derive(Clone, Debug)]
pub struct Small {
    /// What is compiled here, as text.
    pub ours: String,
    /// The same for wasmi.
    pub theirs: String,
    /// How many bytes of its memory are there.
    pub bytes: NonZeroU32,
    /// How many its type says, which is also the most.
    pub whole: u32,
    /// Decides on arguments and options.
    pub seed: u64,
}

/// Runs the program of a seed everywhere and compares with wasmi.
#[must_use]
pub fn check(seed: u64) -> Outcome {
    let small = small(seed);
    let theirs = differential::run_theirs(&program(&small.theirs, seed));
    let bytes = (small.bytes.get() < small.whole).then_some(MemoryBytes::Exactly(small.bytes));
    differential::check_with(&program(&small.ours, seed), theirs, |options| options.memory_bytes = bytes)
}

fn program(text: &str, seed: u64) -> Program {
    let module = wat::parse_str(text);
    let module = module.unwrap_or_else(|error| panic!("seed {seed} is written wrongly: {error}\n{text}"));
    Program { modules: vec![module], seed, rounds: 4, nan_classes: true }
}

/// The program of a seed.
#[must_use]
pub fn small(seed: u64) -> Small {
    let mut random = Random::new(seed ^ 0x005a_1100);
    let pages = random.pick(&[1, 1, 1, 2]);
    let whole = pages * PAGE;
    let bytes = if pages == 2 {
        random.pick(&[PAGE, PAGE + 1, 70_001, 98_304, whole - 4, whole - 1, whole])
    } else {
        random.pick(&[36, 37, 64, 100, 255, 256, 257, 4096, 8192, 10_007, 0x7fff, 0x8000, whole - 16, whole - 1, whole])
    };
    let text = hot_spots::alone(random.draw(), pages);
    // Its numbers at the memory's end lie at what is there in place of it, or stay where they are.
    let ours = move_ends(&text, whole, bytes, !random.one_in(4));
    let end = "(i32.shl (memory.size) (i32.const 16))";
    let ours = ours.replace(end, "(global.get $end)").replacen(
        "(module",
        &format!(
            "(module\n  (global $end (export \"end\") (mut i32) (i32.const {bytes}))\n  (global $start (export \"start\") (mut i32) \
             (i32.const 0))"
        ),
        1,
    );
    let ours = with_memory(&ours, &format!("{pages} {pages}"));
    let theirs = with_memory(&ours, &format!("{bytes} {bytes} (pagesize 1)"));
    let theirs = theirs.replace("(memory.size)", &format!("(i32.const {pages})"));
    let theirs = theirs.replace("(memory.grow ", "(call $grown ");
    let theirs = theirs.replacen(
        "\n  (func",
        &format!(
            "\n  (func $grown (param i32) (result i32) (select (i32.const -1) (i32.const {pages}) (local.get 0)))\n  (func"
        ),
        1,
    );
    let bytes = NonZeroU32::new(bytes).unwrap_or(NonZeroU32::MIN);
    Small { ours, theirs, bytes, whole, seed }
}

/// A text with another type of the memory.
fn with_memory(text: &str, ty: &str) -> String {
    let head = "(memory $m (export \"memory\") ";
    let (before, rest) = text.split_once(head).expect("it has a memory");
    let (_, after) = rest.split_once(")\n").expect("on a line of its own");
    format!("{before}{head}{ty})\n{after}")
}

/// Moves numbers from the end of the whole memory to that of what is there: those of initial data, and, if `all`, those of code.
fn move_ends(text: &str, whole: u32, bytes: u32, all: bool) -> String {
    let ends = whole - 36..whole + 300;
    let lines = text.lines().map(|line| match all || line.trim_start().starts_with("(data") {
        true => move_numbers(line, ends.clone(), whole - bytes),
        false => line.to_owned(),
    });
    lines.fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// Takes `by` from decimal numbers that lie in a range and have no sign.
fn move_numbers(line: &str, range: Range<u32>, by: u32) -> String {
    let mut moved = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, digits) = rest.split_at(start);
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        let (digits, after) = digits.split_at(end);
        let alone = before.ends_with([' ', '=']) && !after.starts_with(['x', '.', 'e']);
        moved.push_str(before);
        match digits.parse() {
            Ok(number) if alone && range.contains(&number) => moved.push_str(&(number - by).to_string()),
            _ => moved.push_str(digits),
        }
        rest = after;
    }
    moved + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_the_end_are_moved() {
        let line = "(i32.store offset=65532 (i32.const 65536) (i32.const -65536) $x65536 0x65536 65495 65536.5 131072)";
        let moved = "(i32.store offset=96 (i32.const 100) (i32.const -65536) $x65536 0x65536 65495 65536.5 131072)";
        assert_eq!(move_numbers(line, PAGE - 36..PAGE + 300, PAGE - 100), moved);
    }

    #[test]
    fn the_two_texts_differ_in_their_memories_only() {
        let small = small(5);
        assert!(small.ours.contains("(memory.grow ") && !small.theirs.contains("(memory.grow "));
        assert!(small.theirs.contains("(pagesize 1)") && !small.ours.contains("pagesize"));
        let theirs: Vec<_> = small.theirs.lines().filter(|line| !line.contains("(func $grown ")).collect();
        assert_eq!(small.ours.lines().count(), theirs.len());
        for (ours, theirs) in small.ours.lines().zip(theirs) {
            assert!(ours == theirs || ours.contains("(memory"), "{ours}\n{theirs}");
        }
    }
}
