//! Modules that packages carry as wasm already, from other toolchains: AssemblyScript, Rust, Emscripten. They are libraries,
//! so each test is the host that they expect, and other code says what is right.

use crate::cache;
use crate::ground::{Ground, Outcome};
use crate::programs::{Both, generated};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use stilt::{Caller, Global, Instance, Linker, Memory, Store};
use stilt_corpus_tests::{Native, npm};

const GROUNDS: [Ground; 3] = [Ground::Hardware, Ground::Explicit, Ground::Pulley];

/// What a host function of these tests notes.
type Notes = Vec<[i32; 10]>;

/// A module's instance, with the few functions that any of these modules asks for.
struct Library {
    store: Store<Notes>,
    instance: Instance,
    memory: Memory,
}

impl Library {
    fn new(ground: Ground, wasm: &[u8]) -> Outcome<Library> {
        let module = ground.load(wasm)?;
        let mut linker = Linker::new(module.engine());
        // AssemblyScript's: a failed assertion.
        linker.func_wrap("env", "abort", |_: Caller<'_, Notes>, _: i32, _: i32, line: i32, _: i32| -> Outcome {
            Err(stilt::Error::msg(format!("it gave up in line {line}")))
        })?;
        // Emscripten's: views of memory are stale now. Here there are none.
        linker.func_wrap("env", "emscripten_notify_memory_growth", |_: Caller<'_, Notes>, _: i32| {})?;
        // The source map library's: one mapping.
        linker.func_wrap(
            "env",
            "mapping_callback",
            |mut caller: Caller<'_, Notes>,
             line: i32,
             column: i32,
             a: i32,
             b: i32,
             original: i32,
             source: i32,
             original_line: i32,
             original_column: i32,
             named: i32,
             name: i32| {
                let note = [line, column, a, b, original, source, original_line, original_column, named, name];
                caller.data_mut().push(note);
            },
        )?;
        let mut store = Store::new(module.engine(), Notes::new());
        let instance = linker.instantiate(&mut store, &module)?;
        let memory = instance.get_memory(&mut store, "memory").ok_or_else(|| stilt::Error::msg("no memory"))?;
        Ok(Library { store, instance, memory })
    }

    /// Calls a function that takes `i32`s and gives one.
    fn call<P: stilt::WasmParams>(&mut self, name: &str, params: P) -> Outcome<i32> {
        self.instance.get_typed_func::<P, i32>(&mut self.store, name)?.call(&mut self.store, params)
    }

    /// Calls a function that gives nothing.
    fn order<P: stilt::WasmParams>(&mut self, name: &str, params: P) -> Outcome {
        self.instance.get_typed_func::<P, ()>(&mut self.store, name)?.call(&mut self.store, params)
    }

    /// The place, or the number, that a global names.
    fn global(&mut self, name: &str) -> Outcome<usize> {
        let global: Option<Global> = self.instance.get_global(&mut self.store, name);
        let value = global.and_then(|global| global.get(&mut self.store).i32());
        Ok(usize::try_from(value.ok_or_else(|| stilt::Error::msg(format!("no number {name}")))?)?)
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Outcome {
        Ok(self.memory.write(&mut self.store, at, bytes)?)
    }

    fn read(&mut self, at: usize, len: usize) -> Outcome<Vec<u8>> {
        let mut bytes = vec![0; len];
        self.memory.read(&self.store, at, &mut bytes)?;
        Ok(bytes)
    }
}

/// The folder with npm's packages, installed once for all tests.
fn packages() -> Outcome<&'static PathBuf> {
    static PACKAGES: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let installed = PACKAGES.get_or_init(|| npm(&cache().join("npm")).map_err(|error| error.to_string()));
    installed.as_ref().map_err(stilt::Error::msg)
}

/// The hexadecimal SHA-256 of some bytes, by a program of ours that was built for this machine.
fn sha256(bytes: &[u8]) -> Outcome<String> {
    let native = Native::build(&cache().join("digest"))?;
    let output = native.run("digest", &["sha256".into()], &[], bytes)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let digest = text.split_whitespace().find(|word| word.len() == 64);
    digest.map(ToOwned::to_owned).ok_or_else(|| stilt::Error::msg(format!("no digest in {text:?}")))
}

/// AssemblyScript. The package holds its module as a list of numbers.
#[test]
#[ignore = "needs npm, and the registry: cargo xtask test"]
fn as_sha256_hashes() -> Outcome {
    let text = fs::read_to_string(packages()?.join("@chainsafe/as-sha256/lib/wasmCode.js"))?;
    let list = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    let numbers = list.split(',').map(str::trim).filter(|number| !number.is_empty());
    let wasm: Vec<u8> = numbers.map(str::parse).collect::<Result<_, _>>()?;
    let all = generated("noise", "5000")?;
    for ground in GROUNDS {
        let mut library = Library::new(ground, &wasm)?;
        let (input, output) = (library.global("input")?, library.global("output")?);
        let room = library.global("INPUT_LENGTH")?;
        for length in [0, 1, 55, 56, 63, 64, 65, 119, 128, 1000, all.len()] {
            let bytes = all.get(..length).unwrap_or(&[]);
            library.order("init", ())?;
            for chunk in bytes.chunks(room) {
                library.write(input, chunk)?;
                library.order("update", (i32::try_from(input)?, i32::try_from(chunk.len())?))?;
            }
            library.order("final", i32::try_from(output)?)?;
            let found: String = library.read(output, 32)?.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, sha256(bytes)?, "{length} bytes on {ground:?}");
        }
    }
    Ok(())
}

/// AssemblyScript. The key, nonce and bytes of RFC 8439, section 2.4.2.
#[test]
#[ignore = "needs npm, and the registry: cargo xtask test"]
fn as_chacha20_encrypts() -> Outcome {
    let wasm = fs::read(packages()?.join("@chainsafe/as-chacha20poly1305/build/optimized.wasm"))?;
    let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
    let key: Vec<u8> = (0..32).collect();
    let counter = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x4a, 0, 0, 0, 0];
    let begins = [0x6e, 0x2e, 0x35, 0x9a, 0x25, 0x68, 0xf9, 0x80, 0x41, 0xba, 0x07, 0x28, 0xdd, 0x0d, 0x69, 0x81];
    let ends =
        [0x5a, 0xf9, 0x0b, 0xbf, 0x74, 0xa3, 0x5b, 0xe6, 0xb4, 0x0b, 0x8e, 0xed, 0xf2, 0x78, 0x5e, 0x42, 0x87, 0x4d];
    for ground in GROUNDS {
        let mut library = Library::new(ground, &wasm)?;
        let (at_key, at_counter) = (library.global("chacha20Key")?, library.global("chacha20Counter")?);
        let (input, output) = (library.global("chacha20Input")?, library.global("chacha20Output")?);
        let mut code = |bytes: &[u8]| -> Outcome<Vec<u8>> {
            library.write(at_key, &key)?;
            library.write(at_counter, &counter)?;
            library.write(input, bytes)?;
            let length = library.call("chacha20StreamXORUpdate", i32::try_from(bytes.len())?)?;
            library.read(output, usize::try_from(length)?)
        };
        let secret = code(plain)?;
        assert!(secret.starts_with(&begins) && secret.ends_with(&ends), "{ground:?}: {secret:02x?}");
        assert_eq!(code(&secret)?, plain, "{ground:?}");
    }
    Ok(())
}

/// Rust. What it says of a map is compared with a decoder of our own.
#[test]
#[ignore = "needs npm, and the registry: cargo xtask test"]
fn source_map_decodes_mappings() -> Outcome {
    let wasm = fs::read(packages()?.join("source-map/lib/mappings.wasm"))?;
    let map = mappings(20_000);
    let expected = decode(&map);
    for ground in GROUNDS {
        let mut library = Library::new(ground, &wasm)?;
        let at = library.call("allocate_mappings", i32::try_from(map.len())?)?;
        library.write(usize::try_from(at)?, map.as_bytes())?;
        let parsed = library.call("parse_mappings", at)?;
        assert_ne!(parsed, 0, "{ground:?}");
        library.order("by_generated_location", parsed)?;
        let found = core::mem::take(library.store.data_mut());
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected, "{ground:?}");
        }
        library.order("compute_column_spans", parsed)?;
        library.order("by_original_location", parsed)?;
        let mut sorted = core::mem::take(library.store.data_mut());
        assert_eq!(sorted.len(), expected.iter().filter(|mapping| mapping[4] == 1).count());
        let place = |mapping: &[i32; 10]| (mapping[5], mapping[6], mapping[7]);
        assert!(sorted.is_sorted_by_key(place), "{ground:?}");
        sorted.dedup_by_key(|mapping| place(mapping));
        assert!(sorted.len() > 1000);
        library.order("free_mappings", parsed)?;

        for wrong in ["A!", "AA", "AAAA;D"] {
            let at = library.call("allocate_mappings", i32::try_from(wrong.len())?)?;
            library.write(usize::try_from(at)?, wrong.as_bytes())?;
            assert_eq!(library.call("parse_mappings", at)?, 0, "{wrong} on {ground:?}");
            assert!(library.call("get_last_error", ())? > 0, "{wrong} on {ground:?}");
        }
    }
    Ok(())
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A map of so many segments, all kinds of them, none of which leads before a beginning.
fn mappings(count: u32) -> String {
    let mut text = String::new();
    let mut random: u32 = 1;
    let mut below = |limit: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i64::from((random >> 8) % limit)
    };
    for index in 0..count {
        match index {
            0 => {}
            _ if index % 7 == 0 => text.push(';'),
            _ => text.push(','),
        }
        vlq(&mut text, 1 + below(40));
        if index % 5 != 4 {
            vlq(&mut text, i64::from(index % 1000 == 500));
            vlq(&mut text, below(3));
            vlq(&mut text, if index % 2 == 0 { 30 + below(2000) } else { -below(30) });
            if index % 3 == 0 {
                vlq(&mut text, i64::from(index % 4 == 0));
            }
        }
    }
    text
}

fn vlq(text: &mut String, value: i64) {
    let mut bits = value.unsigned_abs() << 1 | u64::from(value < 0);
    loop {
        let more = if bits > 31 { 32 } else { 0 };
        let digit = usize::try_from(bits & 31 | more).unwrap_or(0);
        text.push(char::from(DIGITS[digit]));
        bits >>= 5;
        if bits == 0 {
            break;
        }
    }
}

/// The mappings of a map, as the library's callback is told them.
fn decode(map: &str) -> Notes {
    let mut notes = Notes::new();
    let mut last = [0_i32; 5];
    for (line, segments) in (0..).zip(map.split(';')) {
        last[0] = 0;
        for segment in segments.split(',').filter(|segment| !segment.is_empty()) {
            let (mut fields, mut value, mut shift) = (0, 0_u32, 0);
            for digit in segment.bytes() {
                let digit = DIGITS.iter().position(|known| *known == digit).unwrap_or(0);
                value |= (u32::try_from(digit).unwrap_or(0) & 31) << shift;
                shift += 5;
                if digit & 32 == 0 {
                    let magnitude = i32::try_from(value >> 1).unwrap_or(i32::MAX);
                    last[fields] += if value & 1 == 1 { -magnitude } else { magnitude };
                    (fields, value, shift) = (fields + 1, 0, 0);
                }
            }
            let [column, source, original_line, original_column, name] = last;
            notes.push(match fields {
                1 => [line, column, 0, 0, 0, 0, 0, 0, 0, 0],
                4 => [line, column, 0, 0, 1, source, original_line, original_column, 0, 0],
                _ => [line, column, 0, 0, 1, source, original_line, original_column, 1, name],
            });
        }
    }
    notes
}

/// Emscripten. What a native build of the library's own sources compressed comes out again.
#[test]
#[ignore = "needs clang for wasm, npm, and the registries: cargo xtask test"]
fn zstddec_decompresses() -> Outcome {
    let text = fs::read_to_string(packages()?.join("zstddec/dist/zstddec.mjs"))?;
    let begin = text.find("AGFzbQ").ok_or_else(|| stilt::Error::msg("no module in it"))?;
    let module = text.get(begin..).and_then(|rest| rest.split(['"', '\'', '`']).next()).unwrap_or("");
    let wasm = base64(module);
    let both = Both::build("zstd")?;
    let folder = tempfile::tempdir()?;
    for ground in GROUNDS {
        let mut library = Library::new(ground, &wasm)?;
        for (kind, count, level) in [("text", "300000", "19"), ("table", "100000", "1"), ("noise", "100000", "3")] {
            let plain = generated(kind, count)?;
            let packed = both.natively(&["c", level], &plain, folder.path())?.stdout;
            let (from, room) = (i32::try_from(packed.len())?, i32::try_from(plain.len())?);
            let at = library.call("malloc", from)?;
            let to = library.call("malloc", room)?;
            library.write(usize::try_from(at)?, &packed)?;
            let made = library.call("ZSTD_decompress", (to, room, at, from))?;
            assert_eq!(made, room, "{kind} on {ground:?}");
            assert!(library.read(usize::try_from(to)?, plain.len())? == plain, "{kind} on {ground:?}");
            // Cut off, it is an error: a negative number.
            assert!(library.call("ZSTD_decompress", (to, room, at, from - 1))? < 0);
            library.order("free", at)?;
            library.order("free", to)?;
        }
    }
    Ok(())
}

fn base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in text.bytes().map_while(|byte| DIGITS.iter().position(|known| *known == byte)) {
        bits = bits << 6 | u32::try_from(digit).unwrap_or(0);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    bytes
}
