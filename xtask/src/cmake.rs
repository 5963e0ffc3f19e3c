//! The CMake function, tried as its user would: a build from nothing, one with nothing to do, one after a change, one that
//! fails.

use crate::tool;
use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

const EXAMPLE: &str = "embedding-example/cmake";

pub(crate) fn run() -> Result<()> {
    let stilt = tool::stilt()?;
    let root = tool::root();
    // A copy, so that the module can be changed.
    let folder = root.join("target").join("cmake-example");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for file in [
        &format!("{EXAMPLE}/CMakeLists.txt"),
        "embedding-example/build-script/filter.wat",
        "cli/cmake/StiltCompile.cmake",
    ] {
        let to = folder.join(file);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(root.join(file), to)?;
    }
    let build = folder.join("build");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(folder.join(EXAMPLE)).arg("-B").arg(&build);
    tool::run(configure.arg(format!("-DSTILT_COMMAND={}", stilt.display())))?;

    let images = ["filter.x86_64.cwasm", "filter.pulley32.cwasm"];
    tool::run(&mut make(&build))?;
    let first = contents(&build, images)?;
    let said = String::from_utf8(make(&build).output()?.stdout)?;
    ensure!(!said.contains("Compiling WebAssembly"), "a build with nothing to do did something: {said}");

    let module = folder.join("embedding-example/build-script/filter.wat");
    let text = fs::read_to_string(&module)?;
    fs::write(&module, text.replace("(i32.const 2)", "(i32.const 4)"))?;
    tool::run(&mut make(&build))?;
    for ((image, old), new) in images.iter().zip(&first).zip(contents(&build, images)?) {
        ensure!(*old != new, "{image} was not made again after its module had changed");
    }

    fs::write(&module, "(module (func (result i32)))")?;
    let failed = make(&build).output()?;
    if failed.status.success() {
        bail!("the build went well although the module is wrong");
    }
    let said = String::from_utf8_lossy(&failed.stderr).into_owned() + &String::from_utf8_lossy(&failed.stdout);
    ensure!(said.contains("cannot compile"), "the error is not told: {said}");
    println!("the CMake function builds, rebuilds and fails as it should");
    Ok(())
}

fn make(build: &Path) -> Command {
    let mut command = Command::new("cmake");
    command.arg("--build").arg(build);
    command
}

fn contents(build: &Path, images: [&str; 2]) -> Result<Vec<Vec<u8>>> {
    let read = |image: &&str| fs::read(build.join(image)).with_context(|| format!("{image} was not made"));
    images.iter().map(read).collect()
}
