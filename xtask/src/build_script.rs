//! The example of a build script, tried as its user would: as it stands, then as a library of another program, changed, and broken.

use crate::tool;
use anyhow::{Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

const EXAMPLE: &str = "embedding-example/build-script";

pub(crate) fn run() -> Result<()> {
    let folder = tool::root().join(EXAMPLE);
    prints(&folder, "[50, 75, 37, 43]")?;

    let copy = tool::root().join("target/build-script-copy");
    copy_as_library(&folder, &copy)?;
    prints(&copy, "[50, 75, 37, 43]")?;
    // The script runs again, since the module has changed.
    let (module, source) = (copy.join("filter.wat"), fs::read_to_string(folder.join("filter.wat"))?);
    fs::write(&module, source.replace("(i32.const 2)", "(i32.const 4)"))?;
    prints(&copy, "[25, 31, 7, 14]")?;
    fs::write(&module, source.replace("i32.div_s", "i32.divide"))?;
    let broken = cargo(&copy).output()?;
    let said = String::from_utf8_lossy(&broken.stderr);
    ensure!(!broken.status.success(), "a module that is none was built");
    ensure!(
        ["filter.wat is no module", "filter.wat:5", "i32.divide"].iter().all(|words| said.contains(words)),
        "the error of a broken module is not clear: {said}"
    );
    println!(
        "the example with a build script runs, alone and as a library; changes and mistakes of its module are noticed"
    );
    Ok(())
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = tool::cargo();
    cargo.args(["run", "--quiet", "--target-dir"]).arg(tool::root().join("target/build-script")).current_dir(folder);
    cargo
}

/// Once for each of the modules in it.
fn prints(folder: &Path, line: &str) -> Result<()> {
    let printed = tool::output(cargo(folder).arg("--locked"))?;
    let printed = String::from_utf8_lossy(&printed);
    ensure!(printed == format!("{line}\n{line}\n"), "{} printed {printed:?}", folder.display());
    Ok(())
}

/// The same package with all of its code in a library, which carries the linked module to the program.
fn copy_as_library(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to.join("src"))?;
    let root = tool::root().display().to_string();
    let manifest = fs::read_to_string(from.join("Cargo.toml"))?;
    fs::write(to.join("Cargo.toml"), manifest.replace("\"../..", &format!("\"{root}")))?;
    for file in ["Cargo.lock", "build.rs", "filter.wat"] {
        fs::copy(from.join(file), to.join(file))?;
    }
    let main = fs::read_to_string(from.join("src/main.rs"))?;
    fs::write(to.join("src/lib.rs"), main.replace("\nfn main()", "\n/// The program.\npub fn main()"))?;
    let call = "fn main() -> std::process::ExitCode { stilt_example_build_script::main() }\n";
    fs::write(to.join("src/main.rs"), call)?;
    Ok(())
}
