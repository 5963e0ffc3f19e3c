//! `libstilt.a`: built for a target and made fit for any program of C. One object, in which what Rust's compiler calls (`memcpy`,
//! `__aeabi_dadd`, ...) is defined and local, so that it neither clashes with a program's nor takes its place. Checked each time.

use super::target::{Kind, Package, Target};
use super::work;
use crate::{c_api, tool};
use anyhow::{Context as _, Result, ensure};
use object::{Object as _, ObjectSymbol as _};
use std::collections::BTreeSet;
use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the platform gives; no gate of the header is on.
const PLATFORM: [&str; 2] = ["wasmtime_tls_get", "wasmtime_tls_set"];

/// Sections of no use to a program: bitcode, for link-time optimisation among Rust's own; and unwind tables that say of each function
/// that nothing is unwound through it, which linkers do for what has none.
const REMOVED: [&str; 5] = [".llvmbc", ".llvmcmd", ".ARM.exidx*", ".rel.ARM.exidx*", ".comment"];

/// What makes code smaller and changes nothing else: a panic, which no input reaches, is an illegal instruction.
const FLAGS: [&str; 4] =
    ["-Zlocation-detail=none", "-Zfmt-debug=none", "-Zunstable-options", "-Cpanic=immediate-abort"];

/// What Cargo runs the compiler with.
const WRAPPER: &str = "xtask/src/dist/rustc.sh";

/// Builds it; where it is.
pub(super) fn build(package: &Package) -> Result<PathBuf> {
    let (built, target) = (compile(package)?, package.target);
    let header = fs::read_to_string(tool::root().join("c-api/include/stilt.h"))?;
    let functions: BTreeSet<&str> = c_api::declared(&header).collect();

    let folder = work().join("objects").join(package.name());
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let (whole, kept) = (folder.join("whole.o"), folder.join("kept.txt"));
    fs::write(&kept, functions.iter().map(|name| format!("{name}\n")).collect::<String>())?;
    let mut merge = Command::new("/usr/bin/ld.lld");
    merge.args(["-r", "--gc-sections", "-m", target.emulation]);
    merge.args(functions.iter().map(|name| format!("--undefined={name}")));
    tool::run_quietly(merge.arg(built).arg("-o").arg(&whole))?;

    let object = folder.join("stilt.o");
    let mut localise = Command::new("/usr/bin/llvm-objcopy");
    localise.args(["--strip-debug", "--wildcard"]).args(REMOVED.map(|section| format!("--remove-section={section}")));
    localise.arg(format!("--keep-global-symbols={}", kept.display()));
    tool::run_quietly(localise.args([&whole, &object]))?;
    check(&object, &functions)
        .with_context(|| format!("the library for {} is not fit to be given away", package.name()))?;

    let library = folder.join("libstilt.a");
    if library.exists() {
        fs::remove_file(&library)?;
    }
    let mut archive = Command::new("/usr/bin/llvm-ar");
    // Without times and owners.
    tool::run_quietly(archive.arg("rcsD").args([&library, &object]))?;
    Ok(library)
}

/// Rust's part: the library with all that it refers to, core and allocation built from source for this.
fn compile(package: &Package) -> Result<PathBuf> {
    let target = package.target;
    let small = target.kind != Kind::Large;
    let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
    flags.push(format!("--remap-path-prefix={}=stilt", tool::root().display()));
    if let Some(home) = std::env::var_os("HOME") {
        flags.push(format!("--remap-path-prefix={}=home", Path::new(&home).display()));
    }
    if small {
        flags.push("--cfg=pulley_disable_interp_simd".to_owned());
    }
    if !package.floats {
        flags.push("--cfg=stilt_disable_interp_floats".to_owned());
    }
    flags.push(format!("-Crelocation-model={}", if small { "static" } else { "pic" }));

    let mut cargo = Command::new("/usr/bin/cargo");
    cargo.current_dir(tool::root().join("c-api")).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_DIR", work()).env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTFLAGS");
    // The same names, and so the same bytes, wherever the repository lies.
    cargo.env("RUSTC_WRAPPER", tool::root().join(WRAPPER));
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.args(["build", "--release", "--locked", "--package", "stilt-c-library", "-Zbuild-std=core,alloc"]);
    // Where most of the time of bytecode goes.
    cargo.args(["--config", "profile.release.package.pulley-interpreter.opt-level=3"]);
    if small {
        cargo.args(["-Zbuild-std-features=optimize_for_size", "--config", "profile.release.opt-level=\"z\""]);
    } else {
        // Functions on memory, which Rust's library leaves to C's where there is one.
        cargo.arg("-Zbuild-std-features=compiler-builtins-mem");
    }
    cargo.args(["--no-default-features", "--features", &features(target), "--target"]);
    let name = if target.kind == Kind::InterruptsOff || !target.features.is_empty() {
        // By its name, not by its file, whose place would be in the names of all that is compiled.
        cargo.env("RUST_TARGET_PATH", specifications());
        described(target)?
    } else {
        target.rust.to_owned()
    };
    cargo.arg(&name);
    if !std::io::stderr().is_terminal() {
        cargo.arg("--quiet");
    }
    tool::run_quietly(&mut cargo)?;
    Ok(work().join(name).join("release/libstilt.a"))
}

/// The features of it that a target's has.
pub(super) fn features(target: &Target) -> String {
    let mut features = vec!["backtraces", "bulk-memory", "pulley", "tables"];
    if target.kind == Kind::Large {
        // 16 KB of a Cortex-M4's flash. Without them the status and the fields of an error say what is wrong, and tables are trusted behind
        // their checksum, as code is.
        features.extend(["image-checks", "messages"]);
    }
    features.extend((target.kind == Kind::Large).then_some("soft-float"));
    features.extend((target.kind == Kind::InterruptsOff).then_some("interrupts-off"));
    features.join(",")
}

/// Where descriptions of targets are.
fn specifications() -> PathBuf {
    work().join("specifications")
}

/// Writes the description of a target that is Rust's with something more, and what it is called: features, which the compiler's option for
/// them would warn of; and compare-and-swap where there is none: the library has it, then (`interrupts_off.rs`).
fn described(target: &Target) -> Result<String> {
    let (machine, rest) = target.name.split_once('-').context("names of targets have parts")?;
    // Rust's library goes by the first part and the last ones, so only what is between can be another.
    let name = format!("{machine}-stilt-{rest}");
    let mut ask = Command::new("/usr/bin/rustc");
    ask.env("RUSTC_BOOTSTRAP", "1");
    ask.args(["-Zunstable-options", "--print", "target-spec-json", "--target", target.rust]);
    let mut described: serde_json::Value = serde_json::from_slice(&tool::output(&mut ask)?)?;
    let fields = described.as_object_mut().context("the compiler describes targets as objects of JSON")?;
    let known = fields.get("features").and_then(serde_json::Value::as_str).into_iter();
    let features: Vec<_> = known.chain(target.features.iter().copied()).collect();
    fields.insert("features".to_owned(), features.join(",").into());
    if target.kind == Kind::InterruptsOff {
        fields.insert("atomic-cas".to_owned(), true.into());
        fields.insert("max-atomic-width".to_owned(), 32.into());
    }
    fs::create_dir_all(specifications())?;
    let file = specifications().join(&name).with_extension("json");
    let text = serde_json::to_string_pretty(&described)?;
    if fs::read_to_string(&file).ok().as_deref() != Some(&*text) {
        // Cargo does not look into the file.
        let built = work().join(&name);
        if built.exists() {
            fs::remove_dir_all(&built)?;
        }
        fs::write(&file, text)?;
    }
    Ok(name)
}

/// It has the header's functions and nothing else to link with, asks for the platform and nothing else, and does not tell where it
/// was built.
fn check(object: &Path, functions: &BTreeSet<&str>) -> Result<()> {
    let bytes = fs::read(object)?;
    let file = object::File::parse(&*bytes)?;
    let (mut defined, mut undefined) = (BTreeSet::new(), BTreeSet::new());
    for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
        let names = if symbol.is_undefined() { &mut undefined } else { &mut defined };
        names.insert(symbol.name()?);
    }
    ensure!(
        defined == *functions,
        "its symbols are not the functions of stilt.h: these differ: {:?}",
        defined.symmetric_difference(functions).collect::<Vec<_>>()
    );
    ensure!(undefined == BTreeSet::from(PLATFORM), "it asks for {undefined:?}, and the platform has {PLATFORM:?}");
    let home = std::env::var("HOME").unwrap_or_default();
    for place in [tool::root().to_string_lossy().as_ref(), home.as_str()] {
        let told = place.len() > 1 && bytes.windows(place.len()).any(|window| window == place.as_bytes());
        ensure!(!told, "`{place}` is written in it: it would not be the same if built elsewhere");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the compiler is told of a crate that lies somewhere.
    fn told(folder: &Path) -> String {
        let mut compiler = Command::new(tool::root().join(WRAPPER));
        compiler.env("CARGO_MANIFEST_DIR", folder).env("CARGO_PKG_NAME", "stilt-vm").env("CARGO_PKG_VERSION", "1.2.3");
        let said =
            tool::output(compiler.args(["echo", "--cfg=a b", "-C", "metadata=0123", "-C", "extra-filename=-45"]));
        String::from_utf8(said.expect("the wrapper runs")).expect("echo writes what it got")
    }

    #[test]
    fn a_crate_has_the_same_name_wherever_the_repository_lies() {
        let here = told(&tool::root().join("runtime/vm"));
        assert_eq!(here, "--cfg=a b -C metadata=stilt-vm-1.2.3 -C extra-filename=-45\n");
        let elsewhere = told(Path::new("/somewhere/registry/log"));
        assert_eq!(elsewhere, "--cfg=a b -C metadata=0123 -C extra-filename=-45\n");
    }
}
