//! How many of the processor's instructions the interpreter takes for one of WebAssembly's, on both boards. The emulator counts.

use super::{Board, CORTEX_M, Chips, RV32, build, start};
use crate::tool;
use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

/// How often what is measured stands in its loop.
const COPIES: u32 = 16;

/// A name, a part of a function's body, which depends on its own result, and how many operators of wasm it counts for. `$x` and `$y` are
/// 32-bit integers, `$p` and `$q` 64-bit ones, `$a` and `$b` are `f32`, `$c` and `$d` are `f64`.
const MEASURED: &[(&str, &str, u32)] = &[
    ("i32.add", "(local.set $x (i32.add (local.get $x) (local.get $y)))", 1),
    ("i32.mul", "(local.set $x (i32.mul (local.get $x) (local.get $y)))", 1),
    ("i32.div_s", "(local.set $x (i32.div_s (local.get $x) (local.get $y)))", 1),
    ("i32.rem_u", "(local.set $x (i32.rem_u (local.get $x) (local.get $y)))", 1),
    ("i32.shl", "(local.set $x (i32.shl (local.get $x) (local.get $y)))", 1),
    ("i32.rotl", "(local.set $x (i32.rotl (local.get $y) (local.get $x)))", 1),
    ("i32.lt_s", "(local.set $x (i32.lt_s (local.get $x) (local.get $y)))", 1),
    ("i32.clz", "(local.set $x (i32.clz (local.get $x)))", 1),
    ("i32.popcnt", "(local.set $x (i32.popcnt (local.get $x)))", 1),
    ("i64.add", "(local.set $p (i64.add (local.get $p) (local.get $q)))", 1),
    ("i64.mul", "(local.set $p (i64.mul (local.get $p) (local.get $q)))", 1),
    ("i64.div_s", "(local.set $p (i64.div_s (local.get $p) (local.get $q)))", 1),
    ("i64.shl", "(local.set $p (i64.shl (local.get $p) (local.get $q)))", 1),
    ("f32.add", "(local.set $a (f32.add (local.get $a) (local.get $b)))", 1),
    ("f32.mul", "(local.set $a (f32.mul (local.get $a) (local.get $b)))", 1),
    ("f32.div", "(local.set $a (f32.div (local.get $a) (local.get $b)))", 1),
    ("f32.sqrt", "(local.set $a (f32.sqrt (local.get $a)))", 1),
    ("f32.nearest", "(local.set $a (f32.nearest (f32.add (local.get $a) (local.get $b))))", 2),
    ("f64.add", "(local.set $c (f64.add (local.get $c) (local.get $d)))", 1),
    ("f64.mul", "(local.set $c (f64.mul (local.get $c) (local.get $d)))", 1),
    ("f64.div", "(local.set $c (f64.div (local.get $c) (local.get $d)))", 1),
    ("convert, trunc", "(local.set $x (i32.trunc_f32_s (f32.convert_i32_s (local.get $x))))", 2),
    ("i32.load", "(local.set $x (i32.load offset=64 (local.get $x)))", 1),
    ("i32.load8_u", "(local.set $x (i32.load8_u offset=64 (local.get $x)))", 1),
    ("i64.load", "(local.set $p (i64.load offset=64 (i32.wrap_i64 (local.get $p))))", 1),
    (
        "i32.store8, i32.add",
        "(i32.store8 offset=64 (local.get $x) (local.get $y)) (local.set $x (i32.add (local.get $x) (i32.const 1)))",
        2,
    ),
    (
        "if, else",
        "(if (i32.lt_s (local.get $x) (local.get $y)) (then (local.set $x (i32.add (local.get $x) (i32.const 1)))) \
        (else (local.set $x (i32.add (local.get $x) (i32.const 2)))))",
        3,
    ),
    ("call", "(local.set $x (call $f (local.get $x)))", 1),
    ("call_indirect", "(local.set $x (call_indirect (param i32) (result i32) (local.get $x) (i32.const 0)))", 1),
    ("call of the host", "(local.set $x (call $host (i32.const 4)))", 1),
    ("memory.copy of 64", "(memory.copy (i32.const 1024) (i32.const 2048) (i32.add (local.get $x) (i32.const 64)))", 1),
    ("memory.fill of 64", "(memory.fill (i32.const 1024) (local.get $y) (i32.add (local.get $x) (i32.const 64)))", 1),
];

fn module() -> Result<String> {
    let mut text = "(module (import \"host\" \"gpio_read\" (func $host (param i32) (result i32)))\n\
        (memory (export \"memory\") 1) (global $g (mut i32) (i32.const 0)) (table 2 funcref) (elem (i32.const 0) $f $f)\n\
        (func $f (param i32) (result i32) (local.get 0))\n"
        .to_owned();
    let mut function = |name: &str, body: &str| {
        write!(
            text,
            "(func (export \"{name}\") (param $y i32) (result i32) (local $n i32) (local $x i32) (local $p i64) (local $q i64) \
             (local $a f32) (local $b f32) (local $c f64) (local $d f64)\n\
             (local.set $n (local.get $y)) (local.set $q (i64.extend_i32_u (local.get $y))) (local.set $a (f32.const 1.5))\n\
             (local.set $b (f32.convert_i32_s (local.get $y))) (local.set $c (f64.const 1.5)) (local.set $d (f64.promote_f32 (local.get $b)))\n\
             (loop $l {body} (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))\n\
             (global.set $g (i32.add (i32.wrap_i64 (local.get $p)) (i32.add (i32.reinterpret_f32 (local.get $a)) \
             (i32.wrap_i64 (i64.reinterpret_f64 (local.get $c)))))) (local.get $x))\n"
        )
    };
    function("nothing", "")?;
    for (name, body, _) in MEASURED {
        function(name, &body.repeat(COPIES as usize))?;
    }
    text.push(')');
    Ok(text)
}

/// Measures, and prints a table.
pub(crate) fn run() -> Result<()> {
    let program = tool::stilt()?;
    let folder = tool::root().join("target/firmware");
    let (module_file, images) = (folder.join("speed.wat"), folder.join("speed-images"));
    fs::create_dir_all(&images)?;
    fs::write(&module_file, module()?)?;
    let mut stilt = Command::new(&program);
    stilt.arg("compile").arg(&module_file).args(["--target", "pulley32", "--inline", "off", "--strip", "-o"]);
    tool::run(stilt.arg(images.join("speed.cwasm")))?;
    let arm = measure(&CORTEX_M, &images)?;
    let rv32 = measure(&RV32, &images)?;
    println!("| | Cortex-M4 | RV32IMAC |\n|---|--:|--:|");
    for ((name, _, _), (arm, rv32)) in MEASURED.iter().zip(arm.into_iter().zip(rv32)) {
        println!("| `{name}` | {arm:.1} | {rv32:.1} |");
    }
    Ok(())
}

/// Instructions for an operator of each kind.
fn measure(board: &Board, images: &std::path::Path) -> Result<Vec<f64>> {
    let program = build(board, images, "speed", &[])?;
    let arguments = if board.has_chips {
        Chips::new(&program)?.arguments()
    } else {
        vec!["-kernel".to_owned(), program.display().to_string()]
    };
    let said = start(board, &arguments, "shift=0")?;
    let took = |name: &str| -> Result<f64> {
        let count = said.lines().find_map(|line| line.strip_prefix("took ")?.strip_prefix(name)?.strip_prefix(' '));
        Ok(count.with_context(|| format!("the board says nothing about {name}"))?.parse()?)
    };
    let rounds = said.lines().find_map(|line| line.strip_prefix("rounds ")).context("the board says no rounds")?;
    let rounds: f64 = rounds.parse()?;
    let nothing = took("nothing")?;
    let each = |(name, _, operators): &(&str, &str, u32)| {
        Ok((took(name)? - nothing) / (rounds * f64::from(COPIES) * f64::from(*operators)))
    };
    MEASURED.iter().map(each).collect()
}
