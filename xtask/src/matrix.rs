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

/// Grounds that the conformance kit runs on, in the order of the table: what they are called, and the rung that is tested there.
const GROUNDS: [(&str, &str, u8); 8] = [
    ("x86_64", "Linux on x86_64", 3),
    ("aarch64", "Linux on aarch64, emulated", 3),
    ("riscv64", "Linux on riscv64, emulated", 3),
    ("s390x", "Linux on s390x, emulated", 3),
    ("arm", "Linux on arm (32 bits), emulated", 3),
    ("kernel-x86_64", "kernel on x86_64, booted, one core", 2),
    ("kernel-aarch64", "kernel on aarch64, booted, two cores", 3),
    ("kernel-riscv64", "kernel on riscv64, booted, two cores", 3),
];

/// Notes how many clauses of the conformance kit passed on a ground, and how many it does not have: by the name in [`GROUNDS`].
pub(crate) fn note_kit(ground: &str, passed: usize, skipped: usize) -> Result<()> {
    let folder = counts();
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(format!("kit-{ground}.counts")), format!("{passed}\t{skipped}\n"))?)
}

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
    let mut kits = String::new();
    for (ground, place, rung) in GROUNDS {
        match row_of_kit(ground, place, rung)? {
            Some(counted) => kits.push_str(&counted),
            None => {
                println!("the conformance kit has not passed here on {place}; what the README says of it stays");
                let start = format!("| {place} |");
                old.lines().filter(|line| line.starts_with(&start)).for_each(|line| kits.extend([line, "\n"]));
            }
        }
    }
    fs::write(&path, format!("{front}{BEGIN}{HEADING}{rows}\n{KIT_HEADING}{kits}{END}{back}"))?;
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
            bail!(
                "the matrix in the README is not what the suites of {machine} have counted: `cargo xtask matrix`, or, if target/tmp has counts of an older commit, remove them"
            );
        }
    }
    for (ground, place, _) in GROUNDS {
        let Some((passed, skipped)) = kit(ground)? else { continue };
        let start = format!("| {place} |");
        let row = matrix.lines().find(|line| line.starts_with(&start)).unwrap_or_default();
        let numbers = row.split('|').rev().filter_map(|cell| cell.trim().parse::<u32>().ok());
        // The last two. What is not there may be more on a machine that has less, addresses for instance.
        if numbers.take(2).sum::<u32>() != passed + skipped {
            bail!(
                "the matrix in the README is not what the conformance kit has counted on {place}: `cargo xtask matrix`, or, if target/tmp \
                 has counts of an older commit, remove them"
            );
        }
    }
    Ok(())
}

const HEADING: &str = "\
| machine | rung | code | traps | official suite: files, assertions | scripts of ours |
|---|--:|---|---|--:|--:|
";

const KIT_HEADING: &str = "\
| ground | rung | conformance kit: clauses that passed | not there |
|---|--:|--:|--:|
";

/// Where suites write down what they have counted.
fn counts() -> PathBuf {
    tool::root().join("target/tmp")
}

/// The rung that images stand on which are loaded when the suite runs.
const fn rung(bytecode: bool, hardware: bool) -> u8 {
    match (bytecode, hardware) {
        (true, _) => 0,
        (false, false) => 1,
        (false, true) => 2,
    }
}

fn row_of_kit(ground: &str, place: &str, rung: u8) -> Result<Option<String>> {
    Ok(kit(ground)?.map(|(passed, skipped)| format!("| {place} | {rung} | {passed} | {skipped} |\n")))
}

/// How many clauses of the kit passed on a ground, and how many are about what it does not have, if it was run.
fn kit(ground: &str) -> Result<Option<(u32, u32)>> {
    let Ok(counted) = fs::read_to_string(counts().join(format!("kit-{ground}.counts"))) else { return Ok(None) };
    let Some((passed, skipped)) = counted.trim_end().split_once('\t') else {
        bail!("kit-{ground}.counts: `{counted}` is no record");
    };
    Ok(Some((passed.parse()?, skipped.parse()?)))
}

fn rows_of(machine: &str, place: &str) -> Result<Option<String>> {
    let Ok(suite) = fs::read_to_string(counts().join(format!("suite-{machine}.counts"))) else { return Ok(None) };
    let mut rows = String::new();
    for line in suite.lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let [target, features, traps, special, files, refused, played, ours] = *fields else {
            bail!("suite-{machine}.counts: `{line}` is no record");
        };
        let refused: u64 = refused.parse()?;
        let played: u64 = played.parse()?;
        let bytecode = target.starts_with("pulley");
        let rung = rung(bytecode, traps == "hardware");
        let code = if bytecode { format!("`{target}`") } else { "native".to_owned() };
        let with = if features.is_empty() { String::new() } else { format!(" with {features}") };
        let special = if special.is_empty() { String::new() } else { format!(", {special}") };
        let assertions = if played == 0 {
            format!("{files}, compiles; {refused} refused rightly")
        } else {
            format!("{files}, {}", refused + played)
        };
        let ours = if played == 0 { "compiles" } else { ours };
        rows.push_str(&format!("| {place} | {rung} | {code}{with}{special} | {traps} | {assertions} | {ours} |\n"));
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
