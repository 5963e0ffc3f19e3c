//! Which programs run on which input.

use crate::native::Native;
use std::io;

/// Where a run's standard input comes from.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// As it stands here.
    Bytes(&'static [u8]),
    /// What `generate` prints with these arguments.
    Made(&'static [&'static str]),
    /// The same, compressed.
    Packed(&'static [&'static str]),
    /// The same, cut off one byte before its end.
    Cut(&'static [&'static str]),
    /// The same, with one byte in the middle changed.
    Damaged(&'static [&'static str]),
}

impl Input {
    /// The bytes, made by the native builds.
    ///
    /// # Errors
    /// If a native build does not run.
    pub fn bytes(self, native: &Native) -> io::Result<Vec<u8>> {
        match self {
            Input::Bytes(bytes) => Ok(bytes.to_vec()),
            Input::Made(args) => {
                let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                Ok(native.run("generate", &args, &[], b"")?.stdout)
            }
            Input::Packed(args) => {
                let raw = Input::Made(args).bytes(native)?;
                Ok(native.run("squeeze", &["c".into()], &[], &raw)?.stdout)
            }
            Input::Cut(args) => {
                let mut packed = Input::Packed(args).bytes(native)?;
                packed.pop();
                Ok(packed)
            }
            Input::Damaged(args) => {
                let mut packed = Input::Packed(args).bytes(native)?;
                let middle = packed.len() / 2;
                if let Some(byte) = packed.get_mut(middle) {
                    *byte ^= 0x10;
                }
                Ok(packed)
            }
        }
    }
}

/// One run of a program.
#[derive(Clone, Debug)]
pub struct Case {
    /// The program's wasm.
    pub program: &'static str,
    /// Its arguments, without its name.
    pub args: &'static [&'static str],
    /// Its standard input.
    pub input: Input,
    /// The exit status that it must give, here and natively.
    pub status: i32,
}

const TEXT: &[&str] = &["text", "200000"];
const TABLE: &[&str] = &["table", "200000", "7"];
const NOISE: &[&str] = &["noise", "50000", "3"];
const NOTHING: Input = Input::Bytes(b"");

/// Numbers that `strtod` and `printf` must agree on everywhere.
const ODD_NUMBERS: Input =
    Input::Bytes(b"1e308\n-4.9e-324 x\n0x1p-3\ninf\nnan\n.5\n1e400\n123456789012345678901234567890\n-0\n1e-400\n");

/// All runs, in an order that puts cheap ones first within a program.
pub fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    let mut add = |program, args, input, status| all.push(Case { program, args, input, status });

    for kind in [&["text", "200000"], &["table", "200000"], &["noise", "200000"]] {
        add("generate", kind, NOTHING, 0);
    }
    add("generate", &["text", "1", "99"], NOTHING, 0);
    add("generate", &[], NOTHING, 2);

    for input in [NOTHING, Input::Bytes(b"a"), Input::Made(TEXT), Input::Made(TABLE), Input::Made(NOISE)] {
        add("squeeze", &["c"], input, 0);
        add("squeeze", &["t"], input, 0);
    }
    add("squeeze", &["d"], Input::Packed(TEXT), 0);
    add("squeeze", &["d"], Input::Packed(NOISE), 0);
    add("squeeze", &["d"], Input::Cut(TEXT), 2);
    add("squeeze", &["d"], Input::Damaged(TEXT), 2);
    add("squeeze", &["d"], Input::Damaged(NOISE), 2);
    add("squeeze", &["d"], NOTHING, 2);
    add("squeeze", &["x"], NOTHING, 1);

    for program in ["digest", "digest-simd"] {
        add(program, &["--self-test"], NOTHING, 0);
        for input in [NOTHING, Input::Made(TEXT), Input::Made(NOISE)] {
            add(program, &[], input, 0);
        }
        add(program, &["crc32", "sha256"], Input::Made(TABLE), 0);
        add(program, &["md5"], NOTHING, 1);
    }

    add("text", &["words", "20"], Input::Made(TEXT), 0);
    add("text", &["words"], NOTHING, 1);
    add("text", &["grep", "^(K|G)[a-z]+ .*(ou|ai)+(ng|ck)\\.$"], Input::Made(TEXT), 0);
    add("text", &["grep", "[0-9]9,-?0\\.(1|2)+"], Input::Made(TABLE), 0);
    add("text", &["grep", "zzzz"], Input::Made(TEXT), 1);
    add("text", &["grep", "(("], Input::Made(TEXT), 2);
    add("text", &["column", "1"], Input::Made(TABLE), 1);
    add("text", &["column", "2"], Input::Made(TABLE), 0);
    add("text", &["column", "3"], Input::Made(TABLE), 0);
    add("text", &["column", "1"], ODD_NUMBERS, 0);
    add("text", &["sort"], Input::Made(TABLE), 0);
    add("text", &["date", "0", "951782400", "-1", "4102444800", "253402300799"], NOTHING, 0);
    add("text", &["date", "x"], NOTHING, 2);
    add("text", &[], NOTHING, 2);
    all
}
