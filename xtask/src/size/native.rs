//! The smallest embedding on this machine, native code: linked against C, garbage-collected, run.
//!
//! Counted is what the project's own code puts into the image: runtime, builtins, error text. Not counted: allocator,
//! libc, start-up code and the platform file, which are C and whose sections the linker map names.

use super::{FOLDER, Sizes};
use crate::tool;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Links it with these features, fails if it can reach a panic, and says how large it is.
pub(super) fn measure(features: &str) -> Result<Sizes> {
    let target = tool::root().join("target/smallest");
    let folder = tool::root().join(FOLDER);
    let mut cargo = tool::cargo();
    cargo.args(["build", "--quiet", "--release", "--features", features, "--manifest-path"]);
    tool::run(cargo.arg(folder.join("Cargo.toml")).arg("--target-dir").arg(&target))?;

    let (program, map) = (target.join("smallest"), target.join("smallest.map"));
    let mut link = Command::new("cc");
    link.args(["-Os", "-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections", "-I"]).arg(tool::root());
    link.arg(folder.join("platform.c")).arg(target.join("release/libstilt_example_smallest.a"));
    link.arg("-Wl,--gc-sections").arg(format!("-Wl,-Map={}", map.display())).arg("-o").arg(&program);
    if features.contains("pulley") {
        // The interpreter is another project's, and has panics that no input reaches, but that a linker sees.
        link.args(["-Wl,--defsym=stilt_a_panic_is_reachable=0", "-Wl,--defsym=rust_eh_personality=0"]);
    }
    tool::run(&mut link).context("the smallest image does not link; if `stilt_a_panic_is_reachable` is undefined, then a panic can be reached from the functions that the linker names")?;
    sizes(&map)
}

/// Runs what [`measure`] has linked.
pub(super) fn check_that_it_runs() -> Result<()> {
    let target = tool::root().join("target/smallest");
    let image = target.join("run.cwasm");
    let mut compile = Command::new(tool::stilt()?);
    tool::run(
        compile
            .args(["compile", "--traps", "explicit", "-o"])
            .arg(&image)
            .arg(tool::root().join(FOLDER).join("run.wat")),
    )?;
    for (argument, expected) in [("7", "14"), ("0", "trap 8")] {
        let output = tool::output(Command::new(target.join("smallest")).arg(&image).arg(argument))?;
        let output = String::from_utf8_lossy(&output);
        if output.trim() != expected {
            bail!("the smallest image answers `{}` for {argument}, expected `{expected}`", output.trim());
        }
    }
    Ok(())
}

/// Adds up, by output section, the input sections that come from the Rust archive.
fn sizes(map: &Path) -> Result<Sizes> {
    let text = fs::read_to_string(map).with_context(|| format!("cannot read {}", map.display()))?;
    let body = text.split("Linker script and memory map").nth(1).context("the linker map has no memory map")?;
    let mut totals: Vec<(String, u64)> = Vec::new();
    let mut output = String::new();
    // A line is ` .text.name  0xaddress  0xsize  file`; after a long name the rest follows on the next line.
    let mut words: Vec<&str> = Vec::new();
    for line in body.lines() {
        if line.starts_with('.') {
            output = line.split_whitespace().next().unwrap_or_default().to_owned();
            words.clear();
            continue;
        }
        if line.starts_with(" .") {
            words.clear();
        }
        words.extend(line.split_whitespace());
        let [_, address, size, file] = words.as_slice() else { continue };
        let size = size.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok());
        let placed = address.strip_prefix("0x").is_some_and(|hex| hex.chars().any(|digit| digit != '0'));
        if let Some(size) = size.filter(|size| placed && *size > 0 && file.contains("libstilt_example_smallest.a")) {
            match totals.iter_mut().find(|(name, _)| *name == output) {
                Some((_, total)) => *total += size,
                None => totals.push((output.clone(), size)),
            }
        }
        words.clear();
    }
    if totals.is_empty() {
        bail!("the linker map names nothing from the Rust archive");
    }
    // Unwind tables are for debuggers of the host; firmware leaves them out. Neither are notes of the compiler loaded.
    let unloaded = |name: &str| name.starts_with(".eh_frame") || [".gcc_except_table", ".comment"].contains(&name);
    totals.retain(|(name, _)| !unloaded(name));
    Ok(Sizes(totals))
}
