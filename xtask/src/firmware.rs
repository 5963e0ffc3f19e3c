//! The example of firmware, in Rust and in C, built for two boards and booted in QEMU: what it writes to its serial line is compared, and
//! its sizes are counted, by section and by crate.

pub(crate) mod guide;
pub(crate) mod in_c;
mod sizes;
pub(crate) mod speed;
pub(crate) mod suite;

use crate::boot;
use crate::tool;
use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const FOLDER: &str = "embedding-example/firmware";

/// No boot takes longer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(400);

/// The most that runtime, interpreter and example may take of flash, in bytes.
const MOST_FLASH: u64 = 96 << 10;

/// What the firmware may take of RAM beside the guest's memory, in bytes: static data, heap and stack.
const MOST_RAM: u64 = 16 << 10;

struct Board {
    name: &'static str,
    /// As Rust names it.
    target: &'static str,
    qemu: &'static str,
    arguments: &'static [&'static str],
    /// Whether its flash is a file, so that it can be started again.
    has_chips: bool,
}

const CORTEX_M: Board = Board {
    name: "Cortex-M4",
    target: "thumbv7em-none-eabihf",
    qemu: "qemu-system-arm",
    arguments: &["-M", "mps2-an386", "-semihosting"],
    has_chips: false,
};

/// Floats are computed in software there.
const RV32: Board = Board {
    name: "RV32",
    target: "riscv32imac-unknown-none-elf",
    qemu: "qemu-system-riscv32",
    arguments: &["-M", "virt", "-bios", "none", "-m", "32"],
    has_chips: true,
};

/// Bytes of each of the flash chips that QEMU's `virt` has.
const CHIP: u64 = 32 << 20;

/// Without floats and with them.
pub(crate) fn cortex_m() -> Result<()> {
    let without = r#"target.thumbv7em-none-eabihf.rustflags=["--cfg=stilt_disable_interp_floats"]"#;
    let said = run(&CORTEX_M, "Cortex-M4 without floats", &["--config", without])?;
    ensure!(
        refusal(&said, "floats") == refusal(&said, "vectors"),
        "without floats, they are not refused as vectors are"
    );
    let said = run(&CORTEX_M, CORTEX_M.name, &[])?;
    ensure!(refusal(&said, "floats") != refusal(&said, "vectors"), "floats are refused as vectors are");
    Ok(())
}

pub(crate) fn rv32() -> Result<()> {
    run(&RV32, RV32.name, &[]).map(drop)
}

/// Builds, boots and counts it; what it wrote. `more` are arguments for Cargo.
fn run(board: &Board, name: &str, more: &[&str]) -> Result<String> {
    let images = compile_guests()?;
    let program = build(board, &images, "programs", more)?;
    let (said, used) = boot_and_check(board, &program)?;
    sizes::count(name, &program, used)?;
    Ok(said)
}

/// Why an image was refused, by what is said in front of it.
fn refusal<'a>(said: &'a str, what: &str) -> Option<&'a str> {
    said.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": "))
}

/// Boots a firmware, twice where it has chips, and checks what it says; and the most of heap and stack that it used.
fn boot_and_check(board: &Board, program: &Path) -> Result<(String, (u64, u64))> {
    let said = if board.has_chips {
        let chips = Chips::new(program)?;
        let said = boot(board, &chips.arguments())?;
        chips.check_second_start(board)?;
        said
    } else {
        boot(board, &["-kernel".to_owned(), program.display().to_string()])?
    };
    check(board, &said, &reference()?)?;
    let used = used(&said).context("the firmware did not say how much memory was used")?;
    Ok((said, used))
}

/// The guests, C and text, as bytecode for 32 bits; and one image that does not belong there.
fn compile_guests() -> Result<PathBuf> {
    let program = tool::stilt()?;
    let guests = tool::root().join(FOLDER).join("guests");
    let modules = tool::root().join("target/firmware/modules");
    let images = tool::root().join("target/firmware/images");
    if images.exists() {
        fs::remove_dir_all(&images)?;
    }
    fs::create_dir_all(&images)?;
    fs::create_dir_all(&modules)?;
    let compile = |module: &Path, target: &str, image: &str, options: &[&str]| {
        let mut stilt = Command::new(&program);
        stilt.arg("compile").arg(module).args(["--target", target, "--strip"]).args(options);
        tool::run(stilt.arg("-o").arg(images.join(image).with_extension("cwasm")))
    };
    for (source, name, define) in [
        ("filter.c", "filter", "-DFIRMWARE"),
        ("crossing.c", "crossing1", "-DVERSION=1"),
        ("crossing.c", "crossing2", "-DVERSION=2"),
        ("faulty.c", "faulty", "-DFIRMWARE"),
    ] {
        let module = modules.join(name).with_extension("wasm");
        let mut clang = Command::new("clang");
        clang.args(["--target=wasm32", "-O2", "-nostdlib", "-mbulk-memory", "-Wall", "-Wextra", "-Werror", define]);
        clang.args(["-Wl,--no-entry", "-Wl,-z,stack-size=1024", "-Wl,--strip-debug", "-o"]).arg(&module);
        tool::run(clang.arg(guests.join(source)))?;
        // As many as `programs.rs` has for a guest.
        let small = ["-O", "size", "--interrupt", "epoch", "--memory-bytes", "4096", "--simd", "off"];
        compile(&module, "pulley32", name, &small)?;
    }
    for name in ["unknown", "othertype", "vectors", "floats"] {
        compile(&guests.join(name).with_extension("wat"), "pulley32", name, &[])?;
    }
    compile(&guests.join("unknown.wat"), "pulley64", "wide", &[])?;
    Ok(images)
}

/// What the filter answers on this machine, built natively from the same source.
fn reference() -> Result<String> {
    let folder = tool::root().join("target/firmware");
    fs::create_dir_all(&folder)?;
    let program = folder.join("reference");
    let source = tool::root().join(FOLDER).join("guests/reference.c");
    tool::run(Command::new("cc").args(["-O1", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program).arg(source))?;
    Ok(String::from_utf8(tool::output(&mut Command::new(&program))?)?)
}

fn build(board: &Board, images: &Path, program: &str, more: &[&str]) -> Result<PathBuf> {
    let target = tool::root().join("target/firmware");
    let mut cargo = Command::new("/usr/bin/cargo");
    // Where `.cargo/config.toml` has the flags.
    cargo.current_dir(tool::root().join(FOLDER)).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_DIR", &target).env_remove("RUSTUP_TOOLCHAIN").env("STILT_FIRMWARE_IMAGES", images);
    cargo.args(["build", "--release", "--locked", "--bin", program, "-Zbuild-std=core,alloc"]).args(more);
    tool::run(cargo.args(["-Zbuild-std-features=optimize_for_size", "--target", board.target]))?;
    Ok(target.join(board.target).join("release").join(program))
}

/// Files that stand for the board's flash chips: one with the firmware, and an empty one for updates.
struct Chips(PathBuf, PathBuf);

impl Chips {
    /// Beside the program.
    fn new(program: &Path) -> Result<Chips> {
        let chips = Chips(program.with_extension("chip"), program.with_extension("updates.chip"));
        tool::run(Command::new("llvm-objcopy").args(["-O", "binary"]).arg(program).arg(&chips.0))?;
        fs::File::options().write(true).open(&chips.0)?.set_len(CHIP)?;
        fs::File::create(&chips.1)?.set_len(CHIP)?;
        Ok(chips)
    }

    /// Starts the board again: the chips remember.
    fn check_second_start(&self, board: &Board) -> Result<()> {
        let again = boot(board, &self.arguments())?;
        for text in ["-- installed before this start", "slot 1: crossing 2", "firmware: all went well"] {
            ensure!(again.contains(text), "the second start on {} did not write `{text}`", board.name);
        }
        Ok(())
    }

    fn arguments(&self) -> Vec<String> {
        let drive = |unit: usize, file: &Path, more: &str| {
            ["-drive".to_owned(), format!("if=pflash,unit={unit},format=raw{more},file={}", file.display())]
        };
        [drive(0, &self.0, ",readonly=on"), drive(1, &self.1, "")].concat()
    }
}

/// What the firmware writes to its serial line until it ends. Time goes by with the number of instructions.
fn boot(board: &Board, arguments: &[String]) -> Result<String> {
    start(board, arguments, "shift=5")
}

/// The same with a clock of its own.
fn start(board: &Board, arguments: &[String], clock: &str) -> Result<String> {
    let mut qemu = Command::new(board.qemu);
    qemu.args(board.arguments).args(["-icount", clock, "-display", "none", "-monitor", "none", "-serial", "stdio"]);
    qemu.args(arguments);
    let (said, status) = boot::to_its_end(&mut qemu, PATIENCE)?;
    match status {
        Some(status) if status.success() => Ok(said),
        Some(status) => bail!("the firmware on {} ended with {status}", board.name),
        None => bail!("the firmware on {} did not end within {} s", board.name, PATIENCE.as_secs()),
    }
}

/// Every line that tells of something that must have happened, in the order in which it must.
fn check(board: &Board, said: &str, filtered: &str) -> Result<()> {
    let walks = |version| {
        [
            format!("crossing {version}"),
            format!("  | crossing {version}: drive"),
            "  | stopping".to_owned(),
            "  | walk".to_owned(),
            "  | clearing".to_owned(),
            "  | drive".to_owned(),
        ]
    };
    let mut expected: Vec<String> = vec![filtered.trim().to_owned()];
    expected.extend(
        [
            "trap 2 at offset 0x",
            // Two calls deep.
            "  in ",
            "  in ",
            "trap 8 at offset 0x",
            "trap 10: ",
            "after that: 21",
            "trap 11 at offset 0x",
            "after that: 21",
            "slot 0: ",
        ]
        .map(str::to_owned),
    );
    expected.extend(walks(1));
    expected.extend(
        [
            "lights 0b0100, switched 21 times",
            "for another machine: ",
            "vectors: ",
            "floats: ",
            "an unknown host function: ",
            "a host function of another type: ",
            "cut short: ",
            "none: ",
            "too large: the image has ",
            "damaged: ",
            "damaged in each of ",
            "power lost in each of ",
            "slot 1: ",
        ]
        .map(str::to_owned),
    );
    expected.extend(walks(2));
    expected.push("firmware: all went well".to_owned());
    let mut rest = said;
    for text in expected {
        let Some((_, behind)) = rest.split_once(&text) else {
            bail!("the firmware on {} did not write `{text}` where it belongs", board.name);
        };
        rest = behind;
    }
    Ok(())
}

/// Bytes of the heap and of the stack that were in use.
fn used(said: &str) -> Option<(u64, u64)> {
    let line = said.lines().find(|line| line.starts_with("most of the heap in use: "))?;
    let mut numbers = line.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}
