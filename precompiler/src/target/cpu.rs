//! The CPUs that can be named: the features of each, by the names that images record. The first of a list is what is compiled for
//! unless another is asked for; it never depends on the machine that compiles.
//!
//! CPUs of x86_64 are Cranelift's own presets.

use stilt_artifact::target::Architecture;

/// The x86_64 CPU that is compiled for unless another is asked for.
pub const DEFAULT_X86_64_CPU: &str = "x86-64-v2";

/// A CPU, and what it has beyond the base of its architecture.
pub(super) type Cpu = (&'static str, &'static [&'static str]);

/// Versions of the architecture, with what is mandatory in each.
const AARCH64: &[Cpu] = &[
    ("armv8-a", &[]),
    ("armv8.1-a", &["lse"]),
    ("armv8.3-a", &["lse", "pauth"]),
    ("armv8.4-a", &["lse", "pauth", "dotprod"]),
    ("armv8.6-a", &["lse", "pauth", "dotprod", "i8mm"]),
];

/// Profiles: what Linux distributions are made for, and those of applications.
const RISCV64: &[Cpu] = &[
    ("rv64gc", &["zca", "zcd"]),
    ("rv64g", &[]),
    ("rva22u64", &["zca", "zcd", "zba", "zbb", "zbs", "zfhmin"]),
    ("rva23u64", &["v", "zca", "zcb", "zcd", "zba", "zbb", "zbs", "zfa", "zfhmin", "zvbb", "zicond"]),
];

/// Machines. Without the vector facility of the z13 and its first enhancements there is no code.
const S390X: &[Cpu] = &[
    ("z14", &[]),
    ("z15", &["mie3", "vxrs_ext2"]),
    ("z16", &["mie3", "vxrs_ext2"]),
    ("z17", &["mie3", "vxrs_ext2", "mie4", "vxrs_ext3"]),
];

/// The CPUs of an architecture that Cranelift has no names for.
pub(super) const fn cpus(architecture: Architecture) -> &'static [Cpu] {
    match architecture {
        Architecture::Aarch64 => AARCH64,
        Architecture::Riscv64 => RISCV64,
        Architecture::S390x => S390X,
        Architecture::X86_64 | Architecture::Pulley => &[],
    }
}
