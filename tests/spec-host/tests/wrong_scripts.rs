//! The player fails what has to fail: a suite that cannot fail shows nothing.

use stilt_platform_linux as _;
use stilt_precompiler::{Options, Precompiler};
use stilt_spec_host::run;
use stilt_spec_player::Summary;

/// Every command from line 13 on is wrong, and what its report has to contain stands behind it.
const WAST: &str = r#"(module $M
  (func (export "one") (result i32) i32.const 1)
  (func (export "trap") unreachable)
  (func (export "nan") (result f32) f32.const nan)
  (func (export "run"))
  (table (export "t") 1 externref)
  (global (export "g") i32 (i32.const 5)))
(register "M")
(invoke "run")
(assert_return (invoke $M "one") (either (i32.const 3) (i32.const 1)))
(assert_return (get "g") (i32.const 5))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_return (invoke "one") (i32.const 2))  ;; result 0: expected (i32.const 0x2), found (i32.const 0x1)
(assert_return (invoke "one"))  ;; expected 0 results, found 1
(assert_return (invoke "missing"))  ;; no export "missing"
(assert_return (get "t"))  ;; no export "t"
(assert_return (invoke "nan") (f32.const nan:0x400001))  ;; found (f32 bits 0x7fc00000)
(assert_return (get "g") (either (i32.const 6) (i32.const 7)))  ;; expected (i32.const 0x6) or (i32.const 0x7)
(assert_return (invoke "one") (i64.const 1))  ;; expected (i64.const 0x1)
(assert_return (invoke "one" (i32.const 1)) (i32.const 1))  ;; expected success
(assert_return (invoke "trap"))  ;; expected success
(invoke "trap")  ;; expected success
(assert_trap (invoke "run") "unreachable")  ;; found success
(assert_trap (invoke "trap") "integer divide by zero")  ;; expected "integer divide by zero"
(assert_exhaustion (invoke "trap") "call stack exhausted")  ;; expected "call stack exhausted"
(assert_trap (module) "unreachable")  ;; found success
(assert_trap (module (import "x" "y" (func))) "unknown import")  ;; expected "unknown import"
(assert_unlinkable (module) "unknown import")  ;; found success
(assert_unlinkable (module (import "M" "one" (func))) "unknown import")  ;; expected "unknown import"
(assert_unlinkable (module (func $f unreachable) (start $f)) "unreachable")  ;; expected "unreachable"
(module (import "x" "y" (func)))  ;; expected success
(assert_return (invoke "anything"))  ;; not instantiated
"#;

const FIRST_WRONG: u32 = 13;

#[test]
fn wrong_commands_fail_and_say_why() {
    let precompiler = Precompiler::new(Options::default()).expect("the defaults are good");
    let outcome = run(WAST, "wrong.wast", &precompiler).expect("it runs");

    let wrong: Vec<(u32, &str)> = (1u32..).zip(WAST.lines()).filter(|(line, _)| *line >= FIRST_WRONG).collect();
    assert_eq!(outcome.failures.len(), wrong.len(), "{:#?}", outcome.failures);
    for ((line, text), failure) in wrong.iter().zip(&outcome.failures) {
        let (_, expected) = text.split_once(";; ").expect("each line says what is wrong");
        assert_eq!(*line, failure.line);
        assert!(failure.message.contains(expected), "{failure}");
    }
    assert_eq!(outcome.host.failures, []);
    assert_eq!(outcome.player, Summary { passed: 3, failed: wrong.len(), steps: 3 });
}
