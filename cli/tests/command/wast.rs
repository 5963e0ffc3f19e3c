//! `stilt wast`.

use crate::support::Folder;

const GOOD: &str = r#"
    (module (func (export "half") (param i32) (result i32) (i32.div_u (i32.const 100) (local.get 0))))
    (assert_return (invoke "half" (i32.const 2)) (i32.const 50))
    (assert_trap (invoke "half" (i32.const 0)) "integer divide by zero")
    (assert_invalid (module (func (result i32))) "type mismatch")"#;

#[test]
fn scripts_pass_on_every_ground() {
    let folder = Folder::new();
    folder.file("good.wast", GOOD);
    for options in [&[][..], &["--traps", "explicit", "--memory", "movable"], &["--target", "pulley64"]] {
        let ran = folder.stilt(&[&["wast", "good.wast", "good.wast"], options].concat()).succeeds();
        assert_eq!(ran.stdout.matches("good.wast: 3 passed, 0 failed\n").count(), 2, "{ran:?}");
    }
}

#[test]
fn a_failed_assertion_is_a_failure_with_its_place() {
    let folder = Folder::new();
    folder.file("bad.wast", GOOD.replace("50", "51"));
    let ran = folder.stilt(&["wast", "bad.wast"]).ends(1);
    assert!(ran.stdout.contains("2 passed, 1 failed"), "{ran:?}");
    assert!(ran.stderr.contains("bad.wast:3"), "{ran:?}");
    folder.file("broken.wast", "(module (func");
    folder.stilt(&["wast", "broken.wast"]).fails_at_length(&["broken.wast"]);
    folder.stilt(&["wast", "missing.wast"]).fails(&["cannot read missing.wast"]);
}
