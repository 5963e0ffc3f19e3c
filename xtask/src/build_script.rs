//! The example of a build script, tried as its user would.

use crate::tool;
use anyhow::{Result, ensure};

pub(crate) fn run() -> Result<()> {
    let folder = tool::root().join("embedding-example/build-script");
    let mut cargo = tool::cargo();
    cargo.args(["run", "--quiet", "--locked", "--target-dir"]).arg(tool::root().join("target/build-script"));
    let printed = tool::output(cargo.current_dir(folder))?;
    ensure!(printed == b"[50, 75, 37, 43]\n", "the example printed {:?}", String::from_utf8_lossy(&printed));
    println!("the example with a build script runs");
    Ok(())
}
