//! The same for a Cortex-M4: built by Debian's Rust with the library from source, linked without any C. What C and the ground would
//! give (memory functions, the allocator, the TLS pointer) is left undefined, and so not counted.

use super::{FOLDER, Sizes};
use crate::tool;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

const TARGET: &str = "thumbv7em-none-eabihf";

/// Links it with these features and says how large it is.
pub(super) fn measure(features: &str) -> Result<Sizes> {
    for needed in ["/usr/bin/cargo", "/usr/bin/ld.lld", "/usr/bin/llvm-size"] {
        if !Path::new(needed).exists() {
            bail!("sizes for {TARGET} need {needed}: `{}`", crate::setup::INSTALL);
        }
    }
    let target = tool::root().join("target/smallest-thumb");
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.current_dir(tool::root()).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_DIR", &target).env_remove("RUSTUP_TOOLCHAIN");
    cargo.args(["build", "--quiet", "--release", "-Zbuild-std=core,alloc", "--target", TARGET, "--features", features]);
    tool::run(cargo.arg("--manifest-path").arg(tool::root().join(FOLDER).join("Cargo.toml")))?;
    let program = target.join("smallest");
    let mut link = Command::new("/usr/bin/ld.lld");
    link.args(["-m", "armelf", "--gc-sections", "--entry=stilt_smallest_run", "--unresolved-symbols=ignore-all", "-o"])
        .arg(&program);
    tool::run(link.arg(target.join(TARGET).join("release/libstilt_example_smallest.a")))?;
    let listed = tool::output(Command::new("/usr/bin/llvm-size").arg("-A").arg(&program))?;
    let listed = String::from_utf8(listed)?;
    let mut sizes = Vec::new();
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(size)) = (words.next(), words.next()) else { continue };
        let loaded = [".text", ".rodata", ".data", ".bss", ".data.rel.ro"].iter().any(|kept| name.starts_with(kept));
        if loaded {
            sizes.push((name.to_owned(), size.parse().with_context(|| format!("llvm-size printed `{line}`"))?));
        }
    }
    Ok(Sizes(sizes))
}
