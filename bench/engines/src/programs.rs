//! The real programs of `tests/corpus`, ours and those from package registries, and the host they talk to: the same code for
//! both engines.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::PathBuf;
use stilt_corpus_tests::{Crates, Go, Ground, PROGRAMS as BUILT};

/// What `proc_exit` returns through the guest.
#[derive(Debug)]
pub(crate) struct Ended;

impl core::fmt::Display for Ended {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the program has ended")
    }
}

impl core::error::Error for Ended {}

/// What a program sees.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host {
    pub(crate) args: Vec<String>,
    pub(crate) input: Vec<u8>,
    pub(crate) read: usize,
    pub(crate) out: Vec<u8>,
    /// Nanoseconds; each look at the clock takes one microsecond, on every engine.
    pub(crate) now: u64,
    /// What was drawn last by chance, which is the same in every run.
    pub(crate) chance: u8,
}

fn put(bytes: &mut [u8], at: u32, value: &[u8]) -> Option<()> {
    let at = at as usize;
    bytes.get_mut(at..at.checked_add(value.len())?)?.copy_from_slice(value);
    Some(())
}

fn word(bytes: &[u8], at: u32) -> Option<u32> {
    let at = at as usize;
    let word = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(word.try_into().ok()?))
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

impl Host {
    pub(crate) fn put_sizes(&self, bytes: &mut [u8], count: i32, size: i32) -> Option<()> {
        put(bytes, count.cast_unsigned(), &number(self.args.len()))?;
        put(bytes, size.cast_unsigned(), &number(self.args.iter().map(|arg| arg.len() + 1).sum()))
    }

    pub(crate) fn put_args(&self, bytes: &mut [u8], list: i32, text: i32) -> Option<()> {
        let (mut list, mut text) = (list.cast_unsigned(), text.cast_unsigned());
        for arg in &self.args {
            put(bytes, list, &text.to_le_bytes())?;
            put(bytes, text, arg.as_bytes())?;
            text += u32::try_from(arg.len()).ok()?;
            put(bytes, text, &[0])?;
            (list, text) = (list + 4, text + 1);
        }
        Some(())
    }

    pub(crate) fn put_time(&mut self, bytes: &mut [u8], to: i32) -> Option<()> {
        self.now += 1000;
        put(bytes, to.cast_unsigned(), &self.now.to_le_bytes())
    }

    pub(crate) fn put_random(&mut self, bytes: &mut [u8], to: i32, len: i32) -> Option<()> {
        let (to, len) = (to.cast_unsigned() as usize, len.cast_unsigned() as usize);
        for byte in bytes.get_mut(to..to.checked_add(len)?)? {
            self.chance = self.chance.wrapping_mul(181).wrapping_add(59);
            *byte = self.chance;
        }
        Some(())
    }

    /// The first thing that is waited for happens, and nobody waits for it: the clock jumps.
    pub(crate) fn put_event(&mut self, bytes: &mut [u8], asked: i32, to: i32, count: i32) -> Option<()> {
        let at = asked.cast_unsigned() as usize;
        let asked: [u8; 48] = bytes.get(at..at.checked_add(48)?)?.try_into().ok()?;
        if asked[8] == 0 {
            let by = u64::from_le_bytes(asked.get(24..32)?.try_into().ok()?);
            let absolute = asked[40] & 1 == 1;
            self.now = if absolute { self.now.max(by) } else { self.now.checked_add(by)? };
        }
        let mut event = [0; 32];
        event.get_mut(..8)?.copy_from_slice(asked.get(..8)?);
        event[10] = asked[8];
        put(bytes, to.cast_unsigned(), &event)?;
        put(bytes, count.cast_unsigned(), &[1, 0, 0, 0])
    }

    pub(crate) fn put_nothing(bytes: &mut [u8], count: i32, size: i32) -> Option<()> {
        put(bytes, count.cast_unsigned(), &[0; 4])?;
        put(bytes, size.cast_unsigned(), &[0; 4])
    }

    /// A descriptor of an unknown kind, with all rights.
    pub(crate) fn put_status(bytes: &mut [u8], to: i32) -> Option<()> {
        let to = to.cast_unsigned();
        put(bytes, to, &[0; 8])?;
        put(bytes, to.checked_add(8)?, &[0xff; 16])
    }

    pub(crate) fn read(&mut self, bytes: &mut [u8], list: i32, len: i32, done: i32) -> Option<()> {
        let mut total = 0;
        for i in 0..len.cast_unsigned() {
            let at = list.cast_unsigned().checked_add(i * 8)?;
            let (place, size) = (word(bytes, at)?, word(bytes, at + 4)? as usize);
            let rest = self.input.get(self.read..)?;
            let part = rest.get(..size.min(rest.len()))?;
            put(bytes, place, part)?;
            total += part.len();
            self.read += part.len();
        }
        put(bytes, done.cast_unsigned(), &number(total))
    }

    pub(crate) fn write(&mut self, bytes: &mut [u8], list: i32, len: i32, done: i32) -> Option<()> {
        let mut total = 0;
        for i in 0..len.cast_unsigned() {
            let at = list.cast_unsigned().checked_add(i * 8)?;
            let (place, size) = (word(bytes, at)? as usize, word(bytes, at + 4)? as usize);
            self.out.extend_from_slice(bytes.get(place..place.checked_add(size)?)?);
            total += size;
        }
        put(bytes, done.cast_unsigned(), &number(total))
    }
}

/// One run of a program.
pub(crate) struct Program {
    /// The row's name.
    pub(crate) name: &'static str,
    /// The wasm, without its ending.
    pub(crate) wasm: &'static str,
    pub(crate) args: &'static [&'static str],
    pub(crate) input: Source,
}

/// Where a program's input comes from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Nothing,
    /// `generate` with these arguments; the size is the second, smaller on Pulley.
    Made(&'static str),
    /// The same, compressed.
    Packed(&'static str),
    /// This text with a number for COUNT; the number is the second, smaller on Pulley.
    Script(&'static str, u32),
}

/// The optimisation level of programs in C that are built from packages here; the others are committed, or say it themselves.
const LEVEL: &str = "-O2";

pub(crate) const PROGRAMS: [Program; 12] = [
    Program { name: "generate text", wasm: "generate", args: &["text"], input: Source::Nothing },
    Program { name: "squeeze c", wasm: "squeeze", args: &["c"], input: Source::Made("text") },
    Program { name: "squeeze d", wasm: "squeeze", args: &["d"], input: Source::Packed("text") },
    Program { name: "digest", wasm: "digest", args: &[], input: Source::Made("noise") },
    Program { name: "digest-simd", wasm: "digest-simd", args: &[], input: Source::Made("noise") },
    Program { name: "text words", wasm: "text", args: &["words", "20"], input: Source::Made("text") },
    Program {
        name: "text grep",
        wasm: "text",
        args: &["grep", "^(K|G)[a-z]+ .*(ou|ai)+(ng|ck)\\.$"],
        input: Source::Made("text"),
    },
    Program { name: "text column", wasm: "text", args: &["column", "2"], input: Source::Made("table") },
    Program { name: "text sort", wasm: "text", args: &["sort"], input: Source::Made("table") },
    Program {
        name: "SQLite",
        wasm: "sqlite",
        args: &[":memory:"],
        input: Source::Script(include_str!("../scripts/queries.sql"), 12_000),
    },
    Program {
        name: "QuickJS",
        wasm: "javascript",
        args: &[],
        input: Source::Script(include_str!("../scripts/script.js"), 12_000),
    },
    Program { name: "Go words", wasm: "gopher", args: &["words"], input: Source::Made("text") },
];

/// The wasm of a program. What comes from a registry is fetched and built where the corpus' tests keep theirs.
pub(crate) fn wasm(name: &str) -> Result<Vec<u8>> {
    let cache = || -> Result<PathBuf> {
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).context("this program is in no target folder")?;
        Ok(target.join("tmp/packages"))
    };
    if let Some(program) = BUILT.iter().find(|program| program.name == name) {
        return Ok(fs::read(program.build(Ground::Wasm, LEVEL, &Crates::fetch()?, &cache()?)?)?);
    }
    if name == "gopher" {
        return Ok(fs::read(Go::fetch(&cache()?.join("go"))?.build(name, Ground::Wasm)?)?);
    }
    stilt_corpus_tests::wasm(name).with_context(|| name.to_owned())
}
