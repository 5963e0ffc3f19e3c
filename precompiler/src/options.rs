//! What a user can choose about a compilation. [`Options`] is plain data with documented defaults; [`crate::Precompiler::new`]
//! checks it and turns it into a [`crate::Target`]. Nothing is ever taken from the machine that compiles.

use core::num::{NonZeroU32, NonZeroUsize};
use stilt_artifact::target::TrapMode;

/// How the runtime is to place linear memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryStyle {
    /// Address space is set aside in advance, so that a memory never moves. With hardware traps, whatever it reaches
    /// needs no test.
    Reserved {
        /// Bytes from the base of a memory.
        reservation: u64,
        /// Bytes that fault, before the base and behind the reservation.
        guard: u64,
    },
    /// Memories are plain storage, moved when they grow; every access is tested.
    Movable,
}

impl MemoryStyle {
    /// 4 GiB, and 32 MiB of guard.
    pub const RESERVED: MemoryStyle = MemoryStyle::Reserved { reservation: 4 << 30, guard: 32 << 20 };
}

/// How much of a module's memory is to be there, where its first page is more than a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryBytes {
    /// So many bytes.
    Exactly(NonZeroU32),
    /// What the module's own data and stack take, by the exported globals `__heap_base` or `__data_end` of `wasm-ld`.
    Auto,
}

/// How much work goes into better code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptLevel {
    /// Compile fast.
    None,
    /// Fast code.
    #[default]
    Speed,
    /// Fast code, but rather smaller than faster.
    Size,
}

impl OptLevel {
    /// Its name, as the command takes it and Cranelift knows it.
    pub const fn name(self) -> &'static str {
        match self {
            OptLevel::None => "none",
            OptLevel::Speed => "speed",
            OptLevel::Size => "speed_and_size",
        }
    }
}

/// What float operations become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FloatMode {
    /// Instructions on float registers.
    #[default]
    Hard,
    /// Calls of builtins. No float or vector register is touched, which is verified; vectors are refused.
    Soft,
    /// Nothing: a module with any is refused, as is one with vectors. No float or vector register is touched, which is verified.
    None,
}

impl FloatMode {
    /// Its name, as the command takes it.
    pub const fn name(self) -> &'static str {
        match self {
            FloatMode::Hard => "hard",
            FloatMode::Soft => "soft",
            FloatMode::None => "none",
        }
    }
}

/// The choices. Start from `Options::default()` and change what should differ.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// `x86_64`, `aarch64`, `riscv64`, `s390x`, `pulley32`, `pulley64`, `pulley32be`, `pulley64be`, or a triple that starts with
    /// one of these. Default: `x86_64`.
    pub target: String,
    /// A CPU: for x86_64 by one of Cranelift's names. Default: [`crate::DEFAULT_X86_64_CPU`], `armv8-a`, `rv64gc`, `z14`; Pulley
    /// has none.
    pub cpu: Option<String>,
    /// CPU features on top of (or, with `false`, less than) what `cpu` has, by the names of
    /// [`stilt_artifact::target::Architecture::features`], applied in order.
    pub cpu_features: Vec<(String, bool)>,
    /// Who finds traps. Default: hardware for native targets, explicit tests for Pulley.
    pub traps: Option<TrapMode>,
    /// How memories are placed. Default: [`MemoryStyle::RESERVED`] with hardware traps, movable with explicit tests.
    pub memory: Option<MemoryStyle>,
    /// If given, only so many bytes of the module's own memory are there: an access beyond traps and `memory.grow` fails, while
    /// `memory.size` is what the module's type says. Every access is tested then, whoever finds other traps. Not what the WebAssembly
    /// standard says. Default: all of it is there.
    pub memory_bytes: Option<MemoryBytes>,
    /// Whether bounds checks also hold in mispredicted paths. Default: yes.
    pub spectre: bool,
    /// Default: [`OptLevel::Speed`].
    pub opt_level: OptLevel,
    /// Whether code is made shorter behind Cranelift: short jumps where they reach, accesses to the frame through its pointer,
    /// contexts of traps fetched out of line. x86_64 only. Default: yes.
    pub short_jumps: bool,
    /// Whether code that may be jumped to says so (branch target identification). aarch64 only; runs on every such CPU. Default: no.
    pub bti: bool,
    /// Whether return addresses on the stack are signed (pointer authentication). Likewise.
    pub pac: bool,
    /// Whether bodies of functions may be put in place of their calls, with [`OptLevel::Speed`]. Default: yes.
    pub inline: bool,
    /// Whether to leave out names and ELF wrapping. Default: no.
    pub strip: bool,
    /// Whether code tests the store's interrupt word, so that a guest can be stopped: in loops, before calls and before operations
    /// on ranges. Default: no.
    pub interrupt: bool,
    /// What float operations become. On Pulley, whose registers are the interpreter's, soft ones are the same as hard ones. Default:
    /// [`FloatMode::Hard`].
    pub float: Option<FloatMode>,
    /// Whether the module may have vectors (SIMD), for interpreters that were built without. Default: yes.
    pub simd: bool,
    /// Whether float operations give one fixed NaN; soft ones always do. Default: no.
    pub nan_canonicalization: bool,
    /// Page size that large initial memories are aligned for, so that they can be mapped copy-on-write; 0 never aligns.
    /// Default: 4096.
    pub data_page: u32,
    /// Whether Cranelift checks its input, and shortened code is compared with what it was, which finds bugs of this crate.
    /// Default: in debug builds.
    pub verify: bool,
    /// Threads to compile with. Default: as many as there are processors.
    pub threads: Option<NonZeroUsize>,
    /// The largest module that is accepted, in bytes. Default: 512 MiB.
    pub max_module_size: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            target: "x86_64".to_owned(),
            cpu: None,
            cpu_features: Vec::new(),
            traps: None,
            memory: None,
            memory_bytes: None,
            spectre: true,
            opt_level: OptLevel::default(),
            short_jumps: true,
            bti: false,
            pac: false,
            inline: true,
            strip: false,
            interrupt: false,
            float: None,
            simd: true,
            nan_canonicalization: false,
            data_page: 4096,
            verify: cfg!(debug_assertions),
            threads: None,
            max_module_size: 512 << 20,
        }
    }
}

impl Options {
    /// The defaults, for another target.
    pub fn for_target(target: &str) -> Options {
        Options { target: target.to_owned(), ..Options::default() }
    }
}

/// Why options do not fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// The target is none that this version compiles for.
    UnknownTarget(String),
    /// The operating system of the target calls functions in a way that trampolines are not made for yet.
    UnsupportedSystem(String),
    /// The target has no such CPU.
    UnknownCpu {
        /// The target.
        target: &'static str,
        /// What was asked for.
        cpu: String,
        /// Those that it has, where they are few.
        known: &'static [(&'static str, &'static [&'static str])],
    },
    /// The target has no such CPU feature.
    UnknownFeature {
        /// The target.
        target: &'static str,
        /// What was asked for.
        feature: String,
    },
    /// Code for WebAssembly 2.0 needs this CPU feature.
    MissingFeature {
        /// The target.
        target: &'static str,
        /// The feature.
        feature: &'static str,
    },
    /// Only aarch64 has instructions for this protection.
    BranchProtection {
        /// The target.
        target: &'static str,
        /// The option.
        option: &'static str,
    },
    /// The target is interpreted: nothing finds traps but tests in the code.
    HardwareTraps {
        /// The target.
        target: &'static str,
    },
    /// Sizes of reservation and guard must be multiples of 64 KiB, the reservation not zero, and both below 2^47 bytes.
    MemorySize,
    /// The page size for data must be zero or a power of two from 4096 to 65536.
    DataPage(u32),
    /// Cranelift refuses a setting. A bug of this crate.
    Setting(String),
}

impl core::fmt::Display for OptionsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            OptionsError::UnknownTarget(target) => {
                write!(f, "unknown target `{target}`: known are ")?;
                f.write_str(&crate::target::TARGETS.map(|target| target.name).join(", "))?;
                f.write_str("; every other machine runs bytecode, 32-bit ones pulley32")
            }
            OptionsError::UnsupportedSystem(target) => {
                write!(f, "target `{target}`: systems with Windows' calling convention are not supported yet")
            }
            OptionsError::UnknownCpu { target, cpu, known } => {
                write!(f, "target {target} has no CPU named `{cpu}`")?;
                for (number, (name, _)) in known.iter().enumerate() {
                    write!(f, "{} {name}", if number == 0 { ": known are" } else { "," })?;
                }
                Ok(())
            }
            OptionsError::UnknownFeature { target, feature } => {
                write!(f, "target {target} has no CPU feature named `{feature}`; `stilt targets` lists them")
            }
            OptionsError::MissingFeature { target, feature } => {
                write!(f, "target {target} needs the CPU feature {feature} to run WebAssembly 2.0")
            }
            OptionsError::BranchProtection { target, option } => {
                write!(f, "target {target} has no branch protection: {option} is for aarch64")
            }
            OptionsError::HardwareTraps { target } => {
                write!(f, "target {target} is interpreted and cannot rely on hardware traps: use explicit ones")
            }
            OptionsError::MemorySize => {
                f.write_str("memory reservation and guard must be multiples of 64 KiB below 2^47, the former not zero")
            }
            OptionsError::DataPage(size) => {
                write!(f, "data page size {size}: must be zero or a power of two from 4096 to 65536")
            }
            OptionsError::Setting(what) => write!(f, "Cranelift refuses a setting: {what}"),
        }
    }
}

impl core::error::Error for OptionsError {}
