//! Builds the C files of the gates that are on, against the header at the root of the repository.

use std::path::Path;

/// Feature, the header's macro, and the file that defines its functions.
const GATES: [(&str, &str, &str); 8] = [
    ("VIRTUAL_MEMORY", "WASMTIME_VIRTUAL_MEMORY", "memory.c"),
    ("NATIVE_SIGNALS", "WASMTIME_NATIVE_SIGNALS", "traps.c"),
    ("RESUMABLE_TRAPS", "STILT_RESUMABLE_TRAPS", "traps.c"),
    ("CUSTOM_SYNC", "WASMTIME_CUSTOM_SYNC", "sync.c"),
    ("CUSTOM_FIBER", "WASMTIME_CUSTOM_FIBER", "fiber.c"),
    ("CODE_PUBLICATION", "STILT_CODE_PUBLICATION", "publication.c"),
    ("EXECUTE_ALIAS", "STILT_EXECUTE_ALIAS", "execute_alias.c"),
    ("PARKING", "STILT_PARKING", "parking.c"),
];

fn main() {
    let root = Path::new("..");
    println!("cargo::rerun-if-changed=c");
    println!("cargo::rerun-if-changed=../wasmtime-platform.h");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        println!("cargo::error=stilt-platform-linux is for Linux; other grounds bring their own wasmtime-platform.h");
        return;
    }

    let mut files = vec!["tls.c", "signal_stack.c", "cpu.c"];
    let mut build = cc::Build::new();
    build.std("c11").warnings(true).extra_warnings(true).include(root).include("c");
    for (feature, gate, file) in GATES {
        if std::env::var_os(format!("CARGO_FEATURE_{feature}")).is_some() {
            build.define(gate, None);
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    for file in files {
        build.file(Path::new("c").join(file));
    }
    // The whole archive: nothing in this crate's Rust refers to the C functions, and the crate which does may come
    // earlier or later in the linker's command line.
    build.link_lib_modifier("+whole-archive").compile("stilt_platform_linux");
}
