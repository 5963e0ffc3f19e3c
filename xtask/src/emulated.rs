//! Suites of other machines, in qemu's user emulation: the official suite with images that this machine has compiled, and the
//! conformance kit. What runs there is built from source, the standard library too, with Debian's Rust.

use crate::{matrix, tool};
use anyhow::{Context as _, Result, bail, ensure};
use std::path::PathBuf;
use std::process::Command;

/// A machine to emulate.
pub(crate) struct Machine {
    pub(crate) isa: &'static str,
    triple: &'static str,
    /// What the names of its C compiler and of its libraries' folder begin with.
    pub(crate) gnu: &'static str,
    /// The emulator's name for it, and the CPU to play.
    emulator: &'static [&'static str],
}

pub(crate) const AARCH64: Machine = Machine {
    isa: "aarch64",
    triple: "aarch64-unknown-linux-gnu",
    gnu: "aarch64-linux-gnu",
    // A fast way to sign addresses, which the architecture leaves open.
    emulator: &["qemu-aarch64", "-cpu", "max,pauth-impdef=on"],
};

pub(crate) const RISCV64: Machine = Machine {
    isa: "riscv64",
    triple: "riscv64gc-unknown-linux-gnu",
    gnu: "riscv64-linux-gnu",
    emulator: &["qemu-riscv64", "-cpu", "rv64,v=true,vlen=128,vext_spec=v1.0"],
};

pub(crate) const S390X: Machine = Machine {
    isa: "s390x",
    triple: "s390x-unknown-linux-gnu",
    gnu: "s390x-linux-gnu",
    emulator: &["qemu-s390x", "-cpu", "max"],
};

/// 32 bits: its images are bytecode, as Cranelift makes no native code for it.
const ARM: Machine = Machine {
    isa: "arm",
    triple: "armv7-unknown-linux-gnueabihf",
    gnu: "arm-linux-gnueabihf",
    emulator: &["qemu-arm", "-cpu", "max"],
};

/// What the suites need of this machine.
pub(crate) const AARCH64_NEEDS: &[&str] =
    &[RUSTC, "/usr/bin/qemu-aarch64", "/usr/bin/aarch64-linux-gnu-gcc", "/usr/aarch64-linux-gnu/lib/libc.so.6"];
pub(crate) const RISCV64_NEEDS: &[&str] =
    &[RUSTC, "/usr/bin/qemu-riscv64", "/usr/bin/riscv64-linux-gnu-gcc", "/usr/riscv64-linux-gnu/lib/libc.so.6"];
pub(crate) const S390X_NEEDS: &[&str] =
    &[RUSTC, "/usr/bin/qemu-s390x", "/usr/bin/s390x-linux-gnu-gcc", "/usr/s390x-linux-gnu/lib/libc.so.6"];
pub(crate) const ARM_NEEDS: &[&str] =
    &[RUSTC, "/usr/bin/qemu-arm", "/usr/bin/arm-linux-gnueabihf-gcc", "/usr/arm-linux-gnueabihf/lib/libc.so.6"];

pub(crate) const RUSTC: &str = "/usr/bin/rustc";

/// Settings of the emulated programs' builds: those of one machine share its standard library.
const PROFILE: &[&str] =
    &["profile.release.opt-level=1", "profile.release.lto=false", "profile.release.codegen-units=16"];

/// The standard library and how it panics: for programs; for tests, of which each may.
const ABORTING: &[&str] = &["-Zbuild-std=std,panic_abort", "--config", "profile.release.panic=\"abort\""];
const UNWINDING: &[&str] = &["-Zbuild-std=std,panic_unwind,test"];

/// The gates of the header that the Linux platform defines.
const GATES: [&str; 8] = [
    "WASMTIME_VIRTUAL_MEMORY",
    "WASMTIME_NATIVE_SIGNALS",
    "WASMTIME_CUSTOM_SYNC",
    "WASMTIME_CUSTOM_FIBER",
    "STILT_CODE_PUBLICATION",
    "STILT_EXECUTE_ALIAS",
    "STILT_PARKING",
    "STILT_RESUMABLE_TRAPS",
];

pub(crate) fn aarch64() -> Result<()> {
    run(&AARCH64)
}

pub(crate) fn riscv64() -> Result<()> {
    run(&RISCV64)
}

pub(crate) fn s390x() -> Result<()> {
    run(&S390X)
}

pub(crate) fn arm() -> Result<()> {
    run(&ARM)
}

fn run(machine: &Machine) -> Result<()> {
    conformance(machine)?;
    official(machine)
}

/// The official suite, and our scripts.
fn official(machine: &Machine) -> Result<()> {
    tool::run(machine.cargo("build").args(["--package", "stilt-spec-replay"]))?;
    let player = format!("{} {}", machine.emulate().join(" "), machine.built("stilt-spec-replay").display());
    let mut suite = tool::cargo();
    // With all of the workspace, so that what its tests have built is not built again with other features.
    suite.args(["test", "--workspace", "--test", "official", "--", "--isa", machine.isa, "--player"]);
    tool::run(suite.arg(player))
}

/// Tests of the embedding that are left out where they are emulated, and why.
const LEFT_OUT: [(&str, &str); 5] = [
    ("traps::explicit_mode_installs_no_handler", "the system tells of the emulator's handlers"),
    ("bulk::copies_and_fills_do_as_the_model", SLOW),
    ("pools::no_guest_sees_the_bytes_of_another", SLOW),
    ("pools::sizes_in_turn", SLOW),
    ("trampolines::every_kind_meets_every_kind_of_call", SLOW),
];
const SLOW: &str = "it takes a minute: many rounds of what others do once";

/// The embedding's tests, on the machine whose byte order differs. The emulated program has the command of this machine compile its modules.
pub(crate) fn embedding() -> Result<()> {
    let machine = &S390X;
    let stilt = tool::stilt()?;
    let mut tests = machine.cargo_with("test", UNWINDING);
    tests.args(["--package", "stilt-embedding-tests", "--no-default-features", "--test", "embedding", "--"]);
    for (name, why) in LEFT_OUT {
        println!("{}: left out {name}: {why}", machine.isa);
        tests.args(["--skip", name]);
    }
    let emulator = machine.emulate().join(" ");
    tests.env(format!("CARGO_TARGET_{}_RUNNER", machine.variable().to_uppercase()), &emulator);
    tests.env("STILT_EMULATOR", emulator).env("STILT_COMPILER", stilt);
    // These start programs. The emulator forks then, and may need in its child what another thread has locked in GLib's allocator of
    // old (before 2.76): so one test at a time, and the C library's allocator in its place, which stands a fork.
    tests.arg("--test-threads=1").env("G_SLICE", "always-malloc");
    tool::run(&mut tests)
}

/// The kit for porters, with the Linux platform.
fn conformance(machine: &Machine) -> Result<()> {
    let root = tool::root();
    let kit = root.join("platform-abi/conformance-kit/Cargo.toml");
    tool::run(machine.cargo("build").arg("--all-features").arg("--manifest-path").arg(kit))?;
    let program = machine.built("conformance");
    let mut gcc = Command::new(format!("{}-gcc", machine.gnu));
    gcc.current_dir(root.join("platform-linux"));
    gcc.args(["-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-I..", "-I../platform-abi", "-Ic"]);
    gcc.args(GATES.map(|gate| format!("-D{gate}"))).arg("tests/driver/main.c");
    for entry in root.join("platform-linux/c").read_dir().context("platform-linux/c")? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "c") {
            gcc.arg(file);
        }
    }
    tool::run(gcc.arg(machine.built("libstilt_conformance_kit.a")).args(["-lpthread", "-o"]).arg(&program))?;

    let output = machine.emulator().arg(&program).output().context("the emulator does not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (mut passed, mut skipped) = (0, 0);
    for line in text.lines() {
        let words: Vec<_> = line.splitn(3, ' ').collect();
        match *words {
            ["begin", ..] => {}
            ["passed", ..] => passed += 1,
            // Division does not trap on every machine, and not every machine has addresses for gigabytes.
            ["skipped", clause @ ("traps.division" | "memory.reserve-large"), why] => {
                skipped += 1;
                println!("{}: skipped {clause}: {why}", machine.isa);
            }
            _ => bail!("{}: the conformance kit says `{line}`", machine.isa),
        }
    }
    if !output.status.success() {
        let last = text.lines().last().unwrap_or_default();
        bail!("{}: the conformance kit ended with {}; the last that it said: `{last}`", machine.isa, output.status);
    }
    ensure!(passed > 70, "{}: only {passed} clauses were tested", machine.isa);
    println!("{}: the Linux platform passes {passed} clauses of the conformance kit", machine.isa);
    matrix::note_kit(machine.isa, passed, skipped)
}

impl Machine {
    /// Debian's cargo, for this machine.
    pub(crate) fn cargo(&self, command: &str) -> Command {
        self.cargo_with(command, ABORTING)
    }

    /// Its triple, as names of variables have it.
    fn variable(&self) -> String {
        self.triple.replace('-', "_")
    }

    /// Likewise, with this standard library.
    fn cargo_with(&self, command: &str, library: &[&str]) -> Command {
        let mut cargo = Command::new("/usr/bin/cargo");
        cargo.current_dir(tool::root()).env("RUSTC", RUSTC).env("RUSTC_BOOTSTRAP", "1").env_remove("RUSTUP_TOOLCHAIN");
        // Two compilers' caches do not mix.
        cargo.env("CARGO_TARGET_DIR", folder());
        let compiler = format!("{}-gcc", self.gnu);
        let name = self.variable();
        cargo
            .env(format!("CARGO_TARGET_{}_LINKER", name.to_uppercase()), &compiler)
            .env(format!("CC_{name}"), &compiler);
        cargo.args([command, "--quiet", "--release", "--target", self.triple]).args(library);
        for setting in PROFILE {
            cargo.args(["--config", setting]);
        }
        cargo
    }

    /// A file that was built.
    pub(crate) fn built(&self, name: &str) -> PathBuf {
        folder().join(self.triple).join("release").join(name)
    }

    /// The emulator, to be given a program.
    pub(crate) fn emulator(&self) -> Command {
        let mut env = Command::new("/usr/bin/env");
        env.args(self.emulate());
        env
    }

    /// Its words, with the libraries of the machine.
    pub(crate) fn emulate(&self) -> Vec<String> {
        let libraries = ["-L".to_owned(), format!("/usr/{}", self.gnu)];
        self.emulator.iter().map(|word| (*word).to_owned()).chain(libraries).collect()
    }
}

fn folder() -> PathBuf {
    tool::root().join("target/emulated")
}
