//! The command `stilt` as it is given away: for machines without Rust, beside the packages, or by itself where a build server compiles for
//! devices.

use super::{VERSION, notices, package, work};
use crate::tool;
use anyhow::{Context as _, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of the repository, and where they go.
const FILES: [(&str, &str); 2] =
    [("LICENSE", "LICENSE"), ("cli/cmake/StiltCompile.cmake", "share/stilt/StiltCompile.cmake")];

/// The command for this machine, as fast as it gets. Takes minutes.
pub(super) fn build() -> Result<PathBuf> {
    let folder = work().join("command");
    let mut cargo = tool::cargo();
    cargo.args(["build", "--release", "--locked", "--bin", "stilt"]).env("CARGO_TARGET_DIR", &folder);
    tool::run(&mut cargo)?;
    Ok(folder.join("release/stilt"))
}

/// The folder that is given away, made of a command that was built here.
pub(super) fn write(command: &Path) -> Result<PathBuf> {
    let folder = work().join("packages").join(name()?);
    package::remove(&folder)?;
    for inner in ["bin", "share/stilt"] {
        fs::create_dir_all(folder.join(inner)).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    // Copied as what can be executed.
    fs::copy(command, folder.join("bin/stilt")).with_context(|| command.display().to_string())?;
    tool::run_quietly(Command::new("strip").arg(folder.join("bin/stilt")))?;
    for (from, to) in FILES {
        fs::copy(tool::root().join(from), folder.join(to)).with_context(|| from.to_owned())?;
    }
    fs::write(folder.join("NOTICES"), notices::of_command()?)?;
    fs::write(folder.join("README.md"), readme())?;
    Ok(folder)
}

/// What its folder and its tarball are called.
pub(super) fn name() -> Result<String> {
    let said = String::from_utf8(tool::output(Command::new("rustc").arg("-vV"))?)?;
    let host =
        said.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say what it is for")?;
    Ok(format!("stilt-command-{VERSION}-{host}"))
}

fn readme() -> String {
    format!(
        "# The command `stilt`, {VERSION}

`bin/stilt` compiles WebAssembly ahead of time, for this machine and for others; it runs and inspects the result. It needs nothing but the C
library of the system. `stilt --help` says more, `stilt targets` what it compiles for.

`share/stilt/StiltCompile.cmake` is for CMake: `include(.../StiltCompile.cmake)`, then `stilt_compile(...)` as its first lines say.

The runtime of the same version is there as a library for C, in packages for each target, and for Rust.

Licence: Apache-2.0 WITH LLVM-exception, see `LICENSE`. `NOTICES` has those of what others wrote of the command.
"
    )
}
