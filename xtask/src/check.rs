//! Checks that are not tests: formatting, lints, documentation, the header, dependency directions, `no_std` builds.

mod direction;
mod no_std;

use crate::tool;
use anyhow::Result;

pub(crate) fn run() -> Result<()> {
    tool::run(tool::cargo().args(["fmt", "--all", "--check"]))?;
    direction::check()?;
    tool::run(tool::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    let mut doc = tool::cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings");
    tool::run(&mut doc)?;
    no_std::check()
}
