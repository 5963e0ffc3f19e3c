//! Whose code is in the library beside this project's, and under which licences: who gives the library away has to say so.

use crate::tool;
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of Rust's own library, which is built from there, or was.
pub(super) const RUST: &str = "/usr/lib/rustlib/src/rust/COPYRIGHT";

/// For crates under it that do not bring it along.
const MIT: &str = include_str!("mit.txt");

/// What is given away.
struct Program<'a> {
    opening: &'a str,
    cargo: fn() -> Command,
    /// What `cargo tree` is to be told of it.
    tree: &'a [&'a str],
    /// What of Rust is in it.
    rust: &'a str,
}

/// The text for the library with these features.
pub(super) fn of_library(target: &str, features: &str) -> Result<String> {
    Program {
        opening: "What is in lib/libstilt.a beside Stilt, whose licence is in the file LICENSE. That file has the text of the Apache licence, for all \
that is under it.\n",
        cargo: libraries,
        tree: &["--package", "stilt-c-library", "--no-default-features", "--features", features, "--target", target],
        rust: "Rust's core, alloc and compiler_builtins",
    }
    .notices()
}

/// The text for the command.
pub(super) fn of_command() -> Result<String> {
    Program {
        opening: "What is in bin/stilt beside Stilt, whose licence is in the file LICENSE. That file has the text of the Apache licence, for all that \
is under it.\n",
        cargo: tool::cargo,
        tree: &["--package", "stilt-cli"],
        rust: "Rust's library",
    }
    .notices()
}

impl Program<'_> {
    fn notices(&self) -> Result<String> {
        let mut text = self.opening.to_owned();
        let mut describe = (self.cargo)();
        describe.args(["metadata", "--locked", "--all-features", "--format-version", "1"]);
        let described: serde_json::Value = serde_json::from_slice(&tool::output(&mut describe)?)?;
        let packages = described["packages"].as_array().context("cargo metadata lists packages")?;
        for crate_ in self.crates()? {
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
            let folder = Path::new(manifest).parent().context("a manifest is in a folder")?;
            let texts = texts(folder)?;
            for file in &texts {
                let contents = fs::read_to_string(file).with_context(|| file.display().to_string())?;
                write!(text, "\n{}\n", contents.trim_end())?;
            }
            // Apache's text is there anyway.
            if texts.is_empty() && !licence.contains("Apache-2.0") {
                ensure!(licence == "MIT", "{crate_} comes without the text of its licence");
                write!(text, "\n{}\n\n{}\n", copyright(folder, &crate_)?, MIT.trim_end())?;
            }
        }
        let rust = fs::read_to_string(RUST).context(RUST)?;
        write!(text, "\n\n===== {}\n\n{}\n", self.rust, rust.trim_end())?;
        Ok(text)
    }

    /// What it is made of and others wrote, as Cargo names it.
    fn crates(&self) -> Result<BTreeSet<String>> {
        let mut tree = (self.cargo)();
        tree.args(["tree", "--locked", "--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe"]);
        tree.args(["--format", "{p}"]).args(self.tree);
        let listed = String::from_utf8(tool::output(&mut tree)?)?;
        // Those of this repository have their folder behind them.
        Ok(listed.lines().filter(|line| !line.is_empty() && !line.contains('(')).map(str::to_owned).collect())
    }
}

/// Whose a crate is, as the head of its source says.
fn copyright(folder: &Path, crate_: &str) -> Result<String> {
    let file = folder.join("src/lib.rs");
    let source = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let line = source.lines().take(10).find(|line| line.contains("Copyright"));
    let line = line.with_context(|| format!("{crate_} does not say whose it is"))?;
    Ok(line.trim_start_matches(['/', ' ']).to_owned())
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

/// The cargo that builds the library.
fn libraries() -> Command {
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.current_dir(tool::root().join("c-api")).env("RUSTC", "/usr/bin/rustc").env_remove("RUSTUP_TOOLCHAIN");
    cargo
}
