//! SAFETY.md names tests and files: each of them exists.

use crate::tool;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// What stands above the column that names tests.
const COLUMNS: [&str; 2] = ["seen by", "what would catch its breach"];

pub(crate) fn check() -> Result<()> {
    let mut files = Vec::new();
    collect(tool::root(), &mut files)?;
    let text = std::fs::read_to_string(tool::root().join("SAFETY.md")).context("cannot read SAFETY.md")?;
    let mut wrong = Vec::new();
    let mut tests = false;
    let mut found = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let last = cells.last().filter(|_| line.starts_with('|')).copied();
        tests = last.is_some_and(|last| tests || COLUMNS.contains(&last));
        for name in line.split('`').skip(1).step_by(2) {
            let test = tests && last.is_some_and(|last| last.contains(&format!("`{name}`")));
            if !exists(name, test, &files) {
                wrong.push(format!("SAFETY.md:{number}: `{name}`"));
            }
            found += usize::from(test);
        }
    }
    if found == 0 {
        bail!("SAFETY.md has no table with a column `{}`", COLUMNS.join("` or `"));
    }
    if !wrong.is_empty() {
        bail!("named, but not in this repository:\n  {}", wrong.join("\n  "));
    }
    Ok(())
}

/// Files of Rust, as path and content.
fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.push((path, text));
        }
    }
    Ok(())
}

/// Whether there is a file of this path, or the end of one; and, where tests are named, a test, alone (`name`), in its module's file
/// (`module::name`), or any there (`module::*`). What is none of these is no name of the kind.
fn exists(name: &str, test: bool, files: &[(PathBuf, String)]) -> bool {
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "rs") || test && name.contains('/') {
        return files.iter().any(|(file, _)| file.ends_with(path)) || tool::root().join(path).exists();
    }
    let word = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let (module, name) = name.split_once("::").unwrap_or(("", name));
    if !test || !word(module) || !(word(name) || name == "*") {
        return true;
    }
    let sought = if name == "*" { "#[test]".to_owned() } else { format!("fn {name}(") };
    let module = format!("{module}.rs");
    let mut tests = files.iter().filter(|(_, text)| text.contains("#[test]"));
    tests.any(|(file, text)| (module == ".rs" || file.ends_with(&module)) && text.contains(&sought))
}
