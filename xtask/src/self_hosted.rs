//! The precompiler on another machine: built for aarch64 and emulated, it gives the bytes that it gives here. Not among the suites:
//! a compiler for another machine takes minutes to build.

use crate::{emulated, tool};
use anyhow::{Context as _, Result, bail, ensure};
use std::path::Path;
use std::process::Command;

const TARGETS: [&str; 5] = ["x86_64", "aarch64", "riscv64", "s390x", "pulley32be"];

const MODULES: [&str; 3] = ["squeeze", "text", "digest-simd"];

pub(crate) fn run() -> Result<()> {
    let root = tool::root();
    // Here with all of the workspace, so that what its tests have built is not built again with other features.
    tool::run(tool::cargo().args(["build", "--quiet", "--workspace", "--example", "compile"]))?;
    tool::run(emulated::AARCH64.cargo("build").args(["--package", "stilt-precompiler", "--example", "compile"]))?;
    let there = emulated::AARCH64.built("examples/compile");
    let folder = root.join("target/self-hosted");
    std::fs::create_dir_all(&folder)?;
    let mut equal = 0;
    for module in MODULES {
        let wasm = root.join(format!("tests/corpus/wasm/{module}.wasm"));
        for target in TARGETS {
            let image = |name: &str| folder.join(format!("{module}.{target}.{name}.cwasm"));
            let (ours, theirs) = (image("here"), image("aarch64"));
            let compiled = compile(Command::new(root.join("target/debug/examples/compile")), &wasm, &ours, target)?;
            let mut emulated = Command::new("/usr/bin/env");
            emulated.args(emulated::AARCH64.emulate()).arg(&there);
            let compiled_there = compile(emulated, &wasm, &theirs, target)?;
            ensure!(
                compiled == compiled_there,
                "{module} for {target}: one refuses it: `{compiled}`, `{compiled_there}`"
            );
            if compiled.is_empty() {
                if std::fs::read(&ours)? != std::fs::read(&theirs)? {
                    bail!("{} and {} are not equal", ours.display(), theirs.display());
                }
                equal += 1;
            } else {
                println!("{module} for {target}: refused by both: {}", compiled.trim_end());
            }
        }
    }
    // But for vectors on a riscv64 that has none.
    let expected = MODULES.len() * TARGETS.len() - 1;
    ensure!(equal == expected, "only {equal} images were made, expected {expected}");
    println!("{equal} images have the same bytes, made here and on aarch64");
    Ok(())
}

/// What the compiler said; nothing if it has written the image.
fn compile(mut command: Command, wasm: &Path, image: &Path, target: &str) -> Result<String> {
    let output = command.arg(wasm).arg(image).arg(target).output().context("the compiler does not start")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success() == said.is_empty(), "the compiler ended with {}: {said}", output.status);
    Ok(said)
}
