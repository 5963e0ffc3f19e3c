//! Programs built from packages' C and C++ sources, and with a package's Go, beside native builds of the same.

use crate::cache;
use crate::ground::{Captured, Ground, Outcome, run};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use stilt::Module;
use stilt_corpus_tests::{Crates, Go, Ground as BuiltFor, Native, Output, PROGRAMS};

const GROUNDS: [Ground; 3] = [Ground::Hardware, Ground::Explicit, Ground::Pulley];

/// A program's two builds.
pub(crate) struct Both {
    name: &'static str,
    wasm: Vec<u8>,
    native: PathBuf,
}

impl Both {
    pub(crate) fn build(name: &str) -> Outcome<Both> {
        let program = PROGRAMS.iter().find(|program| program.name == name);
        let program = program.ok_or_else(|| stilt::Error::msg("no such program"))?;
        let crates = Crates::fetch()?;
        let native = program.build(BuiltFor::Native, "-O1", &crates, &cache())?;
        let wasm = fs::read(program.build(BuiltFor::Wasm, "-O1", &crates, &cache())?)?;
        Ok(Both { name: program.name, wasm, native })
    }

    fn build_go(name: &'static str) -> Outcome<Both> {
        let go = Go::fetch(&cache().join("go"))?;
        let native = go.build(name, BuiltFor::Native)?;
        Ok(Both { name, wasm: fs::read(go.build(name, BuiltFor::Wasm)?)?, native })
    }

    /// What the native build does, in this folder.
    pub(crate) fn natively(&self, args: &[&str], input: &[u8], folder: &Path) -> Outcome<Output> {
        let stdin = folder.join(".stdin");
        fs::write(&stdin, input)?;
        let mut command = Command::new(&self.native);
        command.args(args).env_clear().current_dir(folder).stdin(Stdio::from(File::open(&stdin)?));
        let output = command.output()?;
        fs::remove_file(stdin)?;
        let status = output.status.code().ok_or_else(|| stilt::Error::msg("a signal ended the native build"))?;
        Ok(Output { status, stdout: output.stdout, stderr: output.stderr })
    }

    /// Runs both on the same inputs, one after the other in one folder each, and compares all they do.
    #[track_caller]
    fn compare(&self, runs: &[(&[&str], &[u8], i32)]) -> Outcome {
        let folder = tempfile::tempdir()?;
        let mut expected = Vec::new();
        for (args, input, status) in runs {
            let output = self.natively(args, input, folder.path())?;
            assert_eq!(output.status, *status, "natively: {args:?}: {output:?}");
            expected.push(output);
        }
        for ground in GROUNDS {
            let module = ground.load(&self.wasm)?;
            let other = tempfile::tempdir()?;
            for ((args, input, _), expected) in runs.iter().zip(&expected) {
                let found = self.on(&module, args, input, other.path())?;
                assert_eq!(found, *expected, "{} {args:?} on {ground:?}", self.name);
            }
            assert_eq!(contents(other.path())?, contents(folder.path())?, "{} on {ground:?}: files", self.name);
        }
        Ok(())
    }

    fn on(&self, module: &Module, args: &[&str], input: &[u8], folder: &Path) -> Outcome<Output> {
        let args = args.iter().map(ToString::to_string).collect();
        run(module, Captured::new(self.name, args, input.to_vec(), Some(folder))?)
    }
}

/// Every file of a folder, and of those in it, by name.
fn contents(folder: &Path) -> Outcome<Vec<(PathBuf, Vec<u8>)>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.strip_prefix(folder).unwrap_or(&path).to_path_buf(), fs::read(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Bytes of a kind, made by a program of ours.
pub(crate) fn generated(kind: &str, count: &str) -> Outcome<Vec<u8>> {
    let native = Native::build(&cache().join(format!("generate-{kind}")))?;
    Ok(native.run("generate", &[kind.into(), count.into()], &[], b"")?.stdout)
}

#[test]
#[ignore = "needs clang for wasm, and the registry: cargo xtask test"]
fn bzip2_compresses_and_refuses() -> Outcome {
    let both = Both::build("bzip2")?;
    let folder = tempfile::tempdir()?;
    let text = generated("text", "300000")?;
    let noise = generated("noise", "100000")?;
    let packed = both.natively(&["c"], &text, folder.path())?.stdout;
    let mut damaged = packed.clone();
    if let Some(byte) = damaged.get_mut(1000) {
        *byte ^= 1;
    }
    both.compare(&[
        (&["c"], b"", 0),
        (&["c"], &text, 0),
        (&["c"], &noise, 0),
        (&["d"], &packed, 0),
        (&["d"], &damaged, 2),
        (&["d"], b"no such thing", 2),
    ])?;
    assert_eq!(both.natively(&["d"], &packed, folder.path())?.stdout, text);
    Ok(())
}

#[test]
#[ignore = "needs clang for wasm, and the registry: cargo xtask test"]
fn zstd_compresses_at_every_level() -> Outcome {
    let both = Both::build("zstd")?;
    let folder = tempfile::tempdir()?;
    let table = generated("table", "200000")?;
    let packed = both.natively(&["c", "19"], &table, folder.path())?.stdout;
    both.compare(&[
        (&["c", "1"], b"", 0),
        (&["c", "1"], &table, 0),
        (&["c", "3"], &table, 0),
        (&["c", "9"], &table, 0),
        (&["c", "19"], &table, 0),
        (&["c", "-5"], &table, 0),
        (&["d"], &packed, 0),
        (&["d"], packed.split_last().map_or(&[][..], |(_, rest)| rest), 2),
        (&["d"], &table, 2),
    ])
}

#[test]
#[ignore = "needs clang for wasm, and the registry: cargo xtask test"]
fn webp_compresses_pictures() -> Outcome {
    let both = Both::build("webp")?;
    let folder = tempfile::tempdir()?;
    let natively = |job: &str, input: &[u8]| both.natively(&[job], input, folder.path()).map(|output| output.stdout);
    let picture = natively("draw", b"")?;
    let (lossy, lossless) = (natively("75", &picture)?, natively("lossless", &picture)?);
    assert!(lossy.len() < lossless.len() && lossless.len() < picture.len());
    let mut damaged = lossless.clone();
    if let Some(byte) = damaged.get_mut(40) {
        *byte ^= 0xff;
    }
    both.compare(&[
        (&["draw"], b"", 0),
        (&["0"], &picture, 0),
        (&["75"], &picture, 0),
        (&["100"], &picture, 0),
        (&["lossless"], &picture, 0),
        (&["75"], b"", 2),
        (&["d"], &lossy, 0),
        (&["d"], &lossless, 0),
        (&["d"], &damaged, 2),
        (&["d"], lossless.get(..lossless.len() / 2).unwrap_or(&[]), 2),
        (&["d"], &picture, 2),
    ])
}

#[test]
#[ignore = "needs clang for wasm, and the registry: cargo xtask test"]
fn meshoptimizer_makes_the_same_meshes() -> Outcome {
    Both::build("mesh")?.compare(&[(&[], b"", 0)])
}

const SQL: &str = "
create table word (id integer primary key, text text not null, length int, ratio real);
create index by_length on word (length, text);
begin;
with recursive counter(n) as (select 1 union all select n + 1 from counter where n < 3000)
    insert into word select n, hex(n * n * 7919), length(hex(n * n)), n / 7.0 from counter;
commit;
select count(*), sum(length), max(text), round(avg(ratio), 6) from word;
select length, count(*), min(text), group_concat(id % 10, '') from word where id % 250 = 0 group by length order by 1;
select a.id, b.id from word a join word b on a.length = b.length and a.id = b.id * 3 where b.id between 500 and 503;
explain query plan select * from word where length = 6 and text > 'A';
begin; delete from word where id % 2; select changes(); rollback;
update word set text = lower(text), ratio = -ratio where id % 3 = 0;
select json_extract('{\"a\": [1, 2.5, {\"b\": null}]}', '$.a[1]'), printf('%08.3f|%x', 3.14159, 48879);
select text, row_number() over (order by length, text) from word where id % 600 = 0;
insert into word values (1, 'again', 0, 0);
select sum(ratio), 1e308 * 10, -1 / 0, 7 % 0, 9223372036854775807 + 1, cast('0x' as int) from word;
pragma integrity_check;
vacuum;
";

#[test]
#[ignore = "needs clang for wasm, and the registry: cargo xtask test"]
fn sqlite_writes_the_same_database() -> Outcome {
    let both = Both::build("sqlite")?;
    let again = "select count(*), total(ratio) from word; pragma integrity_check; drop table word; pragma page_count;";
    both.compare(&[
        (&["one.db"], SQL.as_bytes(), 1),
        (&["one.db"], again.as_bytes(), 0),
        (&[":memory:"], SQL.as_bytes(), 1),
        (&["one.db"], b"select * from nothing;", 1),
        (&["no/such/folder.db"], b"", 2),
    ])
}

const SCRIPT: &str = r#"
function* primes() { const found = []; for (let n = 2;; n++) if (found.every(p => n % p)) { found.push(n); yield n; } }
const some = []; for (const p of primes()) { if (p > 2000) break; some.push(p); }
print(some.length, some.at(-1), some.reduce((a, b) => a + b));
class Point { #x; constructor(x) { this.#x = x; } get x() { return this.#x; } static of(...xs) { return xs.map(x => new Point(x)); } }
print(JSON.stringify(Point.of(1, 2.5, -0).map(p => p.x)), Object.is(new Point(-0).x, -0));
print(2n ** 200n, (-7n) / 2n, BigInt.asIntN(8, 255n), 0.1 + 0.2, 1e21, 5e-324, (25).toString(36), (123.456).toFixed(1));
print("grün, 🌍".length, [..."🌍x"].length, "straße".toUpperCase(), "İ".toLowerCase().length, "a\u0301".normalize("NFC").length);
print("2026-11-23".replace(/(?<y>\d+)-(?<m>\d+)-(?<d>\d+)/u, "$<d>.$<m>.$<y>"), /(?<=\$)\d+/.exec("cost $42")[0]);
const map = new Map([..."mississippi"].map((c, i) => [c, i])); print([...map].join(";"), new Set("hello").size);
print([5, 1, 10].sort(), [5, 1, 10].toSorted((a, b) => a - b), [[1, [2, [3]]]].flat(Infinity));
let deep = 0; (function down() { deep++; if (deep < 100) down(); })(); print(deep);
try { null.x; } catch (e) { print(e.name, e instanceof TypeError); }
const bytes = new Float64Array([Math.PI, -0, NaN]); print(new Uint8Array(bytes.buffer).slice(0, 8).join());
print(Math.hypot(3, 4), Math.fround(5.5), Math.clz32(1), Math.imul(0xffffffff, 5), Math.trunc(-4.7));
label: for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) { if (j == 2) continue label; if (i == 2) break label; print(i, j); }
print(new Date(0).toISOString(), new Date(Date.UTC(2026, 10, 23)).getUTCDay());
const proxy = new Proxy({}, { get: (_, name) => name + "!" }); print(proxy.hey, Reflect.ownKeys({ b: 1, 2: 1, a: 1 }).join());
(async () => { for await (const x of [Promise.resolve(1), 2]) print("async", x); throw new RangeError("done"); })().catch(e => print(String(e)));
let total = 0; for (let i = 0; i < 200000; i++) total = (total * 31 + i) | 0; print(total);
let memory = []; for (let i = 0; i < 20000; i++) memory.push({ i, next: memory[i - 1] }); print(memory.length);
const cycle = {}; cycle.self = cycle; try { JSON.stringify(cycle); } catch (e) { print(e.name); }
undefinedFunction();
"#;

#[test]
#[ignore = "needs clang for wasm, and the registry: cargo xtask test"]
fn quickjs_runs_scripts() -> Outcome {
    Both::build("javascript")?.compare(&[(&[], SCRIPT.as_bytes(), 1), (&[], b"print(1 + ", 1), (&[], b"", 0)])
}

/// Go's runtime keeps many goroutines on one stack of ours: its functions return to a loop to switch between them.
#[test]
#[ignore = "needs pip, and the registry: cargo xtask test"]
fn go_does_what_its_library_offers() -> Outcome {
    let both = Both::build_go("gopher")?;
    let folder = tempfile::tempdir()?;
    let text = generated("text", "200000")?;
    let packed = both.natively(&["pack"], &text, folder.path())?.stdout;
    let mut damaged = packed.clone();
    if let Some(byte) = damaged.get_mut(packed.len() / 2) {
        *byte ^= 1;
    }
    both.compare(&[
        (&["routines"], b"", 0),
        (&["files"], b"", 0),
        (&["json"], b"", 0),
        (&["image"], b"", 0),
        (&["words"], &text, 0),
        (&["pack"], &text, 0),
        (&["unpack"], &packed, 0),
        (&["unpack"], &damaged, 2),
        (&["unpack"], b"no such thing", 2),
        (&["nothing"], b"", 1),
    ])
}
