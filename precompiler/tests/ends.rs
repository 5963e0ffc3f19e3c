//! What stands at the end of a function: blocks that came to be empty, and constants behind them, which are no code.

use stilt_precompiler::{FloatMode, Options, Precompiler};

/// Loops whose heads are led to from a table: the jumps of some ways come to be empty blocks. In front stand `stores`, by which the end
/// of the code moves, as constants are aligned; and something of the constant `wide`.
fn module(stores: usize, table: &str, wide: &str) -> String {
    let stores: String =
        (0..stores).map(|n| format!("(i32.store (i32.const {}) (i32.const {}))", n * 4, n * 7 % 5)).collect();
    format!(
        r#"(module (import "" "f" (func $f (param i32) (result i32))) (memory 1)
            (func (export "g")
                (loop $a
                    {wide} {stores}
                    (loop $b
                        (drop (call $f (i32.const 2)))
                        (loop $c (br_table {table} (call $f (i32.const 1))))))))"#
    )
}

fn compiles(target: &str, float: Option<FloatMode>, wide: &str) {
    let mut options = Options::default();
    options.target = target.to_owned();
    options.float = float;
    options.verify = true;
    let precompiler = Precompiler::new(options).expect("options that fit");
    for table in ["$a $b $c $b", "$b $b $c $a", "$a $a $b $c", "$c $a $a $a"] {
        for stores in 0..20 {
            let text = module(stores, table, wide);
            let wasm = wat::parse_str(&text).expect("good text");
            if let Err(error) = precompiler.compile(&wasm) {
                panic!("{target}: {error}: {text}");
            }
        }
    }
}

#[test]
fn constants_behind_an_empty_block_are_not_verified() {
    for target in ["x86_64", "aarch64", "riscv64", "s390x"] {
        compiles(target, Some(FloatMode::None), "(i64.store (i32.const 8) (i64.const 0x1123456789abcdef))");
    }
}

#[test]
fn constants_behind_an_empty_block_are_not_shortened() {
    // A jump back by five bytes, and what is no instruction at all.
    for bytes in
        ["0xe9 0xfb 0xff 0xff 0xff 0xe9 0xfb 0xff 0xff 0xff", "0x06 0x06 0x06 0x06 0x06 0x06 0x06 0x06 0x06 0x06"]
    {
        let wide = format!("(v128.store (i32.const 8) (v128.const i8x16 {bytes} 1 2 3 4 5 6))");
        compiles("x86_64", None, &wide);
    }
}
