//! `wasmtime-platform.h` compiles as C99, C11 and C++17, with warnings as errors, for each combination of gates; and declares
//! with each gate what belongs to it, also by the name that older ports use.

#![expect(clippy::panic, reason = "a test says by a panic what it misses")]

mod c_compiler;

use c_compiler::{CompilerKind, compiler};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each gate with an expression that only compiles if it is on.
const GATES: [(&str, &str); 9] = [
    (
        "WASMTIME_VIRTUAL_MEMORY",
        "wasmtime_mmap_new(WASMTIME_PROT_READ | WASMTIME_PROT_WRITE | WASMTIME_PROT_EXEC, 0, NULL)",
    ),
    ("WASMTIME_NATIVE_SIGNALS", "wasmtime_init_traps((wasmtime_trap_handler_t)0)"),
    // The older name of both.
    ("WASMTIME_SIGNALS_BASED_TRAPS", "wasmtime_init_traps((wasmtime_trap_handler_t)(wasmtime_page_size() & 0))"),
    ("WASMTIME_CUSTOM_SYNC", "wasmtime_sync_rwlock_free(NULL)"),
    ("WASMTIME_CUSTOM_FIBER", "wasmtime_fiber_switch(NULL)"),
    ("STILT_CODE_PUBLICATION", "stilt_platform_publish_code(NULL, 0)"),
    ("STILT_EXECUTE_ALIAS", "stilt_platform_execute_alias_free(0, NULL, NULL)"),
    ("STILT_PARKING", "stilt_platform_park_notify(NULL)"),
    ("STILT_RESUMABLE_TRAPS", "stilt_platform_init_resumable_traps(NULL)"),
];

fn scratch(language: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("header_{language}"));
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

/// One source file per combination: the compiler is started once for all of them.
fn sources(language: &str, extension: &str) -> Vec<PathBuf> {
    let folder = scratch(language);
    (0..1_usize << GATES.len())
        .map(|combination| {
            let on = || GATES.iter().enumerate().filter(|(bit, _)| combination >> bit & 1 == 1).map(|(_, gate)| gate);
            let mut text = String::new();
            for (gate, _) in on() {
                writeln!(text, "#define {gate}").unwrap_or_default();
            }
            // Twice, for the include guard; before anything else, so that it brings what it needs.
            text.push_str("#include \"wasmtime-platform.h\"\n#include \"wasmtime-platform.h\"\n#include <stddef.h>\n");
            text.push_str("void test(void);\nvoid test(void)\n{\n    wasmtime_tls_set(0, wasmtime_tls_get(1));\n");
            for (_, call) in on() {
                writeln!(text, "    (void){call};").unwrap_or_default();
            }
            text.push_str("}\n");
            let path = folder.join(format!("gates_{combination:03}.{extension}"));
            std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            path
        })
        .collect()
}

fn compiles(kind: CompilerKind, standard: &str, extension: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(compiler(kind));
    command.args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wundef"]);
    if matches!(kind, CompilerKind::C) {
        command.arg("-Wstrict-prototypes");
    }
    command.arg(format!("-std={standard}")).arg("-I").arg(&root).args(sources(standard, extension));
    let output = command.output().unwrap_or_else(|error| panic!("{kind:?} compiler: {error}"));
    assert!(output.status.success(), "{standard}:\n{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn c99() {
    compiles(CompilerKind::C, "c99", "c");
}

#[test]
fn c11() {
    compiles(CompilerKind::C, "c11", "c");
}

#[test]
fn cxx17() {
    compiles(CompilerKind::Cxx, "c++17", "cc");
}

/// The kit's and the Linux platform's own headers, in all three languages.
#[test]
fn the_other_headers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (kind, standard, extension) in
        [(CompilerKind::C, "c99", "c"), (CompilerKind::C, "c11", "c"), (CompilerKind::Cxx, "c++17", "cc")]
    {
        let source = scratch(&format!("others_{standard}")).join(format!("others.{extension}"));
        let text = "#include \"stilt-platform-conformance.h\"\n#include \"stilt-platform-linux.h\"\n\
                    #include \"stilt-platform-conformance.h\"\n#include \"stilt-platform-linux.h\"\n";
        std::fs::write(&source, text).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
        let output = Command::new(compiler(kind))
            .args(["-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-pedantic"])
            .arg(format!("-std={standard}"))
            .arg("-I")
            .arg(root.join("platform-abi"))
            .arg("-I")
            .arg(root.join("platform-linux/c"))
            .arg(&source)
            .output()
            .unwrap_or_else(|error| panic!("{kind:?} compiler: {error}"));
        assert!(output.status.success(), "{standard}:\n{}", String::from_utf8_lossy(&output.stderr));
    }
}
