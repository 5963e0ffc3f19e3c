//! The skeletons of `docs/skeleton`, as `docs/porting.md` has its reader use them: they compile and link with the gates of each rung, and
//! the conformance kit names what is missing.
#![cfg(target_os = "linux")]
#![expect(clippy::panic, reason = "a test says by a panic what it misses")]

mod c_compiler;

use c_compiler::{CompilerKind, compiler};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn succeed(command: &mut Command) {
    let output = run(command);
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
}

/// A rung: the gates that it adds to the one below, and clauses that then fail.
type Rung = (&'static [&'static str], &'static [&'static str]);

const RUNGS: [Rung; 4] = [
    (&[], &[]),
    (&["virtual-memory"], &["memory.map", "memory.map-zeroed", "memory.protect-makes-usable", "publication.runs"]),
    (&["resumable-traps"], &["resumable.init"]),
    (&["custom-sync"], &[]),
];

/// The gates up to a rung.
fn gates(rung: usize) -> Vec<&'static str> {
    RUNGS.iter().take(rung + 1).flat_map(|(gates, _)| gates.iter().copied()).collect()
}

/// What the kit says of a skeleton with the gates up to a rung.
fn check(rung: usize, output: &Output) {
    let said = String::from_utf8_lossy(&output.stdout);
    let has = |outcome: &str, clause: &str| said.lines().any(|line| line.starts_with(&format!("{outcome} {clause} ")));
    for clause in ["tls.initially-null", "tls.keeps", "tls.slots-are-independent"] {
        assert!(has("passed", clause), "{clause} on rung {rung}: {said}");
    }
    let expected: Vec<&str> = RUNGS.iter().take(rung + 1).flat_map(|(_, clauses)| clauses.iter().copied()).collect();
    for clause in &expected {
        assert!(has("failed", clause), "{clause} on rung {rung}: {said}");
    }
    assert_eq!(output.status.code(), Some(i32::from(!expected.is_empty())), "rung {rung}: {said}");
    assert_eq!(has("skipped", "memory"), rung < 1, "rung {rung}: {said}");
    assert_eq!(has("skipped", "sync"), rung < 3, "rung {rung}: {said}");
}

#[test]
fn c() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("skeleton");
    let (root, target) = (root(), scratch.join("kit"));
    // The first and the last: between them the kit would only be built anew.
    for rung in [0, RUNGS.len() - 1] {
        succeed(
            Command::new(env!("CARGO"))
                .args(["build", "--quiet", "--release", "--locked", "--offline", "--no-default-features", "--features"])
                .arg(gates(rung).join(","))
                .arg("--manifest-path")
                .arg(root.join("platform-abi/conformance-kit/Cargo.toml"))
                .arg("--target-dir")
                .arg(&target),
        );
        let program = scratch.join(format!("rung_{rung}"));
        let mut compile = Command::new(compiler(CompilerKind::C));
        compile.args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]).arg("-I").arg(&root);
        compile.arg("-I").arg(root.join("platform-abi"));
        for gate in gates(rung) {
            let prefix = if gate == "resumable-traps" { "STILT" } else { "WASMTIME" };
            compile.arg(format!("-D{prefix}_{}", gate.replace('-', "_").to_uppercase()));
        }
        compile.arg(root.join("docs/skeleton/platform.c")).arg(root.join("docs/skeleton/kit.c"));
        succeed(compile.arg(target.join("release/libstilt_conformance_kit.a")).arg("-o").arg(&program));
        check(rung, &run(&mut Command::new(&program)));
    }
}

#[test]
fn rust() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("skeleton-rust");
    let manifest = root().join("docs/skeleton/rust/Cargo.toml");
    for rung in 0..RUNGS.len() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--offline", "--features", &gates(rung).join(",")]);
        succeed(build.arg("--manifest-path").arg(&manifest).arg("--target-dir").arg(&scratch));
        check(rung, &run(&mut Command::new(scratch.join("debug/my-platform"))));
    }
}
