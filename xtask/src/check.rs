//! Checks that are not tests: formatting, lints, documentation, the header, dependency directions, `no_std` builds, what SAFETY.md
//! names.

mod direction;
mod no_std;
mod safety;

use crate::{matrix, tool};
use anyhow::Result;

/// Workspaces of their own beside the root's, each with whether its lints are checked too: not where that would build a
/// peer engine.
const OTHERS: &[(&str, bool)] = &[
    ("bench", false),
    ("c-api", true),
    ("docs/skeleton/rust", true),
    ("embedding-example/build-script", false),
    // For boards only.
    ("embedding-example/firmware", false),
    ("embedding-example/kernel", true),
    ("embedding-example/linked", true),
    ("embedding-example/smallest", true),
    ("fuzz", false),
    ("platform-abi/bindgen-check", true),
    ("platform-abi/conformance-kit", true),
    // For a board only.
    ("tests/spec-board", false),
];

pub(crate) fn run() -> Result<()> {
    tool::run(tool::cargo().args(["fmt", "--all", "--check"]))?;
    for (folder, _) in OTHERS {
        tool::run(tool::cargo().args(["fmt", "--all", "--check", "--manifest-path"]).arg(manifest(folder)))?;
    }
    direction::check()?;
    safety::check()?;
    matrix::check()?;
    tool::run(tool::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    for (folder, _) in OTHERS.iter().filter(|(_, lints)| *lints) {
        let mut clippy = tool::cargo();
        clippy.args(["clippy", "--quiet", "--manifest-path"]).arg(manifest(folder));
        clippy.arg("--target-dir").arg(tool::root().join("target/others"));
        tool::run(clippy.args(["--", "-D", "warnings"]))?;
    }
    let mut bindings = tool::cargo();
    bindings.args(["run", "--quiet", "--manifest-path"]).arg(manifest("platform-abi/bindgen-check"));
    tool::run(bindings.arg("--target-dir").arg(tool::root().join("target/others")))?;
    let mut doc = tool::cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings");
    tool::run(&mut doc)?;
    no_std::check()
}

fn manifest(folder: &str) -> std::path::PathBuf {
    tool::root().join(folder).join("Cargo.toml")
}
