//! The targets that there are packages for, and how each is built.

/// A target: a machine and how its programs pass floats.
pub(super) struct Target {
    /// As the package with all is named, and Rust's target, which differs where there are two packages for one.
    pub(super) name: &'static str,
    pub(super) rust: &'static str,
    /// What the compiler may use or do beyond what that target has, in LLVM's words.
    pub(super) features: &'static [&'static str],
    /// The linker's name for its files.
    pub(super) emulation: &'static str,
    pub(super) kind: Kind,
    /// How `stilt compile` makes a module for it, unless told otherwise.
    pub(super) module: &'static [&'static str],
    /// What a C compiler is to be told for programs that fit.
    pub(super) compiler: &'static str,
    pub(super) pointer_bytes: u8,
}

/// What is in a package: a target's library.
pub(super) struct Package {
    pub(super) target: &'static Target,
    /// Whether the interpreter has operations on floats.
    pub(super) floats: bool,
}

impl Package {
    /// That of a target which has all.
    pub(super) const fn whole(target: &'static Target) -> Package {
        Package { target, floats: true }
    }

    /// The package with this name. Those for microcontrollers are there without floats, too.
    pub(super) fn find(name: &str) -> Option<Package> {
        let (target, floats) = name.strip_suffix(NO_FLOATS).map_or((name, true), |target| (target, false));
        let target = TARGETS.iter().find(|known| known.name == target)?;
        (floats || target.kind != Kind::Large).then_some(Package { target, floats })
    }

    pub(super) fn name(&self) -> String {
        format!("{}{}", self.target.name, if self.floats { "" } else { NO_FLOATS })
    }

    /// How `stilt compile` makes a module for it, unless told otherwise.
    pub(super) fn module(&self) -> Vec<&'static str> {
        let more: &[&str] = if self.floats { &[] } else { &["--float", "none"] };
        self.target.module.iter().chain(more).copied().collect()
    }
}

/// What the names of packages without floats end with.
pub(super) const NO_FLOATS: &str = "-no-floats";

/// What matters where it runs.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// Flash: small code, no vectors.
    Microcontroller,
    /// The same with one core and no compare-and-swap, which is done with interrupts off.
    InterruptsOff,
    /// Anywhere in memory: native code and bytecode.
    Large,
}

/// All of them.
pub(super) const TARGETS: &[Target] = &[
    Target {
        name: "x86_64-unknown-linux-gnu",
        rust: "x86_64-unknown-linux-gnu",
        features: &[],
        emulation: "elf_x86_64",
        kind: Kind::Large,
        module: &["--target", "x86_64", "--traps", "explicit"],
        compiler: "-m64",
        pointer_bytes: 8,
    },
    Target {
        name: "x86_64-unknown-none",
        rust: "x86_64-unknown-none",
        features: &[],
        emulation: "elf_x86_64",
        kind: Kind::Large,
        module: X86_64_KERNEL,
        compiler: "-mgeneral-regs-only -mno-red-zone",
        pointer_bytes: 8,
    },
    Target {
        name: "aarch64-unknown-none",
        rust: "aarch64-unknown-none",
        features: &[],
        emulation: "aarch64elf",
        kind: Kind::Large,
        module: &["--target", "aarch64", "--traps", "explicit"],
        compiler: "-march=armv8-a",
        pointer_bytes: 8,
    },
    Target {
        name: "riscv64gc-unknown-none-elf",
        rust: "riscv64gc-unknown-none-elf",
        features: &[],
        emulation: "elf64lriscv",
        kind: Kind::Large,
        module: &["--target", "riscv64", "--traps", "explicit"],
        compiler: "-march=rv64gc -mabi=lp64d",
        pointer_bytes: 8,
    },
    Target {
        name: "riscv64imac-unknown-none-elf",
        rust: "riscv64imac-unknown-none-elf",
        features: &[],
        emulation: "elf64lriscv",
        kind: Kind::Large,
        module: &["--target", "riscv64", "--traps", "explicit", "--float", "soft"],
        compiler: "-march=rv64imac -mabi=lp64",
        pointer_bytes: 8,
    },
    Target {
        name: "thumbv7em-none-eabi",
        rust: "thumbv7em-none-eabi",
        features: &[],
        emulation: "armelf",
        kind: Kind::Microcontroller,
        module: ARM,
        compiler: "-mthumb -mcpu=cortex-m4 -mfloat-abi=soft",
        pointer_bytes: 4,
    },
    Target {
        name: "thumbv7em-none-eabihf",
        rust: "thumbv7em-none-eabihf",
        features: &[],
        emulation: "armelf",
        kind: Kind::Microcontroller,
        module: ARM,
        compiler: "-mthumb -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16",
        pointer_bytes: 4,
    },
    Target {
        name: "thumbv8m.main-none-eabi",
        rust: "thumbv8m.main-none-eabi",
        features: &[],
        emulation: "armelf",
        kind: Kind::Microcontroller,
        module: ARM,
        compiler: "-mthumb -mcpu=cortex-m33 -mfloat-abi=soft",
        pointer_bytes: 4,
    },
    Target {
        name: "thumbv8m.main-none-eabihf",
        rust: "thumbv8m.main-none-eabihf",
        features: &[],
        emulation: "armelf",
        kind: Kind::Microcontroller,
        module: ARM,
        compiler: "-mthumb -mcpu=cortex-m33 -mfloat-abi=hard -mfpu=fpv5-sp-d16",
        pointer_bytes: 4,
    },
    RV32IMAC,
    Target {
        name: "riscv32imac-unaligned-none-elf",
        features: &[RELAX, SAVE_RESTORE, "+unaligned-scalar-mem"],
        ..RV32IMAC
    },
    Target {
        name: "riscv32imc-unknown-none-elf",
        rust: "riscv32imc-unknown-none-elf",
        features: &[RELAX, SAVE_RESTORE],
        emulation: "elf32lriscv",
        kind: Kind::InterruptsOff,
        module: RISCV32,
        compiler: "-march=rv32imc -mabi=ilp32",
        pointer_bytes: 4,
    },
    Target {
        name: "thumbv6m-none-eabi",
        rust: "thumbv6m-none-eabi",
        features: &[],
        emulation: "armelf",
        kind: Kind::InterruptsOff,
        module: ARM,
        compiler: "-mthumb -mcpu=cortex-m0 -mfloat-abi=soft",
        pointer_bytes: 4,
    },
];

const RV32IMAC: Target = Target {
    name: "riscv32imac-unknown-none-elf",
    rust: "riscv32imac-unknown-none-elf",
    features: &[RELAX, SAVE_RESTORE],
    emulation: "elf32lriscv",
    kind: Kind::Microcontroller,
    module: RISCV32,
    compiler: "-march=rv32imac -mabi=ilp32",
    pointer_bytes: 4,
};

/// Tells linkers where calls and addresses can be made shorter. Those that cannot do it leave them.
const RELAX: &str = "+relax";
/// Registers are saved by functions that all others call: `c-api/library/src/saving.rs`.
const SAVE_RESTORE: &str = "+save-restore";

/// For every CPU: which it is a kernel knows, and says by `stilt_engine_config.cpu_features` for modules that are compiled for more.
const X86_64_KERNEL: &[&str] = &[
    "--target",
    "x86_64",
    "--traps",
    "explicit",
    "--float",
    "soft",
    "--cpu-feature",
    "-cmpxchg16b",
    "--cpu-feature",
    "-sse3",
    "--cpu-feature",
    "-ssse3",
    "--cpu-feature",
    "-sse4.1",
    "--cpu-feature",
    "-sse4.2",
    "--cpu-feature",
    "-popcnt",
];
const ARM: &[&str] = &["--target", "pulley32", "--machine", "arm", "--simd", "off"];
const RISCV32: &[&str] = &["--target", "pulley32", "--machine", "riscv32", "--simd", "off"];
