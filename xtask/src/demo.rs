//! The main job on real input: precompile real programs, run the images on the Linux platform, and check that a compressor
//! gives back what it was given.

use crate::tool;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    let stilt = tool::stilt()?;
    let folder = tool::root().join("target/demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let image = |name: &str| folder.join(format!("{name}.cwasm"));
    for name in ["generate", "squeeze", "digest", "text"] {
        let module = tool::root().join(format!("tests/corpus/wasm/{name}.wasm"));
        tool::run(Command::new(&stilt).arg("compile").arg(module).arg("-o").arg(image(name)))?;
    }
    let (raw, packed, back) = (folder.join("raw"), folder.join("packed"), folder.join("back"));
    filter(&stilt, &image("generate"), &["text", "1000000"], None, Some(&raw))?;
    filter(&stilt, &image("squeeze"), &["c"], Some(&raw), Some(&packed))?;
    filter(&stilt, &image("squeeze"), &["d"], Some(&packed), Some(&back))?;
    let (raw_bytes, packed_bytes) = (fs::read(&raw)?, fs::read(&packed)?);
    if raw_bytes != fs::read(&back)? {
        bail!("the compressor did not give back what it was given");
    }
    println!("\n{} bytes of text, packed to {}, and the same again when unpacked", raw_bytes.len(), packed_bytes.len());
    filter(&stilt, &image("digest"), &[], Some(&raw), None)?;
    filter(&stilt, &image("text"), &["words", "3"], Some(&raw), None)?;
    embed(&stilt, &image("greet"))
}

/// The embedding of the README, as written there.
fn embed(stilt: &Path, image: &Path) -> Result<()> {
    let module = tool::root().join("embedding-example/linux/greet.wat");
    tool::run(Command::new(stilt).arg("compile").arg(module).arg("-o").arg(image))?;
    let output = tool::output(tool::cargo().args(["run", "--package", "stilt-example-linux", "--"]).arg(image))?;
    let output = String::from_utf8_lossy(&output);
    print!("{output}");
    for expected in ["hello from wasm", "7 / 2 = 3", "7 / 0: wasm trap: integer divide by zero"] {
        if !output.contains(expected) {
            bail!("the example of an embedding did not print `{expected}`");
        }
    }
    Ok(())
}

/// Runs an image with files as its standard streams.
fn filter(stilt: &Path, image: &Path, args: &[&str], input: Option<&Path>, output: Option<&Path>) -> Result<()> {
    let mut command = Command::new(stilt);
    command.arg("run").arg(image).arg("--").args(args);
    if let Some(path) = input {
        command.stdin(fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?);
    }
    if let Some(path) = output {
        command.stdout(fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?);
    }
    tool::run(&mut command)
}
