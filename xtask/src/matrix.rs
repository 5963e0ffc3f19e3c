//! The support matrix of the README, from what the suites have counted: each writes down its counts when it has passed.

use crate::tool;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::PathBuf;

const BEGIN: &str = "<!-- matrix: written by `cargo xtask matrix` -->\n";
const END: &str = "<!-- end of the matrix -->\n";

/// Machines in the order of the table, and where they run.
const MACHINES: [(&str, &str); 6] = [
    ("x86_64", "x86_64 Linux"),
    ("aarch64", "aarch64 Linux, emulated"),
    ("riscv64", "riscv64 Linux, emulated"),
    ("s390x", "s390x Linux, emulated"),
    ("arm", "arm (32 bits) Linux, emulated"),
    ("cortex-m", "Cortex-M4, booted in an emulator"),
];

/// Writes the matrix into the README.
pub(crate) fn write() -> Result<()> {
    let path = readme();
    let text = fs::read_to_string(&path)?;
    let (front, old, back) = parts(&text)?;
    let mut rows = String::new();
    for (machine, place) in MACHINES {
        match rows_of(machine, place)? {
            Some(counted) => rows.push_str(&counted),
            None => {
                println!("{machine}: its suite has not passed here; what the README says of it stays");
                let start = format!("| {place} |");
                old.lines().filter(|line| line.starts_with(&start)).for_each(|line| rows.extend([line, "\n"]));
            }
        }
    }
    fs::write(&path, format!("{front}{BEGIN}{HEADING}{rows}{END}{back}"))?;
    Ok(())
}

/// Compares what has been counted here with the README.
pub(crate) fn check() -> Result<()> {
    let text = fs::read_to_string(readme())?;
    let (_, matrix, _) = parts(&text)?;
    for (machine, place) in MACHINES {
        if let Some(rows) = rows_of(machine, place)?
            && !matrix.contains(&rows)
        {
            bail!("the matrix in the README is not what the suites of {machine} have counted: `cargo xtask matrix`");
        }
    }
    Ok(())
}

const HEADING: &str = "\
| machine | code | traps | official suite: files, assertions | scripts of ours |
|---|---|---|--:|--:|
";

fn rows_of(machine: &str, place: &str) -> Result<Option<String>> {
    let counts = tool::root().join("target/tmp");
    let Ok(suite) = fs::read_to_string(counts.join(format!("suite-{machine}.counts"))) else { return Ok(None) };
    let mut rows = String::new();
    for line in suite.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let [target, features, traps, special, files, refused, played, ours] = *fields else {
            bail!("suite-{machine}.counts: `{line}` is no record");
        };
        let refused: u64 = refused.parse()?;
        let played: u64 = played.parse()?;
        let code = if target.starts_with("pulley") { format!("`{target}`") } else { "native".to_owned() };
        let with = if features.is_empty() { String::new() } else { format!(" with {features}") };
        let special = if special.is_empty() { String::new() } else { format!(", {special}") };
        let assertions = if played == 0 {
            format!("{files}, compiles; {refused} refused rightly")
        } else {
            format!("{files}, {}", refused + played)
        };
        let ours = if played == 0 { "compiles" } else { ours };
        rows.push_str(&format!("| {place} | {code}{with}{special} | {traps} | {assertions} | {ours} |\n"));
    }
    Ok(Some(rows))
}

fn readme() -> PathBuf {
    tool::root().join("README.md")
}

/// What stands in front of the matrix, the matrix, and what stands behind it.
fn parts(text: &str) -> Result<(&str, &str, &str)> {
    let parts = text.split_once(BEGIN).and_then(|(front, rest)| {
        let (matrix, back) = rest.split_once(END)?;
        Some((front, matrix, back))
    });
    parts.context("README.md has no marked place for the matrix")
}
