//! Real programs from the package registries, on every ground. What they do must be what native builds of the same sources
//! do, or what other code says is right.
//!
//! They need `clang` with wasi-libc, `npm`, `pip`, and at the first run the network; so they run when asked for:
//! `cargo test -p stilt-corpus-tests --test packages -- --ignored`, which is one of the suites of `cargo xtask test`.

#[path = "../ground/mod.rs"]
mod ground;
mod libraries;
mod programs;

use std::path::PathBuf;

/// Where fetched packages and builds of theirs lie.
fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("packages")
}
