//! Builds the kernels and the plain C trap natively, and writes down which compilers were used.

use std::path::Path;
use std::process::Command;
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    println!("cargo::rerun-if-changed=kernels");
    println!("cargo::rerun-if-changed=native");
    let mut table = String::new();
    let mut declarations = String::new();
    let mut names = names()?;
    names.sort();
    for name in &names {
        let symbol = format!("native_{}", name.replace('-', "_"));
        c(&format!("kernels/{name}.c")).define("NATIVE_NAME", symbol.as_str()).compile(&symbol);
        declarations += &format!("    fn {symbol}(n: i32) -> i32;\n");
        let safety =
            "// SAFETY: a plain C function of this type, which works on storage of its own; kernels run on one thread.";
        table += &format!(
            "        \"{name}\" => |n| {{\n            {safety}\n            unsafe {{ {symbol}(n) }}\n        }},\n"
        );
    }
    c("native/trap.c").compile("native_trap");
    let code = format!(
        "unsafe extern \"C\" {{\n{declarations}}}\n\n/// The native build of a kernel.\npub(crate) fn native(name: &str) -> \
         Option<fn(i32) -> i32> {{\n    Some(match name {{\n{table}        _ => return None,\n    }})\n}}\n"
    );
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("native.rs"), code)?;
    println!("cargo::rustc-env=BENCH_CC={}", first_line("gcc", "--version"));
    println!("cargo::rustc-env=BENCH_RUSTC={}", first_line(&env::var("RUSTC")?, "--version"));
    Ok(())
}

fn names() -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir("kernels")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "c")
            && let Some(name) = path.file_stem()
        {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// As a user would build C for the same processors.
fn c(file: &str) -> cc::Build {
    let mut build = cc::Build::new();
    build.compiler("gcc").file(file).opt_level(2).debug(false).flag("-march=x86-64-v2").flag("-std=gnu11");
    build
}

fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or("not known").to_owned()
}
