//! Whose code is in the library beside this project's, and under which licences: who gives the library away has to say so.

use crate::tool;
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rust's own library, which is built from here.
const RUST: &str = "/usr/lib/rustlib/src/rust/COPYRIGHT";

const OPENING: &str = "What is in lib/libstilt.a beside Stilt, whose licence is in the file LICENSE. That file has the text of the Apache licence, for all \
that is under it.\n";

/// The text, for the library with these features.
pub(super) fn of(target: &str, features: &str) -> Result<String> {
    let mut text = OPENING.to_owned();
    let described: serde_json::Value = serde_json::from_slice(&tool::output(cargo().args([
        "metadata",
        "--locked",
        "--all-features",
        "--format-version",
        "1",
    ]))?)?;
    let packages = described["packages"].as_array().context("cargo metadata lists packages")?;
    for crate_ in crates(target, features)? {
        let named = |package: &&serde_json::Value| {
            format!(
                "{} v{}",
                package["name"].as_str().unwrap_or_default(),
                package["version"].as_str().unwrap_or_default()
            ) == crate_
        };
        let package =
            packages.iter().find(named).with_context(|| format!("cargo metadata does not tell of {crate_}"))?;
        let licence = package["license"].as_str().with_context(|| format!("{crate_} has no licence"))?;
        write!(text, "\n\n===== {crate_}: {licence}\n")?;
        let manifest = package["manifest_path"].as_str().context("a package has a manifest")?;
        let texts = texts(Path::new(manifest).parent().context("a manifest is in a folder")?)?;
        // Only this licence's text is known to be there anyway.
        ensure!(!texts.is_empty() || licence.contains("Apache-2.0"), "{crate_} comes without the text of its licence");
        for file in texts {
            let contents = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            write!(text, "\n{}\n", contents.trim_end())?;
        }
    }
    let rust = fs::read_to_string(RUST).context(RUST)?;
    write!(text, "\n\n===== Rust's core, alloc and compiler_builtins\n\n{}\n", rust.trim_end())?;
    Ok(text)
}

/// What the library is made of and others wrote, as Cargo names it.
fn crates(target: &str, features: &str) -> Result<BTreeSet<String>> {
    let mut tree = cargo();
    tree.args([
        "tree",
        "--locked",
        "--package",
        "stilt-c-library",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ]);
    tree.args(["--no-dedupe", "--format", "{p}", "--no-default-features", "--features", features, "--target", target]);
    let listed = String::from_utf8(tool::output(&mut tree)?)?;
    // Those of this repository have their folder behind them.
    Ok(listed.lines().filter(|line| !line.is_empty() && !line.contains('(')).map(str::to_owned).collect())
}

/// The files of a crate that say how it may be used; not a second copy of Apache's.
fn texts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        let says = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"].iter().any(|start| name.starts_with(start));
        if says && path.is_file() && !name.contains("APACHE") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn cargo() -> Command {
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.current_dir(tool::root().join("c-api")).env("RUSTC", "/usr/bin/rustc").env_remove("RUSTUP_TOOLCHAIN");
    cargo
}
