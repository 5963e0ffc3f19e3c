//! A memory of which only the first bytes of its page are there (`--memory-bytes`): every access on integers at the end of these, operations
//! on ranges, and loops over arrays, with and without a constant number of rounds. On every machine, those of 32 bits among them.

use super::memory_ends;
use core::fmt::Write as _;

/// How many bytes are there: no multiple of anything.
pub(super) const BYTES: u32 = 10_007;

const TRAP: &str = "out of bounds memory access";

/// Loops that walk through an array from a place on, by so many bytes, until a place; and operations on ranges.
const MODULE: &str = r#"(module (memory 1)
  (data (i32.const 10003) "\01\02\03\04")
  (data $passive "\05\06\07\08")
  (func (export "size") (result i32) (memory.size))
  (func (export "sum") (param $p i32) (param $end i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $p) (local.get $end))))
    (local.get $sum))
  (func (export "words") (param $p i32) (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load offset=3 (local.get $p))))
      (i32.store offset=3 (local.get $p) (i32.const 0))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "down") (param $p i32) (param $n i32)
    (loop $again
      (local.set $p (i32.sub (local.get $p) (i32.const 8)))
      (i64.store (local.get $p) (i64.const 0))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy8") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 8)))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 0) (local.get 1)))
  (func (export "fill7") (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 7)))
  (func (export "init") (param i32 i32) (memory.init $passive (local.get 0) (i32.const 0) (local.get 1))))
"#;

pub(super) fn script() -> String {
    let mut text = memory_ends::of_a_part(BYTES);
    text.push_str(MODULE);
    let end = BYTES;
    text.push_str("(assert_return (invoke \"size\") (i32.const 1))\n");
    for (name, arguments, result) in [
        ("sum", vec![end - 10, end], Some(Ok(10))),
        ("sum", vec![0, end], Some(Ok(10))),
        ("sum", vec![end - 10, end + 1], Some(Err(()))),
        ("sum", vec![end, end], Some(Err(()))),
        ("sum", vec![0, 65_536], Some(Err(()))),
        ("copy", vec![100, end - 4, 4], None),
        ("sum", vec![100, 104], Some(Ok(10))),
        ("copy", vec![end - 3, 100, 4], Some(Err(()))),
        ("copy", vec![100, end - 3, 4], Some(Err(()))),
        ("copy", vec![end, end, 0], None),
        ("copy", vec![end + 1, 0, 0], Some(Err(()))),
        ("copy", vec![0, end + 1, 0], Some(Err(()))),
        ("copy", vec![0, 0, 65_536], Some(Err(()))),
        ("copy", vec![65_536, 0, 0], Some(Err(()))),
        ("copy8", vec![200, end - 8], None),
        ("copy8", vec![200, end - 7], Some(Err(()))),
        ("copy8", vec![end - 7, 200], Some(Err(()))),
        ("copy8", vec![65_528, 200], Some(Err(()))),
        ("init", vec![end - 4, 4], None),
        ("init", vec![end - 3, 4], Some(Err(()))),
        ("init", vec![end, 0], None),
        ("init", vec![end + 1, 0], Some(Err(()))),
        ("sum", vec![end - 4, end], Some(Ok(26))),
        ("words", vec![end - 7 - 36, 10], Some(Ok(0x0807_0605))),
        ("words", vec![end - 6 - 36, 10], Some(Err(()))),
        ("words", vec![65_536 - 7, 1], Some(Err(()))),
        ("down", vec![end, 1250], None),
        ("down", vec![end, 1251], Some(Err(()))),
        ("down", vec![end + 1, 1], Some(Err(()))),
        ("down", vec![65_536, 1], Some(Err(()))),
        ("fill", vec![0, end], None),
        ("fill", vec![0, end + 1], Some(Err(()))),
        ("fill", vec![1, end], Some(Err(()))),
        ("fill", vec![end, 0], None),
        ("fill", vec![end + 1, 0], Some(Err(()))),
        ("fill7", vec![end - 7], None),
        ("fill7", vec![end - 6], Some(Err(()))),
        ("fill7", vec![65_529], Some(Err(()))),
    ] {
        let arguments: String = arguments.iter().map(|value: &u32| format!(" (i32.const {value})")).collect();
        let action = format!("(invoke \"{name}\"{arguments})");
        let _ = match result {
            None => writeln!(text, "(assert_return {action})"),
            Some(Ok(value)) => writeln!(text, "(assert_return {action} (i32.const {value}))"),
            Some(Err(())) => writeln!(text, "(assert_trap {action} \"{TRAP}\")"),
        };
    }
    text
}
