//! Small modules that the measurements are made of, and a large one.

use anyhow::Result;
use core::fmt::Write as _;

/// Nothing but one function.
pub(crate) const TINY: &str =
    r#"(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))"#;

/// A memory of one page, without data.
pub(crate) const MEMORY: &str = r#"(module (memory (export "memory") 1) (func (export "load") (param i32) (result i32)
    local.get 0 i32.load))"#;

/// Calls in both directions.
pub(crate) const CALLS: &str = r#"(module
    (import "host" "f" (func $f (param i32) (result i32)))
    (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    (func (export "to-host") (param $n i32) (result i32) (local $x i32)
        (loop $again
            (local.set $x (call $f (local.get $x)))
            (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        local.get $x))"#;

/// Calls that trap.
pub(crate) const TRAPS: &str = r#"(module (memory 1)
    (func (export "unreachable") unreachable)
    (func (export "access") (drop (i32.load (i32.const -8))))
    (func (export "divide") (drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))))"#;

/// Pages of [`with_data`], and bytes of its data.
pub(crate) const DATA_PAGES: usize = 4;
pub(crate) const DATA_BYTES: usize = 64 << 10;

/// A module with data in its memory.
pub(crate) fn with_data() -> Result<Vec<u8>> {
    let text: String = (0..DATA_BYTES).map(|i| char::from(b'a' + u8::try_from(i * 7 % 26).unwrap_or(0))).collect();
    binary(&format!("(module (memory (export \"memory\") {DATA_PAGES}) (data (i32.const 4096) \"{text}\"))"))
}

/// Functions of the large module: about 3 MB of artifact.
pub(crate) const LARGE: u32 = 6000;

/// A module with this many functions, no two alike, which call each other, loop, load and store.
pub(crate) fn large(functions: u32) -> Result<Vec<u8>> {
    let mut text = String::from("(module (memory (export \"memory\") 16) (global $g (mut i32) (i32.const 1))\n");
    for i in 0..functions {
        let callee = if i == 0 { 0 } else { i * 7 % i };
        let (a, b, c) = (i * 37 % 4093, i * 11 % 61, i % 31);
        write!(
            text,
            "(func $f{i} (export \"f{i}\") (param $p i32) (param $q i32) (result i32) (local $i i32) (local $s i32)
            (if (i32.eqz (local.get $p)) (then (return (i32.const {a}))))
            (local.set $i (i32.const {b}))
            (loop $l
                (local.set $s (i32.add (local.get $s) (i32.load offset={a} (i32.and (local.get $i) (i32.const 65535)))))
                (i32.store offset={b} (i32.and (local.get $s) (i32.const 65532)) (i32.mul (local.get $q) (i32.const {a})))
                (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $p))))
            (block $b (block $c (block $d (br_table $b $c $d (i32.rem_u (local.get $s) (i32.const 3))))
                (global.set $g (i32.rotl (global.get $g) (i32.const {c}))))
                (local.set $s (i32.xor (local.get $s) (i32.const {a}))))
            (i32.add (local.get $s) (call $f{callee} (i32.shr_u (local.get $p) (i32.const 1)) (local.get $s))))\n"
        )?;
    }
    text.push(')');
    binary(&text)
}

/// A module in its binary form.
pub(crate) fn binary(text: &str) -> Result<Vec<u8>> {
    Ok(wat::parse_str(text)?)
}
