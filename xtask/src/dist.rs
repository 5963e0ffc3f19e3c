//! The runtime for C as it is given away: a tarball for each target with `libstilt.a`, headers, and what CMake and pkg-config read.
//! Nothing of it needs Rust.

mod command;
mod library;
mod notices;
mod package;
pub(crate) mod suite;
mod tarball;
mod target;

use crate::tool;
use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use target::{NO_FLOATS, Package, TARGETS};

/// The version of it all, which is that of the workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Writes the tarballs of some targets, or of all, and prints their names.
pub(crate) fn run(targets: &[String], folder: Option<&Path>) -> Result<()> {
    let packages: Vec<Package> = if targets.is_empty() {
        TARGETS.iter().map(Package::whole).collect()
    } else {
        targets.iter().map(|name| named(name)).collect::<Result<_>>()?
    };
    tools()?;
    let folder = tarballs(folder)?;
    for (number, package) in packages.iter().enumerate() {
        if std::io::stderr().is_terminal() {
            eprintln!("{} ({} of {})", package.name(), number + 1, packages.len());
        }
        let file = tarball::write(&of(package)?, &folder)?;
        println!("{}", file.display());
    }
    Ok(())
}

/// Writes the tarball of the command for this machine, and prints its name.
pub(crate) fn run_command(folder: Option<&Path>) -> Result<()> {
    ensure!(
        Path::new(notices::RUST).exists(),
        "the licences of Rust's library are not here: `{}`",
        crate::setup::INSTALL
    );
    let made = command::write(&command::build()?)?;
    println!("{}", tarball::write(&made, &tarballs(folder)?)?.display());
    Ok(())
}

/// Where tarballs go.
fn tarballs(folder: Option<&Path>) -> Result<PathBuf> {
    let folder = folder.map_or_else(|| work().join("tarballs"), Path::to_owned);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// The folder that a tarball has in it, made anew.
pub(crate) fn package(name: &str) -> Result<PathBuf> {
    tools()?;
    of(&named(name)?)
}

fn of(package: &Package) -> Result<PathBuf> {
    let library = library::build(package)?;
    let notices = notices::of_library(package.target.rust, &library::features(package.target))?;
    package::write(package, &library, &notices, &work().join("packages"))
}

/// Where Cargo and this work: one folder for all targets, which share what is built for the host.
fn work() -> PathBuf {
    tool::root().join("target/dist")
}

fn named(name: &str) -> Result<Package> {
    let Some(package) = Package::find(name) else {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        let names = names.join(", ");
        bail!(
            "there is no package for `{name}`; there is one for each of {names}; for microcontrollers also without floats: \
             with `{NO_FLOATS}` behind the name"
        );
    };
    Ok(package)
}

/// What this needs of the machine.
pub(crate) const NEEDS: [&str; 5] =
    [crate::emulated::RUSTC, "/usr/bin/cargo", "/usr/bin/ld.lld", "/usr/bin/llvm-objcopy", "/usr/bin/llvm-ar"];

fn tools() -> Result<()> {
    let missing: Vec<_> = NEEDS.into_iter().filter(|tool| !Path::new(tool).exists()).collect();
    ensure!(missing.is_empty(), "packages are built with {}: `{}`", missing.join(", "), crate::setup::INSTALL);
    ensure!(
        Path::new("/usr/lib/rustlib/src").exists(),
        "Rust's library is built from its source, which is not here: `{}`",
        crate::setup::INSTALL
    );
    Ok(())
}
