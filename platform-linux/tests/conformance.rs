//! The conformance kit against the Linux platform, which passes, and against platforms that are broken on purpose, each of which
//! fails in the clause that is broken.
//!
//! It does what a porter does: builds the kit's static library with Cargo, compiles a C program and a platform, links the
//! three, and reads what the program says.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, clippy::panic, reason = "a test says by a panic what it misses")]

mod c_compiler;

use c_compiler::{CompilerKind, compiler};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const GATES: [&str; 8] = [
    "WASMTIME_VIRTUAL_MEMORY",
    "WASMTIME_NATIVE_SIGNALS",
    "WASMTIME_CUSTOM_SYNC",
    "WASMTIME_CUSTOM_FIBER",
    "STILT_CODE_PUBLICATION",
    "STILT_EXECUTE_ALIAS",
    "STILT_PARKING",
    "STILT_RESUMABLE_TRAPS",
];

/// The files of the good platform.
const PLATFORM: [&str; 9] = [
    "execute_alias.c",
    "fiber.c",
    "memory.c",
    "parking.c",
    "publication.c",
    "signal_stack.c",
    "sync.c",
    "tls.c",
    "traps.c",
];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scratch() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Compiles one C file, with warnings as errors, and answers its object.
fn object(source: &Path, name: &str) -> PathBuf {
    let object = scratch().join(name).with_extension("o");
    let root = here().join("..");
    let mut command = Command::new(compiler(CompilerKind::C));
    command.args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-pedantic", "-c"]);
    command.args(GATES.map(|gate| format!("-D{gate}")));
    command.arg("-I").arg(&root).arg("-I").arg(root.join("platform-abi")).arg("-I").arg(here().join("c"));
    command.arg(source).arg("-o").arg(&object);
    run(&mut command);
    object
}

/// The kit's library and the objects of the driver and of the good platform: built once.
struct Parts {
    kit: PathBuf,
    driver: PathBuf,
    platform: Vec<(&'static str, PathBuf)>,
}

fn parts() -> &'static Parts {
    static PARTS: OnceLock<Parts> = OnceLock::new();
    PARTS.get_or_init(|| {
        let target = scratch().join("conformance-kit");
        let manifest = here().join("../platform-abi/conformance-kit/Cargo.toml");
        run(Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--all-features", "--locked", "--offline"])
            .arg("--manifest-path")
            .arg(manifest)
            .arg("--target-dir")
            .arg(&target));
        Parts {
            kit: target.join("release/libstilt_conformance_kit.a"),
            driver: object(&here().join("tests/driver/main.c"), "driver"),
            platform: PLATFORM
                .map(|file| (file, object(&here().join("c").join(file), &format!("good_{file}"))))
                .to_vec(),
        }
    })
}

/// What a run of the kit said.
struct Report {
    /// Outcome, clause, detail.
    clauses: Vec<(String, String, String)>,
    /// The clause that began and did not end, if the program died.
    died_in: Option<String>,
    success: bool,
}

/// Links and runs the kit with the good platform, one file of which may be replaced by a broken one.
fn report(name: &str, broken: Option<(&str, PathBuf)>) -> Report {
    let parts = parts();
    let program = scratch().join(format!("kit_{name}"));
    let mut link = Command::new(compiler(CompilerKind::C));
    link.arg(&parts.driver);
    for (file, good) in &parts.platform {
        match &broken {
            Some((replaced, object)) if replaced == file => link.arg(object),
            _ => link.arg(good),
        };
    }
    link.arg(&parts.kit).arg("-lpthread").arg("-o").arg(&program);
    run(&mut link);

    let output = Command::new(&program).output().expect("the program that was just linked runs");
    let mut clauses = Vec::new();
    let mut died_in = None;
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        let (what, clause) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if what == "begin" {
            died_in = Some(clause);
        } else {
            died_in = None;
            clauses.push((what, clause, words.next().unwrap_or_default()));
        }
    }
    Report { clauses, died_in, success: output.status.success() }
}

#[test]
fn linux_passes_every_clause() {
    let report = report("good", None);
    for (outcome, clause, detail) in &report.clauses {
        // What does not exist on an ISA may be skipped; here is the only one that this platform may skip.
        let fine = outcome == "passed" || (outcome == "skipped" && clause == "traps.division");
        assert!(fine, "{outcome} {clause}: {detail}");
    }
    assert_eq!(report.died_in, None);
    assert!(report.success);
    assert!(report.clauses.len() > 70, "only {} clauses were tested", report.clauses.len());
    // For `cargo xtask matrix`.
    let passed = report.clauses.iter().filter(|(outcome, ..)| outcome == "passed").count();
    let counts = format!("{passed}\t{}\n", report.clauses.len() - passed);
    let file = scratch().join(format!("kit-{}.counts", std::env::consts::ARCH));
    std::fs::write(file, counts).expect("the counts are written down");
}

/// The broken platform must fail in each of these clauses (failing in others too is no fault: much rests on a page size).
fn must_fail(name: &str, file: &'static str, clauses: &[&str]) {
    let source = here().join("tests/broken").join(name).with_extension("c");
    // The good platform's objects are made first, so that its errors are not taken for this one's.
    parts();
    let report = report(name, Some((file, object(&source, &format!("broken_{name}")))));
    assert!(!report.success, "the broken platform passed");
    for wanted in clauses {
        let failed = report.clauses.iter().any(|(outcome, clause, _)| outcome == "failed" && clause == wanted);
        assert!(
            failed,
            "{wanted} did not fail; these did: {:?}; died in {:?}",
            report.clauses.iter().filter(|(outcome, ..)| outcome == "failed").collect::<Vec<_>>(),
            report.died_in,
        );
    }
}

/// The broken platform kills the program, and the clause that began last says where.
fn must_die(name: &str, file: &'static str, clause: &str) {
    let source = here().join("tests/broken").join(name).with_extension("c");
    parts();
    let report = report(name, Some((file, object(&source, &format!("broken_{name}")))));
    assert!(!report.success, "the broken platform passed");
    assert_eq!(report.died_in.as_deref(), Some(clause));
}

macro_rules! broken {
    ($($name:ident replaces $file:literal: $fate:ident($($clause:literal),+);)*) => {
        $(
            #[test]
            fn $name() {
                broken!(@$fate stringify!($name), $file, $($clause),+);
            }
        )*
    };
    (@fails $name:expr, $file:literal, $($clause:literal),+) => { must_fail($name, $file, &[$($clause),+]) };
    (@dies $name:expr, $file:literal, $clause:literal) => { must_die($name, $file, $clause) };
}

broken! {
    tls_shared replaces "tls.c": fails("tls.per-thread");
    tls_one_slot replaces "tls.c": fails("tls.slots-are-independent");
    tls_garbage_at_first replaces "tls.c": fails("tls.initially-null", "tls.per-thread");
    mmap_not_zeroed replaces "memory.c": fails("memory.map-zeroed");
    mmap_unchecked replaces "memory.c": fails("memory.map-fails-with-a-status");
    mmap_misaligned replaces "memory.c": fails("memory.map");
    no_protection replaces "memory.c": fails(
        "memory.none-forbids-reading",
        "memory.none-forbids-writing",
        "memory.read-forbids-writing",
        "memory.write-forbids-executing",
        "memory.remap-forbids"
    );
    mprotect_ignored replaces "memory.c": fails("memory.protect-makes-usable", "memory.read-forbids-writing");
    mprotect_too_much replaces "memory.c": fails("memory.protect-is-exact");
    remap_keeps_bytes replaces "memory.c": fails("memory.remap-zeroed", "memory.remap-protects");
    page_size_wrong replaces "memory.c": fails("memory.page-size");
    image_shared replaces "memory.c": fails("image.private-between-mappings", "image.unchanged-by-mappings");
    image_read_only replaces "memory.c": fails("image.map-at");
    image_borrows_source replaces "memory.c": fails("image.independent-of-source");
    traps_no_address replaces "traps.c": fails("traps.address");
    traps_page_address replaces "traps.c": fails("traps.address");
    traps_stale_address replaces "traps.c": fails("traps.no-address");
    traps_next_ip replaces "traps.c": fails("traps.ip");
    traps_own_fp replaces "traps.c": fails("traps.fp");
    traps_init_fails replaces "traps.c": fails("traps.init");
    traps_blocked replaces "traps.c": dies("memory.none-forbids-reading");
    traps_not_installed replaces "traps.c": dies("traps.illegal-instruction");
    traps_no_chain replaces "traps.c": dies("traps.foreign");
    lock_does_not_lock replaces "sync.c": fails("sync.lock-excludes", "sync.lock-counts");
    rwlock_is_a_mutex replaces "sync.c": fails("sync.rwlock-readers-share");
    rwlock_only_readers replaces "sync.c": fails(
        "sync.rwlock-writer-excludes-writer",
        "sync.rwlock-writer-excludes-reader",
        "sync.rwlock-reader-excludes-writer",
        "sync.rwlock-counts"
    );
    park_never_wakes replaces "parking.c": fails("parking.notify-wakes");
    park_does_not_compare replaces "parking.c": fails("parking.other-value-returns");
    alias_two_memories replaces "execute_alias.c": fails("alias.same-memory");
    frame_without_sp replaces "traps.c": fails("resumable.frame");
    fiber_loses_argument replaces "fiber.c": fails("fiber.entry-arguments");
}
