//! A target, resolved from [`Options`]: Cranelift's back end with fixed settings, and the few facts that the translator and
//! the image writer ask for. No one else compares ISA names.

mod cpu;
mod features;
mod isa;
mod memory;
mod name;
#[cfg(test)]
mod tests;

use crate::options::{FloatMode, MemoryStyle, OptLevel, Options, OptionsError};
use cranelift_codegen::ir::{Type, types};
use cranelift_codegen::isa::{OwnedTargetIsa, TargetIsa};
use memory::check_memory;
use stilt_artifact::Endian;
use stilt_artifact::header::flags;
use stilt_artifact::target::{Architecture, Convention, TrapMode};

pub use cpu::DEFAULT_X86_64_CPU;
pub use memory::{MemoryPlan, MemoryShape};
pub use name::{TARGETS, TargetName};

/// A resolved target.
#[derive(Clone)]
pub struct Target {
    isa: OwnedTargetIsa,
    name: TargetName,
    cpu: String,
    cpu_features: u64,
    traps: TrapMode,
    memory: MemoryStyle,
    spectre: bool,
    interrupt: bool,
    float: FloatMode,
    simd: bool,
    opt_level: OptLevel,
    short_jumps: bool,
    verify: bool,
    inline: bool,
    protection: u32,
}

impl Target {
    /// Resolves the part of the options that concerns code.
    pub fn new(options: &Options) -> Result<Target, OptionsError> {
        let name = TargetName::find(&options.target)?;
        let native = name.architecture != Architecture::Pulley;
        for (on, option) in [(options.bti, "--bti"), (options.pac, "--pac")] {
            if on && name.architecture != Architecture::Aarch64 {
                return Err(OptionsError::BranchProtection { target: name.name, option });
            }
        }
        let traps = options.traps.unwrap_or(if native { TrapMode::Hardware } else { TrapMode::Explicit });
        if traps == TrapMode::Hardware && !native {
            return Err(OptionsError::HardwareTraps { target: name.name });
        }
        let memory = options.memory.unwrap_or(match traps {
            TrapMode::Hardware => MemoryStyle::RESERVED,
            TrapMode::Explicit => MemoryStyle::Movable,
        });
        check_memory(memory)?;
        let page = options.data_page;
        if page != 0 && !(page.is_power_of_two() && (4096..=65536).contains(&page)) {
            return Err(OptionsError::DataPage(page));
        }
        // A kernel's triple: there may be float registers, but programs leave them alone.
        let by_triple = if TargetName::has_floats(&options.target) { FloatMode::Hard } else { FloatMode::Soft };
        let float = options.float.unwrap_or(by_triple);
        let integers_only = float != FloatMode::Hard && native;
        let (isa, cpu) = isa::isa(name, options, integers_only)?;
        let cpu_features = features::recorded(name, &*isa, integers_only)?;
        Ok(Target {
            isa,
            name,
            cpu,
            cpu_features,
            traps,
            memory,
            // Interpreted code is not what a processor predicts, and Cranelift's Pulley has no such instruction.
            spectre: options.spectre && native,
            interrupt: options.interrupt,
            float,
            simd: options.simd,
            opt_level: options.opt_level,
            short_jumps: options.short_jumps && name.architecture == Architecture::X86_64,
            verify: options.verify,
            inline: options.inline,
            protection: (if options.bti { flags::BRANCH_TARGETS } else { 0 })
                | if options.pac { flags::SIGNED_RETURNS } else { 0 },
        })
    }

    /// Cranelift's back end.
    pub fn isa(&self) -> &dyn TargetIsa {
        &*self.isa
    }

    /// Short name.
    pub const fn name(&self) -> &'static str {
        self.name.name
    }

    /// The CPU's name; empty where there is none.
    pub fn cpu(&self) -> &str {
        &self.cpu
    }

    /// CPU features, bits by [`Architecture::features`].
    pub const fn cpu_features(&self) -> u64 {
        self.cpu_features
    }

    /// Whether code may use the CPU feature with this name.
    pub fn has_feature(&self, name: &str) -> bool {
        let features = self.name.architecture.features();
        features.iter().position(|known| *known == name).is_some_and(|bit| self.cpu_features >> bit & 1 != 0)
    }

    /// The CPU feature that vectors need and that the target is without.
    pub fn missing_for_vectors(&self) -> Option<&'static str> {
        features::needed_by_vectors(self.name.architecture).filter(|feature| !self.has_feature(feature))
    }

    /// Branch protection, as flags of the image's header.
    pub const fn protection(&self) -> u32 {
        self.protection
    }

    /// How far a call reaches in both directions, in bytes.
    pub const fn call_reach(&self) -> u64 {
        match self.name.architecture {
            Architecture::Aarch64 => 128 << 20,
            // `auipc` adds a signed high part to a signed low one, which takes the last 2 KiB.
            Architecture::Riscv64 => (2 << 30) - (2 << 10),
            // Offsets of an image are 32 bits; on s390x a call would reach farther.
            Architecture::X86_64 | Architecture::S390x | Architecture::Pulley => (2 << 30) - 1,
        }
    }

    /// The instruction set.
    pub const fn architecture(&self) -> Architecture {
        self.name.architecture
    }

    /// Bytes of a pointer.
    pub const fn pointer_width(&self) -> u8 {
        self.name.pointer_width
    }

    /// A pointer, or an integer as wide.
    pub const fn pointer_type(&self) -> Type {
        if self.name.pointer_width == 8 { types::I64 } else { types::I32 }
    }

    /// The byte order.
    pub const fn endian(&self) -> Endian {
        self.name.endian
    }

    /// How compiled functions call each other.
    pub const fn convention(&self) -> Convention {
        Convention::Parameter
    }

    /// Whether code reaches functions outside of the image through numbered host calls of an interpreter.
    pub const fn host_calls(&self) -> bool {
        matches!(self.name.architecture, Architecture::Pulley)
    }

    /// Whether an access that may trap does so at null, wherever memory begins. The interpreter tests the address of such an
    /// access, and has some that are joined with a bounds test.
    pub const fn joined_tests(&self) -> bool {
        self.host_calls()
    }

    /// Whether instructions trap by themselves: with the help of the hardware, or because an interpreter executes them.
    pub const fn instructions_trap(&self) -> bool {
        self.host_calls() || matches!(self.traps, TrapMode::Hardware)
    }

    /// Whether whatever takes stack tests that it is there, as the interpreter does.
    pub const fn stack_tests_itself(&self) -> bool {
        self.host_calls()
    }

    /// What fills the space between functions; where the architecture has one, an instruction of one byte that stops.
    pub const fn padding(&self) -> u8 {
        match self.name.architecture {
            Architecture::X86_64 => 0xcc,
            _ => 0,
        }
    }

    /// What functions are best aligned to.
    pub const fn function_align(&self) -> u32 {
        match (self.name.architecture, self.opt_level) {
            (Architecture::Pulley, _) | (_, OptLevel::Size) => 1,
            _ => 16,
        }
    }

    /// Whether jumps that reach are made short.
    pub const fn short_jumps(&self) -> bool {
        self.short_jumps
    }

    /// Whether code is checked for bugs of this crate.
    pub const fn verify(&self) -> bool {
        self.verify
    }

    /// Whether bodies of functions are put in place of their calls.
    pub const fn inlines(&self) -> bool {
        self.inline && matches!(self.opt_level, OptLevel::Speed)
    }

    /// Whether small loops are repeated between two tests of the interrupt word.
    pub const fn repeats_loops(&self) -> bool {
        self.interrupt && matches!(self.opt_level, OptLevel::Speed)
    }

    /// Up to how many ways are told apart by comparisons, in place of a jump table.
    pub const fn compared_ways(&self) -> usize {
        match (self.name.architecture, self.opt_level) {
            (Architecture::X86_64, OptLevel::Speed) => 16,
            (Architecture::X86_64, OptLevel::Size) => 4,
            _ => 0,
        }
    }

    /// Whether bounds checks are to be few instructions rather than few checks.
    pub const fn small_checks(&self) -> bool {
        matches!(self.opt_level, OptLevel::Size)
    }

    /// How many vectors a function can return.
    pub const fn max_vector_results(&self) -> usize {
        match (self.name.architecture, self.name.endian) {
            // Cranelift returns as many in registers, and fails to compile what would return more through memory.
            (Architecture::Pulley, Endian::Big) => 16,
            _ => usize::MAX,
        }
    }

    /// Who finds traps.
    pub const fn traps(&self) -> TrapMode {
        self.traps
    }

    /// How memories are placed.
    pub const fn memory(&self) -> MemoryStyle {
        self.memory
    }

    /// Whether bounds checks also hold in mispredicted paths.
    pub const fn spectre(&self) -> bool {
        self.spectre
    }

    /// What float operations become.
    pub const fn float(&self) -> FloatMode {
        self.float
    }

    /// Whether code touches no float or vector register of the machine: floats are the integers of their bits.
    pub const fn integers_only(&self) -> bool {
        !self.host_calls() && !matches!(self.float, FloatMode::Hard)
    }

    /// Whether code touches float registers whatever it computes: but on x86_64, entry trampolines save those that a caller of C's
    /// expects to be kept.
    pub const fn saves_float_registers(&self) -> bool {
        let x86_64 = matches!(self.name.architecture, Architecture::X86_64);
        !self.host_calls() && !self.integers_only() && !x86_64
    }

    /// Whether bits are counted by other integer instructions: aarch64 has one for vectors only.
    pub const fn counts_bits_itself(&self) -> bool {
        self.integers_only() && matches!(self.name.architecture, Architecture::Aarch64)
    }

    /// Whether code may have operations on floats.
    pub const fn has_floats(&self) -> bool {
        !matches!(self.float, FloatMode::None)
    }

    /// Whether code may have vectors.
    pub const fn has_vectors(&self) -> bool {
        self.simd && !self.integers_only() && self.has_floats()
    }

    /// The option that refuses what code may not have, with its value: vectors, or floats.
    pub(crate) const fn refusing(&self) -> &'static str {
        match self.float {
            FloatMode::None => "--float none",
            FloatMode::Soft if self.integers_only() => "--float soft",
            _ => "--simd off",
        }
    }

    /// Whether an instruction compares a register with memory, but memory with zero only in a second one.
    pub const fn compares_with_memory(&self) -> bool {
        matches!(self.name.architecture, Architecture::X86_64)
    }

    /// Whether code tests the interrupt word.
    pub const fn interrupt(&self) -> bool {
        self.interrupt
    }

    /// What code may rely on about a memory of this shape, own or imported.
    pub fn memory_plan(&self, shape: MemoryShape) -> MemoryPlan {
        memory::plan(self.memory, self.traps, shape)
    }
}

impl core::fmt::Debug for Target {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Target").field("name", &self.name()).field("cpu", &self.cpu).finish_non_exhaustive()
    }
}
