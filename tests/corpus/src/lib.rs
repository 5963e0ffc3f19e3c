//! The corpus: C programs of ours and programs from the package registries, the runs that tests make of them, and native
//! builds to compare with.
//!
//! The programs' sources and their committed wasm lie beside this crate's manifest; `build.sh` makes the latter from the
//! former. The tests under `tests/` run the wasm and expect what the native build prints.

mod builds;
mod cases;
mod go;
mod native;
mod packages;

pub use builds::{Ground, PROGRAMS, Program};
pub use cases::{Case, Input, cases};
pub use go::Go;
pub use native::{Native, Output};
pub use packages::{Crates, npm};

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folder with sources, `build.sh` and `wasm/`.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The committed wasm of every program: its name and its file.
///
/// # Errors
/// If the folder cannot be listed.
pub fn wasm_files() -> io::Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder().join("wasm"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm")
            && let Some(name) = path.file_stem()
        {
            files.push((name.to_string_lossy().into_owned(), path));
        }
    }
    files.sort();
    Ok(files)
}

/// A program's committed wasm.
///
/// # Errors
/// If there is none of that name.
pub fn wasm(program: &str) -> io::Result<Vec<u8>> {
    fs::read(folder().join("wasm").join(program).with_extension("wasm"))
}
