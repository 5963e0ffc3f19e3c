//! The folder that is given away. Texts are those of `c-api/package`, with what is different for each target filled in.

use super::VERSION;
use super::target::{Kind, Package};
use crate::tool;
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

/// Files of the repository, and where they go.
const FILES: [(&str, &str); 4] = [
    ("LICENSE", "LICENSE"),
    ("c-api/include/stilt.h", "include/stilt.h"),
    ("wasmtime-platform.h", "include/wasmtime-platform.h"),
    ("cli/cmake/StiltCompile.cmake", "lib/cmake/stilt/StiltCompile.cmake"),
];

/// The same for texts of `c-api/package`.
const TEXTS: [(&str, &str); 5] = [
    ("README.md", "README.md"),
    ("StiltConfig.cmake", "lib/cmake/stilt/StiltConfig.cmake"),
    ("StiltConfigVersion.cmake", "lib/cmake/stilt/StiltConfigVersion.cmake"),
    ("StiltAddModule.cmake", "lib/cmake/stilt/StiltAddModule.cmake"),
    ("stilt.pc", "lib/pkgconfig/stilt.pc"),
];

/// Writes it, beside an older one, which it then replaces.
pub(super) fn write(package: &Package, library: &Path, notices: &str, folder: &Path) -> Result<PathBuf> {
    let name = format!("stilt-{VERSION}-{}", package.name());
    let (place, beside) = (folder.join(&name), folder.join(format!("{name}.new")));
    remove(&beside)?;
    for inner in ["include", "lib/cmake/stilt", "lib/pkgconfig"] {
        fs::create_dir_all(beside.join(inner)).with_context(|| format!("cannot make {}", beside.display()))?;
    }
    fs::copy(library, beside.join("lib/libstilt.a"))?;
    fs::write(beside.join("NOTICES"), notices)?;
    for (from, to) in FILES {
        fs::copy(tool::root().join(from), beside.join(to)).with_context(|| from.to_owned())?;
    }
    for (from, to) in TEXTS {
        let from = tool::root().join("c-api/package").join(from);
        let text = fs::read_to_string(&from).with_context(|| from.display().to_string())?;
        let text = fill_in(&text, package);
        ensure!(!text.contains("@STILT_"), "{} asks for something that is not filled in", from.display());
        fs::write(beside.join(to), text)?;
    }
    remove(&place)?;
    fs::rename(&beside, &place)?;
    Ok(place)
}

/// Removes a folder, if it is there.
pub(super) fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot replace {}", folder.display()))?;
    }
    Ok(())
}

fn fill_in(text: &str, package: &Package) -> String {
    let (target, module) = (package.target, package.module());
    let values = [
        ("VERSION", VERSION.to_owned()),
        ("TARGET", package.name()),
        ("POINTER_BYTES", target.pointer_bytes.to_string()),
        ("MODULE_OPTIONS", module.join(" ")),
        ("MODULE_LIST", module.join(";")),
        ("COMPILER_FLAGS", target.compiler.to_owned()),
        ("FLOATS", FLOATS[usize::from(package.floats)].to_owned()),
        ("SHARING", SHARING[usize::from(target.kind == Kind::InterruptsOff)].to_owned()),
    ];
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("@STILT_{name}@"), value))
}

/// What the interpreter lacks.
const FLOATS: [&str; 2] = ["vectors or operations on floats", "vectors"];

/// Who may use the library.
const SHARING: [&str; 2] = [
    "Threads: as `include/stilt.h` says.",
    "This machine has no compare-and-swap: the library turns interrupts off for a few instructions when an object is made or dropped, \
     and a call begins or ends. So there is one core, and it runs in privileged mode (Arm) or machine mode (RISC-V).",
];
