//! Builds the device side for targets without `std`, so that neither 32 bits nor `no_std` breaks unseen. Needs Debian's Rust,
//! which comes with the library's source; `core` and `alloc` are built from it.

use crate::tool;
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

const TARGETS: &[&str] = &["thumbv7em-none-eabihf", "x86_64-unknown-none"];

/// The crates, and everything of a ground that they can be built with.
const FEATURES: &str = "stilt/native-signals,stilt/pulley,stilt/soft-float,stilt/virtual-memory";
const CRATES: &[&str] = &["stilt", "stilt-wasi", "stilt-spec-player"];

pub(crate) fn check() -> Result<()> {
    if !Path::new("/usr/bin/rustc").is_file() {
        bail!("the no_std builds need Debian's rustc-web, cargo-web and rust-web-src: `{}`", crate::setup::INSTALL);
    }
    for target in TARGETS {
        let mut cargo = Command::new("/usr/bin/cargo");
        cargo.current_dir(tool::root()).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
        // Two compilers' caches do not mix.
        cargo.env("CARGO_TARGET_DIR", tool::root().join("target/no-std")).env_remove("RUSTUP_TOOLCHAIN");
        cargo.args(["build", "--release", "-Zbuild-std=core,alloc", "--target", target]);
        cargo.args(["--features", FEATURES]);
        for name in CRATES {
            cargo.args(["--package", name]);
        }
        tool::run(&mut cargo)?;
    }
    Ok(())
}
