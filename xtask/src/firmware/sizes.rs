//! What the firmware takes of flash and RAM.

use super::{MOST_FLASH, MOST_RAM};
use crate::tool;
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Sections in flash, without the guests' images, which have one of their own.
const FLASH: [&str; 5] = [".vector_table", ".text", ".init.rust", ".rodata", ".data"];
/// Static data.
const RAM: [&str; 2] = [".data", ".bss"];

/// Prints the sizes, keeps them in a file, and compares them with what the firmware may take.
pub(super) fn count(name: &str, program: &Path, (heap, stack): (u64, u64)) -> Result<()> {
    let listed = tool::output(Command::new("llvm-size").arg("-A").arg(program))?;
    let listed = String::from_utf8(listed)?;
    let section = |name: &str| -> u64 {
        let sizes = listed.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            (words.next()? == name).then(|| words.next()?.parse::<u64>().ok()).flatten()
        });
        sizes.sum::<u64>()
    };
    let mut text = format!("{name}: flash, in bytes, by section\n");
    let mut flash = 0;
    for section_name in FLASH {
        flash += section(section_name);
        writeln!(text, "{:>8}  {section_name}", section(section_name))?;
    }
    let images = section(".images");
    writeln!(text, "{flash:>8}  in all; images of guests beside it: {images}")?;
    let loaded = loaded(program)?;
    ensure!(
        flash + images == loaded,
        "{name}: {loaded} bytes are loaded, but these sections have {}; the linker has more in flash:\n{listed}",
        flash + images
    );
    writeln!(text, "code and constants, by crate")?;
    let mut crates: Vec<_> = by_crate(program)?.into_iter().collect();
    crates.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    for (name, size) in crates.iter().take(12) {
        writeln!(text, "{size:>8}  {name}")?;
    }
    let statics: u64 = RAM.iter().map(|name| section(name)).sum();
    let ram = statics + stack;
    writeln!(
        text,
        "RAM beside the guest's memory: {statics} static, of which a heap used {heap}; stack {stack}: {ram}"
    )?;
    print!("{text}");
    fs::write(program.with_extension("sizes"), text).context("cannot keep the sizes")?;
    ensure!(flash <= MOST_FLASH, "{name}: the firmware takes {flash} bytes of flash, more than {MOST_FLASH}");
    ensure!(ram <= MOST_RAM, "{name}: the firmware takes {ram} bytes of RAM, more than {MOST_RAM}");
    Ok(())
}

/// Bytes of all sections that are not only zeros, whatever they are called.
fn loaded(program: &Path) -> Result<u64> {
    let listed = tool::output(Command::new("llvm-size").arg("-B").arg(program))?;
    let listed = String::from_utf8(listed)?;
    let line = listed.lines().nth(1).context("llvm-size has written one line")?;
    let numbers = line.split_whitespace().take(2).map(|number| Ok(number.parse::<u64>()?));
    numbers.sum()
}

/// Sizes of symbols, by the crate that their path begins with. Generic code counts for the crate that it is of.
fn by_crate(program: &Path) -> Result<BTreeMap<String, u64>> {
    let listed = tool::output(Command::new("llvm-nm").args(["--print-size", "--demangle"]).arg(program))?;
    let mut crates = BTreeMap::new();
    for line in String::from_utf8(listed)?.lines() {
        let mut words = line.splitn(4, ' ');
        let (Some(_), Some(size), Some(kind), Some(name)) = (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let Ok(size) = u64::from_str_radix(size, 16) else { continue };
        if !matches!(kind, "t" | "T" | "r" | "R") || name.contains("images::IMAGES") {
            continue;
        }
        let name = name.trim_start_matches(['<', '&', '[', '(']).trim_start_matches("dyn ").trim_start_matches("mut ");
        let owner = match name.split_once("::") {
            Some((owner, _)) if !owner.contains([' ', '<', '[']) => owner,
            // Functions of stilt.h.
            None if name.starts_with("stilt_") => "stilt_c",
            _ => "others",
        };
        *crates.entry(owner.to_owned()).or_insert(0) += size;
    }
    Ok(crates)
}
