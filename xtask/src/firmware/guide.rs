//! `docs/firmware.md`, followed as a reader would: its files are written, its commands are run, and what they print is compared with what
//! it says.
//!
//! A fenced block whose first line before it names a file in backquotes, with a colon, is that file. Blocks of `sh` are run, in their order.
//! A block of `text` is what the commands in front of it print, exactly.

use crate::{dist, tool};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

const GUIDE: &str = "docs/firmware.md";

/// The package that the guide tells its reader to unpack.
const TARGET: &str = "thumbv7em-none-eabihf";

pub(crate) fn run() -> Result<()> {
    let stilt = tool::stilt()?;
    let package = dist::package(TARGET)?;
    let folder = tool::root().join("target/firmware-guide");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;

    let guide = fs::read_to_string(tool::root().join(GUIDE))?;
    let (mut files, mut said, mut compared) = (0, None, 0);
    for block in blocks(&guide) {
        if let Some(name) = block.file {
            fs::write(folder.join(name), block.text)?;
            files += 1;
        } else if block.language == "sh" {
            said = Some(follow(block.text, &folder, &package, &stilt)?);
        } else if block.language == "text" {
            let said = said.take().context("the guide shows output, and no command in front of it")?;
            ensure!(said == block.text, "{GUIDE} shows\n{}\nand its commands print\n{said}", block.text);
            compared += 1;
        }
    }
    ensure!(
        files >= 5 && compared >= 1,
        "{GUIDE} has {files} files, and shows {compared} outputs: where are the others?"
    );
    println!("docs/firmware.md: {files} files, and what they print is what it says");
    tool::run(Command::new("arm-none-eabi-size").arg("-A").arg(folder.join("firmware.elf")))
}

/// Runs commands; what they print.
fn follow(commands: &str, folder: &Path, package: &Path, stilt: &Path) -> Result<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", stilt.parent().context("a program lies in a folder")?.display());
    let mut shell = Command::new("sh");
    shell.arg("-euc").arg(commands).current_dir(folder).env("STILT", package).env("PATH", path);
    Ok(String::from_utf8(tool::output(shell.stdin(std::process::Stdio::null()))?)?)
}

/// A fenced block.
struct Block<'a> {
    language: &'a str,
    /// The file that it is.
    file: Option<&'a str>,
    text: &'a str,
}

fn blocks(guide: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut before = "";
    let mut rest = guide;
    while let Some((line, behind)) = rest.split_once('\n') {
        rest = behind;
        if let Some(language) = line.strip_prefix("```") {
            let (text, behind) = rest.split_once("```\n").unwrap_or((rest, ""));
            let file = before.strip_suffix(":").and_then(|named| named.strip_suffix('`')?.rsplit_once('`'));
            blocks.push(Block { language, file: file.map(|(_, name)| name), text });
            (rest, before) = (behind, "");
        } else if !line.trim().is_empty() {
            before = line.trim();
        }
    }
    blocks
}
