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
    /// The folder that it is built in.
    out: &'static str,
}

const CORTEX_M: InC = InC { name: "mps2_an386", package: "thumbv7em-none-eabihf", out: "mps2_an386" };
const RV32: InC = InC { name: "virt_rv32", package: "riscv32imac-unaligned-none-elf", out: "virt_rv32" };

pub(crate) fn cortex_m() -> Result<()> {
    run(&super::CORTEX_M, &CORTEX_M).map(drop)
}

/// With floats and without: less flash, and bytecode with floats is refused.
pub(crate) fn rv32() -> Result<()> {
    run(&super::RV32, &RV32)?;
    let without =
        InC { name: RV32.name, package: "riscv32imac-unaligned-none-elf-no-floats", out: "virt_rv32-no-floats" };
    let said = run(&super::RV32, &without)?;
    let refused = "floats: the image needs what is not here: floats";
    ensure!(said.contains(refused), "the firmware without floats did not write `{refused}`");
    Ok(())
}

fn run(board: &Board, in_c: &InC) -> Result<String> {
    let program = build(in_c)?;
    let (said, used) = boot_and_check(board, &program)?;
    ensure!(used.0 == 0, "the firmware in C used a heap");
    let refused = "vectors: the image needs what is not here: vectors";
    ensure!(said.contains(refused), "the firmware did not write `{refused}`");
    sizes::count(&format!("{}, in C, {}", board.name, in_c.package), &program, used)?;
    Ok(said)
}

fn build(in_c: &InC) -> Result<PathBuf> {
    let stilt = tool::stilt()?;
    let package = dist::package(in_c.package)?;
    let out = tool::root().join("target/firmware-c").join(in_c.out);
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let mut make = Command::new("make");
    make.arg("--silent").arg("-C").arg(tool::root().join(FOLDER)).arg(format!("BOARD={}", in_c.name));
    make.arg(format!("OUT={}", out.display())).arg(format!("STILT={}", package.display()));
    tool::run(make.arg(format!("STILT_COMMAND={}", stilt.display())))?;
    Ok(out.join("firmware.elf"))
}
