//! A part of the official suite on the Cortex-M board: `stilt-spec-host` compiles, and asks this to play. So the player's command is
//! `cargo xtask` itself.

use super::CORTEX_M;
use crate::tool;
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// As in `tests/spec-board`: where the pack's length goes, and the pack.
const LENGTH: u64 = 0x2120_0000 + (9 << 20);
const PACK: u64 = LENGTH + 64;
/// Up to the end of the board's RAM.
const ROOM: u64 = 0x2200_0000 - PACK;

const FOLDER: &str = "tests/spec-board";

/// Builds the board's program and runs the suite.
pub(crate) fn run() -> Result<()> {
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.current_dir(tool::root().join(FOLDER)).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_DIR", folder()).env_remove("RUSTUP_TOOLCHAIN");
    cargo.args(["build", "--release", "--locked", "-Zbuild-std=core,alloc", "--target", CORTEX_M.target]);
    tool::run(&mut cargo)?;
    let player = std::env::current_exe().context("this program has a file")?;
    let mut suite = tool::cargo();
    suite.args(["test", "--workspace", "--test", "official", "--", "--isa", "cortex-m", "--player"]);
    tool::run(suite.arg(format!("{} play-on-board", player.display())))
}

/// Plays a pack: what the suite starts. To standard output goes what the board writes.
pub(crate) fn play(pack: &Path) -> Result<()> {
    let length = pack.metadata().with_context(|| pack.display().to_string())?.len();
    ensure!(length <= ROOM, "the pack has {length} bytes, and the board's RAM has room for {ROOM}");
    let program = folder().join(CORTEX_M.target).join("release/stilt-spec-board");
    let arguments = [
        "-device".to_owned(),
        format!("loader,addr={LENGTH:#x},data={length:#x},data-len=4"),
        "-device".to_owned(),
        format!("loader,addr={PACK:#x},file={},force-raw=on", pack.display()),
        "-kernel".to_owned(),
        program.display().to_string(),
    ];
    super::boot(&CORTEX_M, &arguments).map(drop)
}

fn folder() -> PathBuf {
    tool::root().join("target/spec-board")
}
