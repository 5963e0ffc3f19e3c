//! The same firmware in C (`embedding-example/firmware-c`), built by its makefile with the library as it is given away: no Rust, no
//! allocator. It is to write what the one in Rust does, and its sizes are counted in the same way.

use super::{Board, boot_and_check, sizes};
use crate::{dist, tool};
use anyhow::{Result, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const FOLDER: &str = "embedding-example/firmware-c";

/// What is different for a board.
struct InC {
    /// The file of the board.
    name: &'static str,
    /// The library's.
    package: &'static str,
}

const CORTEX_M: InC = InC { name: "mps2_an386", package: "thumbv7em-none-eabihf" };
const RV32: InC = InC { name: "virt_rv32", package: "riscv32imac-unaligned-none-elf" };

pub(crate) fn cortex_m() -> Result<()> {
    run(&super::CORTEX_M, &CORTEX_M)
}

pub(crate) fn rv32() -> Result<()> {
    run(&super::RV32, &RV32)
}

fn run(board: &Board, in_c: &InC) -> Result<()> {
    let program = build(in_c)?;
    let used = boot_and_check(board, &program)?;
    ensure!(used.0 == 0, "the firmware in C used a heap");
    sizes::count(&format!("{}, in C", board.name), &program, used)
}

fn build(in_c: &InC) -> Result<PathBuf> {
    let stilt = tool::stilt()?;
    let package = dist::package(in_c.package)?;
    let out = tool::root().join("target/firmware-c").join(in_c.name);
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let mut make = Command::new("make");
    make.arg("--silent").arg("-C").arg(tool::root().join(FOLDER)).arg(format!("BOARD={}", in_c.name));
    make.arg(format!("OUT={}", out.display())).arg(format!("STILT={}", package.display()));
    tool::run(make.arg(format!("STILT_COMMAND={}", stilt.display())))?;
    Ok(out.join("firmware.elf"))
}
