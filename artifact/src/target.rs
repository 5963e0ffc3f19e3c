//! Targets: architectures, CPU features and calling-convention numbers, as an image records them.

/// An instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Architecture {
    /// Pulley bytecode, interpreted.
    Pulley = 1,
    /// AMD64.
    X86_64 = 2,
    /// 64-bit ARM.
    Aarch64 = 3,
    /// 64-bit RISC-V.
    Riscv64 = 4,
    /// z/Architecture.
    S390x = 5,
}

impl Architecture {
    /// The architecture with this number.
    pub const fn from_u8(number: u8) -> Option<Architecture> {
        Some(match number {
            1 => Architecture::Pulley,
            2 => Architecture::X86_64,
            3 => Architecture::Aarch64,
            4 => Architecture::Riscv64,
            5 => Architecture::S390x,
            _ => return None,
        })
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Architecture::Pulley => "pulley",
            Architecture::X86_64 => "x86_64",
            Architecture::Aarch64 => "aarch64",
            Architecture::Riscv64 => "riscv64",
            Architecture::S390x => "s390x",
        }
    }

    /// The native architecture that a triple names in its first part: by its name, or as compilers write it.
    pub fn of_triple(first: &str) -> Option<Architecture> {
        Some(match first {
            "x86_64" => Architecture::X86_64,
            "aarch64" | "arm64" => Architecture::Aarch64,
            "s390x" => Architecture::S390x,
            // Behind the width: nothing, extensions from `i` or `g` on, or a profile.
            _ => match first.strip_prefix("riscv64")?.as_bytes() {
                [] | [b'g' | b'i' | b'a', ..] => Architecture::Riscv64,
                _ => return None,
            },
        })
    }

    /// The architecture of the machine this code runs on, if images can be native to it.
    pub const NATIVE: Option<Architecture> = if cfg!(target_arch = "x86_64") {
        Some(Architecture::X86_64)
    } else if cfg!(target_arch = "aarch64") {
        Some(Architecture::Aarch64)
    } else if cfg!(target_arch = "riscv64") {
        Some(Architecture::Riscv64)
    } else if cfg!(target_arch = "s390x") {
        Some(Architecture::S390x)
    } else {
        None
    };

    /// The names of its CPU features; a feature's place in the list is its bit in
    /// [`crate::header::ImageHeader::cpu_features`]. Lists only grow at the end.
    pub const fn features(self) -> &'static [&'static str] {
        match self {
            Architecture::X86_64 => &[
                "cmpxchg16b",
                "sse3",
                "ssse3",
                "sse4.1",
                "sse4.2",
                "popcnt",
                "avx",
                "avx2",
                "fma",
                "bmi1",
                "bmi2",
                "lzcnt",
                "avx512bitalg",
                "avx512dq",
                "avx512f",
                "avx512vl",
                "avx512vbmi",
            ],
            Architecture::Aarch64 => &["lse", "pauth", "fp16", "dotprod", "i8mm"],
            // Beyond G, without which no code is made. V comes with vectors of 128 bits at least.
            Architecture::Riscv64 => &[
                "v", "zca", "zcb", "zcd", "zba", "zbb", "zbc", "zbs", "zbkb", "zfa", "zfhmin", "zfh", "zvfh", "zvbb",
                "zicond",
            ],
            // Beyond the z14.
            Architecture::S390x => &["mie3", "vxrs_ext2", "mie4", "vxrs_ext3"],
            Architecture::Pulley => &[],
        }
    }
}

/// How compiled functions of one store call each other: ours and Cranelift's conventions in one number. Images of
/// different numbers never meet in one store.
///
/// | number | meaning |
/// |---|---|
/// | 1 | Cranelift 0.135 `tail`, context in the first parameter |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Convention {
    /// The context is the first parameter.
    Parameter = 1,
}

impl Convention {
    /// The convention with this number.
    pub const fn from_u8(number: u8) -> Option<Convention> {
        Some(match number {
            1 => Convention::Parameter,
            _ => return None,
        })
    }
}

/// Who finds traps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TrapMode {
    /// Code tests everything; no wasm behaviour depends on a fault.
    Explicit = 0,
    /// Guard pages and trapping instructions.
    Hardware = 1,
}

impl TrapMode {
    /// The mode with this number.
    pub const fn from_u8(number: u8) -> Option<TrapMode> {
        Some(match number {
            0 => TrapMode::Explicit,
            1 => TrapMode::Hardware,
            _ => return None,
        })
    }
}
