//! The last bytes of memories, with every instruction that reads or writes memory.
//!
//! A load that is widened reads past the end (CVE-2026-24116), an address that is computed in 32 bits wraps
//! (CVE-2023-26489), and an empty memory is easily forgotten (GHSA-44mr-8vmm-wjhg).

use core::fmt::Write as _;

/// What an instruction does with memory, and what its operands are besides the address.
#[derive(Clone, Copy)]
enum Kind {
    /// Gives a value of this type.
    Load(&'static str),
    /// Takes a value of this type.
    Store(&'static str),
    /// Takes a vector and gives one.
    LoadLane,
    /// Takes a vector.
    StoreLane,
}

use Kind::{Load, LoadLane, Store, StoreLane};

/// Each instruction with the bytes that it accesses.
const INSTRUCTIONS: [Instruction; 45] = [
    ("i32.load", 4, Load("i32")),
    ("i32.load8_s", 1, Load("i32")),
    ("i32.load8_u", 1, Load("i32")),
    ("i32.load16_s", 2, Load("i32")),
    ("i32.load16_u", 2, Load("i32")),
    ("i64.load", 8, Load("i64")),
    ("i64.load8_s", 1, Load("i64")),
    ("i64.load8_u", 1, Load("i64")),
    ("i64.load16_s", 2, Load("i64")),
    ("i64.load16_u", 2, Load("i64")),
    ("i64.load32_s", 4, Load("i64")),
    ("i64.load32_u", 4, Load("i64")),
    ("f32.load", 4, Load("f32")),
    ("f64.load", 8, Load("f64")),
    ("v128.load", 16, Load("v128")),
    ("v128.load8x8_s", 8, Load("v128")),
    ("v128.load8x8_u", 8, Load("v128")),
    ("v128.load16x4_s", 8, Load("v128")),
    ("v128.load16x4_u", 8, Load("v128")),
    ("v128.load32x2_s", 8, Load("v128")),
    ("v128.load32x2_u", 8, Load("v128")),
    ("v128.load8_splat", 1, Load("v128")),
    ("v128.load16_splat", 2, Load("v128")),
    ("v128.load32_splat", 4, Load("v128")),
    ("v128.load64_splat", 8, Load("v128")),
    ("v128.load32_zero", 4, Load("v128")),
    ("v128.load64_zero", 8, Load("v128")),
    ("v128.load8_lane", 1, LoadLane),
    ("v128.load16_lane", 2, LoadLane),
    ("v128.load32_lane", 4, LoadLane),
    ("v128.load64_lane", 8, LoadLane),
    ("i32.store", 4, Store("i32")),
    ("i32.store8", 1, Store("i32")),
    ("i32.store16", 2, Store("i32")),
    ("i64.store", 8, Store("i64")),
    ("i64.store8", 1, Store("i64")),
    ("i64.store16", 2, Store("i64")),
    ("i64.store32", 4, Store("i64")),
    ("f32.store", 4, Store("f32")),
    ("f64.store", 8, Store("f64")),
    ("v128.store", 16, Store("v128")),
    ("v128.store8_lane", 1, StoreLane),
    ("v128.store16_lane", 2, StoreLane),
    ("v128.store32_lane", 4, StoreLane),
    ("v128.store64_lane", 8, StoreLane),
];

const PAGE: u32 = 65_536;
const TRAP: &str = "out of bounds memory access";

/// Three memories: growing, of a fixed size, and empty.
pub(super) fn script() -> String {
    let mut text = String::new();
    module(&mut text, "1 3", PAGE, &INSTRUCTIONS);
    ends(&mut text, PAGE, &INSTRUCTIONS);
    for pages in [1, 2] {
        let _ = writeln!(text, "(assert_return (invoke \"grow\" (i32.const 1)) (i32.const {pages}))");
        ends(&mut text, PAGE * (pages + 1), &INSTRUCTIONS);
    }
    text.push_str("(assert_return (invoke \"grow\" (i32.const 1)) (i32.const -1))\n");
    ends(&mut text, PAGE * 3, &INSTRUCTIONS);
    module(&mut text, "1 1", PAGE, &INSTRUCTIONS);
    ends(&mut text, PAGE, &INSTRUCTIONS);
    module(&mut text, "0 1", 0, &INSTRUCTIONS);
    ends(&mut text, 0, &INSTRUCTIONS);
    text.push_str("(assert_return (invoke \"grow\" (i32.const 1)) (i32.const 0))\n");
    ends(&mut text, PAGE, &INSTRUCTIONS);
    module(&mut text, "0 0", 0, &INSTRUCTIONS);
    ends(&mut text, 0, &INSTRUCTIONS);
    text
}

/// A memory of which only so many bytes are there, with the instructions on integers: those that run everywhere.
pub(super) fn of_a_part(bytes: u32) -> String {
    let integers = |kind: &Kind| matches!(kind, Load("i32" | "i64") | Store("i32" | "i64"));
    let instructions: Vec<_> = INSTRUCTIONS.into_iter().filter(|(.., kind)| integers(kind)).collect();
    let mut text = String::new();
    module(&mut text, "1 3", bytes, &instructions);
    ends(&mut text, bytes, &instructions);
    for pages in [1, 2, -1] {
        let _ = writeln!(text, "(assert_return (invoke \"grow\" (i32.const {pages})) (i32.const -1))");
    }
    text.push_str("(assert_return (invoke \"grow\" (i32.const 0)) (i32.const 1))\n");
    ends(&mut text, bytes, &instructions);
    for last in [PAGE - 1, PAGE - 8] {
        for (index, (_, _, kind)) in instructions.iter().enumerate() {
            assertion(&mut text, &format!("{index}"), last, *kind, false);
        }
    }
    text
}

/// An instruction, the bytes that it accesses, and its kind.
type Instruction = (&'static str, u32, Kind);

/// A module with each instruction at a given address, and at given offsets from one.
fn module(text: &mut String, memory: &str, end: u32, instructions: &[Instruction]) {
    let _ = writeln!(text, "(module (memory {memory})");
    text.push_str("  (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))\n");
    for (index, (name, width, kind)) in instructions.iter().copied().enumerate() {
        function(text, &format!("{index}"), name, kind, 0);
        for (which, offset) in offsets(width, end).into_iter().enumerate() {
            function(text, &format!("{index}+{which}"), name, kind, offset);
        }
    }
    text.push_str(")\n");
    for (index, (_, width, kind)) in instructions.iter().copied().enumerate() {
        for (which, offset) in offsets(width, end).into_iter().enumerate() {
            let fits = u64::from(offset) + u64::from(width) <= u64::from(end);
            assertion(text, &format!("{index}+{which}"), 0, kind, fits);
            // An address that comes to zero if it wraps, or one beyond everything.
            assertion(text, &format!("{index}+{which}"), 0u32.wrapping_sub(offset.max(1)), kind, false);
            assertion(text, &format!("{index}+{which}"), u32::MAX, kind, false);
        }
    }
}

/// Constant offsets around the end of the memory and of the address space.
fn offsets(width: u32, end: u32) -> [u32; 5] {
    let last = end.saturating_sub(width);
    [last, last + 1, end.max(1), 1 << 31, u32::MAX]
}

fn function(text: &mut String, export: &str, name: &str, kind: Kind, offset: u32) {
    let vector = "(v128.const i64x2 0 0)";
    let address = "(local.get 0)";
    let _ = write!(text, "  (func (export \"{export}\") (param i32) ");
    let _ = match kind {
        Load(ty) => writeln!(text, "(result {ty}) ({name} offset={offset} {address}))"),
        Store(ty) => writeln!(text, "({name} offset={offset} {address} {}))", zero(ty)),
        LoadLane => writeln!(text, "(result v128) ({name} offset={offset} 0 {address} {vector}))"),
        StoreLane => writeln!(text, "({name} offset={offset} 0 {address} {vector}))"),
    };
}

/// Each instruction at the last address that fits, and at those around it that do not.
fn ends(text: &mut String, end: u32, instructions: &[Instruction]) {
    for (index, (_, width, kind)) in instructions.iter().copied().enumerate() {
        let export = format!("{index}");
        if let Some(last) = end.checked_sub(width) {
            assertion(text, &export, last, kind, true);
        }
        for past in (0..width).map(|bytes| end.wrapping_sub(bytes)) {
            assertion(text, &export, past, kind, false);
        }
        for far in [end + 1, 1 << 31, u32::MAX, u32::MAX - width + 1] {
            assertion(text, &export, far, kind, false);
        }
    }
}

fn assertion(text: &mut String, export: &str, address: u32, kind: Kind, fits: bool) {
    let action = format!("(invoke \"{export}\" (i32.const {address}))");
    let _ = match (fits, kind) {
        (false, _) => writeln!(text, "(assert_trap {action} \"{TRAP}\")"),
        (true, Load(ty)) => writeln!(text, "(assert_return {action} {})", zero(ty)),
        (true, LoadLane) => writeln!(text, "(assert_return {action} {})", zero("v128")),
        (true, Store(_) | StoreLane) => writeln!(text, "(assert_return {action})"),
    };
}

fn zero(ty: &str) -> String {
    match ty {
        "v128" => "(v128.const i64x2 0 0)".to_string(),
        ty => format!("({ty}.const 0)"),
    }
}
