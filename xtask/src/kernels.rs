//! The example of a kernel, built and booted in QEMU, once with guests and once with the conformance kit. What it writes to its
//! serial line is compared here.

use crate::boot;
use crate::debugger::{self, Emulator};
use crate::{matrix, tool};
use anyhow::{Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const FOLDER: &str = "embedding-example/kernel";

/// No boot takes longer, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(400);

struct Machine {
    /// As `stilt compile --target` names it.
    isa: &'static str,
    /// As Rust names it.
    target: &'static str,
    qemu: &'static str,
    arguments: &'static [&'static str],
    /// The emulator's exit status for a kernel with which all went well.
    success: i32,
    /// A feature of the CPU that the kernel does not offer.
    missing_feature: &'static str,
    /// What objects for this kernel need beside: how its own code passes floats.
    object: &'static [&'static str],
    cores: usize,
}

const X86_64: Machine = Machine {
    isa: "x86_64",
    target: "x86_64-unknown-none",
    qemu: "qemu-system-x86_64",
    arguments: &["-m", "64", "-cpu", "max", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"],
    success: 33,
    missing_feature: "avx2",
    object: &[],
    cores: 1,
};

const AARCH64: Machine = Machine {
    isa: "aarch64",
    target: "aarch64-unknown-none-softfloat",
    qemu: "qemu-system-aarch64",
    arguments: &["-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "64", "-semihosting"],
    success: 33,
    missing_feature: "lse",
    object: &[],
    cores: 2,
};

const RISCV64: Machine = Machine {
    isa: "riscv64",
    target: "riscv64imac-unknown-none-elf",
    qemu: "qemu-system-riscv64",
    arguments: &["-M", "virt", "-smp", "2", "-m", "64"],
    success: 33,
    missing_feature: "v",
    object: &["--float-abi", "soft"],
    cores: 2,
};

pub(crate) fn x86_64() -> Result<()> {
    run(&X86_64)
}

pub(crate) fn aarch64() -> Result<()> {
    run(&AARCH64)
}

pub(crate) fn riscv64() -> Result<()> {
    run(&RISCV64)
}

fn run(machine: &Machine) -> Result<()> {
    let start = Instant::now();
    let images = compile_guests(machine)?;
    build(machine, &images)?;
    let said = boot(machine, "programs")?;
    check_programs(machine, &said)?;
    check_backtrace(machine)?;
    let said = boot(machine, "conformance")?;
    check_conformance(machine, &said)?;
    println!("the kernel on {} took {:.0} s, its build included", machine.isa, start.elapsed().as_secs_f64());
    Ok(())
}

/// Each guest, four ways, and the images that do not belong there.
fn compile_guests(machine: &Machine) -> Result<PathBuf> {
    let program = tool::stilt()?;
    let images = tool::root().join("target/kernel/images").join(machine.isa);
    if images.exists() {
        fs::remove_dir_all(&images)?;
    }
    fs::create_dir_all(&images)?;
    let stilt = |guest: &str, output: &str, arguments: &[&str]| {
        let module = tool::root().join(FOLDER).join("guests").join(guest).with_extension("wat");
        let mut stilt = Command::new(&program);
        tool::run(stilt.arg("compile").arg(module).arg("-o").arg(images.join(output)).args(arguments))
    };
    let compile = |guest: &str, way: &str, arguments: &[&str]| stilt(guest, &format!("{guest}.{way}.cwasm"), arguments);
    for guest in ["greet", "measure", "fault", "tick", "spin"] {
        let interrupt: &[&str] = if guest == "spin" { &["--interrupt", "epoch"] } else { &[] };
        let native = |traps| [&["--target", machine.isa, "--traps", traps], interrupt].concat();
        compile(guest, "hardware", &native("hardware"))?;
        compile(guest, "explicit", &native("explicit"))?;
        // Every function is there, for gdb to show.
        let object = [native("hardware").as_slice(), &["--emit", "obj", "--inline", "off"], machine.object].concat();
        stilt(guest, &format!("{guest}.o"), &object)?;
        compile(guest, "soft", &[native("hardware").as_slice(), &["--float", "soft"]].concat())?;
        compile(guest, "pulley", &[&["--target", "pulley64"], interrupt].concat())?;
    }
    compile("greet", "pulley32", &["--target", "pulley32"])?;
    compile("greet", "pulley64be", &["--target", "pulley64be"])?;
    compile("wide", "features", &["--target", machine.isa, "--cpu-feature", machine.missing_feature])?;
    Ok(images)
}

fn build(machine: &Machine, images: &Path) -> Result<()> {
    let mut cargo = Command::new("/usr/bin/cargo");
    // Where `.cargo/config.toml` names the linker.
    cargo.current_dir(tool::root().join(FOLDER)).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    cargo.env("CARGO_TARGET_DIR", tool::root().join("target/kernel")).env_remove("RUSTUP_TOOLCHAIN");
    cargo.env("STILT_KERNEL_IMAGES", images);
    tool::run(cargo.args(["build", "--release", "--locked", "-Zbuild-std=core,alloc", "--target", machine.target]))
}

impl Machine {
    fn kernel(&self, program: &str) -> PathBuf {
        tool::root().join("target/kernel").join(self.target).join("release").join(program)
    }

    fn emulator(&self, program: &str) -> Command {
        let mut qemu = Command::new(self.qemu);
        qemu.args(self.arguments).args(["-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot"]);
        qemu.arg("-kernel").arg(self.kernel(program));
        qemu
    }
}

/// What gdb, attached to the machine, shows of a guest that is linked into the kernel: from its innermost function to the kernel's
/// first one.
fn check_backtrace(machine: &Machine) -> Result<()> {
    let start = |socket: &Path| {
        let mut qemu = machine.emulator("programs");
        let socket = format!("socket,path={},server=on,wait=off,id=gdb", socket.display());
        qemu.args(["-S", "-chardev", &socket, "-gdb", "chardev:gdb"]);
        qemu
    };
    // A breakpoint of the processor's: at first there is no memory to write one to.
    let commands = ["hbreak *'fault::read_field'", "@start", "backtrace"];
    let said = debugger::run(&machine.kernel("programs"), Some(&Emulator { start: &start }), &commands)?;
    let guest = ["fault::read_field", "fault::parse_record", "fault::parse ", "fault::entry"];
    debugger::expect_frames(&said, &[guest.as_slice(), &["go_wrong", "kernel_main", "boot () at src/boot.rs"]].concat())
}

/// What a kernel writes to its serial line until it ends.
fn boot(machine: &Machine, program: &str) -> Result<String> {
    let mut qemu = machine.emulator(program);
    let (said, status) = boot::to_its_end(&mut qemu, PATIENCE)?;
    match status {
        Some(status) if status.code() == Some(machine.success) => Ok(said),
        Some(status) => bail!("`{program}` on {} ended with {status}", machine.isa),
        None => bail!("`{program}` on {} did not end within {} s", machine.isa, PATIENCE.as_secs()),
    }
}

fn check_programs(machine: &Machine, said: &str) -> Result<()> {
    let count = |text: &str| said.matches(text).count();
    let ways = 4;
    // And with float registers switched off.
    let traps = ways + 1;
    for (text, times) in [
        ("hello from wasm, below which is no operating system", 2 * ways),
        // Each way with the frames of the guest.
        ("trapped: wasm trap: out of bounds memory access\nwasm backtrace:\n    0: ", traps),
        ("- fault!read_field\n", traps),
        ("- fault!parse_record\n", traps),
        ("- fault!parse\n", traps),
        ("trapped: wasm trap: call stack exhausted", traps),
        ("hardware: 4 of 4 traps were exceptions of the processor", 1),
        ("linked: 4 of 4 traps were exceptions of the processor", 1),
        ("explicit: 0 of 4 traps were exceptions of the processor", 1),
        ("soft: 4 of 4 traps were exceptions of the processor", 1),
        ("after that: 1, and 3", traps),
        ("wasm trap: interrupt", ways),
        ("calls in interrupts, as many traps; the guest below still finds", ways),
        ("20 modules of native code published here and run there", machine.cores - 1),
        ("another machine: the image is for s390x, this machine is", 1),
        ("another pointer width: the image is for 32-bit machines, this one has 64 bits", 1),
        ("a rung that is not offered: ", 1),
        ("float registers that are not switched on: the image uses float registers, this runtime does not", 1),
        ("a misaligned image: the image lies at 0x", 1),
        ("the runtime took the kernel's locks: true", 1),
        ("kernel: all went well", 1),
    ] {
        ensure!(
            count(text) == times,
            "the kernel on {} wrote `{text}` {} times, not {times}",
            machine.isa,
            count(text)
        );
    }
    let feature = format!("the image needs the CPU feature `{}`", machine.missing_feature);
    ensure!(said.contains(&feature), "the kernel on {} did not write `{feature}`", machine.isa);
    Ok(())
}

/// What may be skipped: what this ground does not have.
fn may_be_skipped(machine: &Machine, clause: &str, why: &str) -> bool {
    (machine.cores == 1 && why.starts_with("no second thread"))
        || (clause == "traps.division" && machine.isa != "x86_64")
        || (clause == "resumable.false-is-not-ours" && why.contains("WASMTIME_NATIVE_SIGNALS is off"))
        || (clause == "fiber" && why.contains("WASMTIME_CUSTOM_FIBER is off"))
}

fn check_conformance(machine: &Machine, said: &str) -> Result<()> {
    let (mut passed, mut skipped) = (0, 0);
    for line in said.lines() {
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next(), words.next().unwrap_or_default()) {
            (Some("passed"), Some(_), _) => passed += 1,
            (Some("skipped"), Some(clause), why) if may_be_skipped(machine, clause, why) => skipped += 1,
            (Some("skipped" | "failed"), ..) => bail!("the kit on {}: {line}", machine.isa),
            _ => {}
        }
    }
    // All of them, on two cores.
    let least = if machine.cores == 1 { 55 } else { 70 };
    ensure!(passed >= least, "only {passed} clauses of the kit passed on {}", machine.isa);
    ensure!(said.contains("clauses that failed: 0"), "the kit on {} did not end", machine.isa);
    println!("the conformance kit on {}: {passed} clauses passed", machine.isa);
    matrix::note_kit(&format!("kernel-{}", machine.isa), passed, skipped)
}
