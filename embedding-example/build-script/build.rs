//! Compiles `filter.wat` into an image that the program carries. Bytecode for the interpreter, so that the image runs wherever
//! the program does; native code would be `Options::for_target("x86_64")`, or whatever `Device::apply` says.

use anyhow::{Context as _, Result};
use std::path::PathBuf;
use std::{env, fs};
use stilt_precompiler::{Options, Precompiler};

const SOURCE: &str = "filter.wat";

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed={SOURCE}");
    let bits = env::var("CARGO_CFG_TARGET_POINTER_WIDTH").context("cargo says how wide a pointer is")?;
    let big = if env::var("CARGO_CFG_TARGET_ENDIAN").is_ok_and(|endian| endian == "big") { "be" } else { "" };
    let mut options = Options::for_target(&format!("pulley{bits}{big}"));
    options.strip = true;
    let module = wat::parse_file(SOURCE)?;
    let image = Precompiler::new(options)?.compile(&module).with_context(|| format!("cannot compile {SOURCE}"))?;
    let folder = PathBuf::from(env::var_os("OUT_DIR").context("cargo names a folder for what is made")?);
    fs::write(folder.join("filter.cwasm"), image)?;
    Ok(())
}
