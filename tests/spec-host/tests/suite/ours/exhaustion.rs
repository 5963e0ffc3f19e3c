//! Recursion without end, in every way to call: a trap each time, after which everything works as before.

use core::fmt::Write as _;

/// Two modules that call each other, a table, large frames, and many results on the stack.
pub(super) fn script() -> String {
    let mut text = String::from(
        r#"(module $base
  (table (export "table") 4 funcref)
  (global $depth (export "depth") (mut i32) (i32.const 0))
  (func (export "reset") (global.set $depth (i32.const 0)))
  (func $self (export "self") (call $self))
  (func $deep (export "deep") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
  (func $counting (export "counting")
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (call $counting))
  (func (export "was deep") (result i32) (i32.gt_u (global.get $depth) (i32.const 100)))
  (func $indirect (export "indirect") (call_indirect (i32.const 0)))
  (func $far (export "far") (call_indirect (i32.const 1)))
  (func $results (export "results") (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (call $results))
  (elem (i32.const 0) $indirect)
  (func $large (export "large") (param i64) (result i64)
"#,
    );
    // Locals that are used after the call, so that the frame has to hold them.
    for index in 1..600 {
        let _ = writeln!(text, "    (local $l{index} i64)");
    }
    for index in 1..600 {
        let _ = writeln!(text, "    (local.set $l{index} (i64.mul (local.get 0) (i64.const {index})))");
    }
    text.push_str("    (call $large (i64.add (local.get 0) (i64.const 1)))\n");
    for index in 1..600 {
        let _ = writeln!(text, "    (i64.xor (local.get $l{index}))");
    }
    text.push_str(
        r#"  )
)
(register "base")
(module $other
  (import "base" "table" (table 4 funcref))
  (import "base" "far" (func $far))
  (func $back (call $far))
  (func (export "back") (call $back))
  (elem (i32.const 1) $back))
"#,
    );
    for _ in 0..3 {
        for name in ["self", "indirect", "far", "results", "counting"] {
            let _ = writeln!(text, "(assert_exhaustion (invoke $base \"{name}\") \"call stack exhausted\")");
        }
        text.push_str(
            r#"(assert_exhaustion (invoke $base "large" (i64.const 1)) "call stack exhausted")
(assert_exhaustion (invoke $base "deep" (i32.const -1)) "call stack exhausted")
(assert_exhaustion (invoke $other "back") "call stack exhausted")
(assert_return (invoke $base "was deep") (i32.const 1))
(invoke $base "reset")
(assert_return (invoke $base "deep" (i32.const 100)) (i32.const 100))
"#,
        );
    }
    text
}
