//! A target, resolved from [`Options`]: Cranelift's back end with fixed settings, and the few facts that the translator and
//! the image writer ask for. No one else compares ISA names.

use crate::options::{FloatMode, MemoryStyle, OptLevel, Options, OptionsError};
use cranelift_codegen::ir::{Type, types};
use cranelift_codegen::isa::{self, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable as _};
use stilt_artifact::Endian;
use stilt_artifact::target::{Architecture, Convention, TrapMode};

/// The x86_64 CPU that is compiled for unless another is asked for.
pub const DEFAULT_X86_64_CPU: &str = "x86-64-v2";

/// A target that can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetName {
    /// Short name.
    pub name: &'static str,
    /// Whether it also stands for triples that start with it.
    triple: &'static str,
    architecture: Architecture,
    pointer_width: u8,
    endian: Endian,
}

/// Every target.
pub const TARGETS: [TargetName; 5] = [
    TargetName::new("x86_64", "x86_64-unknown-linux-gnu", Architecture::X86_64, 8, Endian::Little),
    TargetName::new("pulley32", "pulley32", Architecture::Pulley, 4, Endian::Little),
    TargetName::new("pulley64", "pulley64", Architecture::Pulley, 8, Endian::Little),
    TargetName::new("pulley32be", "pulley32be", Architecture::Pulley, 4, Endian::Big),
    TargetName::new("pulley64be", "pulley64be", Architecture::Pulley, 8, Endian::Big),
];

impl TargetName {
    const fn new(
        name: &'static str,
        triple: &'static str,
        architecture: Architecture,
        pointer_width: u8,
        endian: Endian,
    ) -> Self {
        TargetName { name, triple, architecture, pointer_width, endian }
    }

    /// The instruction set.
    pub const fn architecture(&self) -> Architecture {
        self.architecture
    }

    fn find(name: &str) -> Result<TargetName, OptionsError> {
        let (first, rest) = name.split_once('-').unwrap_or((name, ""));
        let found = TARGETS.into_iter().find(|target| target.name == first);
        let found = found.ok_or_else(|| OptionsError::UnknownTarget(name.to_owned()))?;
        if rest.split('-').any(|part| part == "windows" || part == "uefi" || part == "cygwin") {
            return Err(OptionsError::UnsupportedSystem(name.to_owned()));
        }
        Ok(found)
    }
}

/// What compiled code relies on about one linear memory; written into the image as it is used in translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPlan {
    /// Bytes from the base that are the memory's own, accessible or faulting. 0: every access is tested.
    pub reservation: u64,
    /// Bytes that fault behind the reservation and before the base.
    pub guard: u64,
    /// The base address never changes.
    pub fixed_base: bool,
}

impl MemoryPlan {
    /// Whether an access at a 32-bit index, plus a static offset and size of together `end` bytes, needs no test.
    pub const fn covers(&self, end: u64) -> bool {
        self.reservation >= 1 << 32 && end <= (self.reservation - (1 << 32)).saturating_add(self.guard)
    }
}

/// The shape of a memory that [`Target::memory_plan`] needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryShape {
    /// Bytes at first, and at most, if given.
    pub min: u64,
    /// Likewise.
    pub max: Option<u64>,
    /// 64-bit addresses.
    pub index64: bool,
}

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
    opt_level: OptLevel,
    short_jumps: bool,
    verify: bool,
    inline: bool,
}

impl Target {
    /// Resolves the part of the options that concerns code.
    pub fn new(options: &Options) -> Result<Target, OptionsError> {
        let name = TargetName::find(&options.target)?;
        let native = name.architecture != Architecture::Pulley;
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
        let float = options.float.unwrap_or_default();
        if float != FloatMode::Hard && native && name.architecture != Architecture::X86_64 {
            return Err(OptionsError::FloatMode { target: name.name, mode: float });
        }
        let integers_only = float != FloatMode::Hard && native;
        let (isa, cpu) = isa(name, options, integers_only)?;
        let cpu_features = recorded_features(name, &*isa, integers_only)?;
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
            opt_level: options.opt_level,
            short_jumps: options.short_jumps && name.architecture == Architecture::X86_64,
            verify: options.verify,
            inline: options.inline,
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

    /// Whether code may have vectors.
    pub const fn has_vectors(&self) -> bool {
        !self.integers_only() && !matches!(self.float, FloatMode::None)
    }

    /// Whether code tests the interrupt word.
    pub const fn interrupt(&self) -> bool {
        self.interrupt
    }

    /// What code may rely on about a memory of this shape, own or imported.
    pub fn memory_plan(&self, shape: MemoryShape) -> MemoryPlan {
        let never_grows = shape.max == Some(shape.min);
        let MemoryStyle::Reserved { reservation, guard } = self.memory else {
            return MemoryPlan { reservation: 0, guard: 0, fixed_base: never_grows };
        };
        // A memory that can outgrow the reservation has to move then.
        let most = shape.max.unwrap_or(if shape.index64 { u64::MAX } else { 1 << 32 });
        let fixed_base = never_grows || most <= reservation;
        if self.traps == TrapMode::Hardware && !shape.index64 && reservation >= 1 << 32 {
            MemoryPlan { reservation, guard, fixed_base }
        } else {
            MemoryPlan { reservation: 0, guard: 0, fixed_base }
        }
    }
}

impl core::fmt::Debug for Target {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Target").field("name", &self.name()).field("cpu", &self.cpu).finish_non_exhaustive()
    }
}

fn check_memory(memory: MemoryStyle) -> Result<(), OptionsError> {
    let MemoryStyle::Reserved { reservation, guard } = memory else { return Ok(()) };
    let good = |size: u64| size.is_multiple_of(1 << 16) && size < 1 << 47;
    if reservation == 0 || !good(reservation) || !good(guard) { Err(OptionsError::MemorySize) } else { Ok(()) }
}

fn isa(name: TargetName, options: &Options, integers_only: bool) -> Result<(OwnedTargetIsa, String), OptionsError> {
    let refused = |error: &dyn core::fmt::Display| OptionsError::Setting(error.to_string());
    let on_off = |on: bool| if on { "true" } else { "false" };
    let mut flags = settings::builder();
    for (setting, value) in [
        ("opt_level", options.opt_level.name()),
        ("enable_verifier", on_off(options.verify)),
        ("preserve_frame_pointers", "true"),
        // Of prologues, for debuggers; unwinding itself goes by frame pointers.
        ("unwind_info", "true"),
        ("enable_probestack", "false"),
        ("enable_multi_ret_implicit_sret", "true"),
        ("enable_heap_access_spectre_mitigation", on_off(options.spectre)),
        ("enable_table_access_spectre_mitigation", on_off(options.spectre)),
        ("enable_nan_canonicalization", on_off(options.nan_canonicalization)),
        ("is_pic", "true"),
        // Where basic blocks start.
        (
            "machine_code_cfg_info",
            on_off((options.short_jumps || integers_only) && name.architecture == Architecture::X86_64),
        ),
    ] {
        flags.set(setting, value).map_err(|error| refused(&error))?;
    }

    let mut builder = isa::lookup_by_name(name.triple).map_err(|error| refused(&error))?;
    let mut cpu = String::new();
    if name.architecture == Architecture::X86_64 {
        cpu = options.cpu.clone().unwrap_or_else(|| DEFAULT_X86_64_CPU.to_owned());
        // Feature names are presets too, and would pass for CPUs.
        let is_feature = cpu.starts_with("has_") || ["sse3", "ssse3", "sse41", "sse42"].contains(&cpu.as_str());
        if is_feature || builder.enable(&cpu).is_err() {
            return Err(OptionsError::UnknownCpu { target: name.name, cpu });
        }
        complete(&mut builder, &flags).map_err(|error| refused(&error))?;
        // WebAssembly 2.0 has no use for these, and images have no bit for them.
        for feature in ["has_avx_vnni", "has_avx512vnni"] {
            builder.set(feature, "false").map_err(|error| refused(&error))?;
        }
    } else if let Some(cpu) = &options.cpu {
        return Err(OptionsError::UnknownCpu { target: name.name, cpu: cpu.clone() });
    }
    for (feature, on) in &options.cpu_features {
        let unknown = || OptionsError::UnknownFeature { target: name.name, feature: feature.clone() };
        let known = name.architecture.features().iter().find(|known| **known == feature || flag_of(known) == *feature);
        builder.set(&flag_of(known.ok_or_else(unknown)?), on_off(*on)).map_err(|_| unknown())?;
    }
    let isa = builder.finish(settings::Flags::new(flags)).map_err(|error| refused(&error))?;
    Ok((isa, cpu))
}

/// Adds what every CPU of the preset has, and without which its newer features are not used: Cranelift's presets of the
/// levels x86-64-v3 and -v4 leave it out.
fn complete(builder: &mut isa::Builder, flags: &settings::Builder) -> Result<(), Box<dyn core::error::Error>> {
    let values = builder.finish(settings::Flags::new(flags.clone()))?.isa_flags();
    let has = |flag| values.iter().any(|value| value.name == flag && value.as_bool() == Some(true));
    for (newer, base) in [
        ("has_fma", "has_avx"),
        ("has_avx2", "has_avx"),
        ("has_avx512dq", "has_avx512f"),
        ("has_avx512vl", "has_avx512f"),
    ] {
        if has(newer) {
            builder.enable(base)?;
        }
    }
    Ok(())
}

/// Cranelift's name of the flag behind a feature of [`Architecture::features`].
fn flag_of(feature: &str) -> String {
    format!("has_{}", feature.replace('.', ""))
}

/// CPU features of x86_64 that are about integers.
const ABOUT_INTEGERS: [&str; 5] = ["cmpxchg16b", "popcnt", "bmi1", "bmi2", "lzcnt"];

/// What code may rely on, and so what images need. Code that has integers only needs nothing else of a CPU.
fn recorded_features(name: TargetName, isa: &dyn TargetIsa, integers_only: bool) -> Result<u64, OptionsError> {
    let values = isa.isa_flags();
    let mut bits = 0;
    for (bit, feature) in name.architecture.features().iter().enumerate() {
        let flag = flag_of(feature);
        let on = values.iter().find(|value| value.name == flag).and_then(settings::Value::as_bool);
        let on = on.ok_or_else(|| OptionsError::Setting(format!("no flag named {flag}")))?;
        if integers_only && !ABOUT_INTEGERS.contains(feature) {
            continue;
        }
        bits |= u64::from(on) << bit;
        // Without these, Cranelift calls functions of a C library for rounding and shuffles.
        if !on && name.architecture == Architecture::X86_64 && ["ssse3", "sse4.1"].contains(feature) {
            return Err(OptionsError::MissingFeature { target: name.name, feature });
        }
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_resolves() {
        for name in TARGETS {
            let target = Target::new(&Options::for_target(name.name)).expect(name.name);
            assert_eq!(target.isa().pointer_type(), target.pointer_type());
            assert_eq!(target.isa().pointer_bytes(), target.pointer_width());
        }
        let linux = Target::new(&Options::for_target("x86_64-unknown-linux-gnu")).expect("a triple");
        assert_eq!(linux.name(), "x86_64");
        // sse3 to popcnt, and cmpxchg16b: what x86-64-v2 is.
        assert_eq!(linux.cpu_features(), 0b11_1111);
    }

    #[test]
    fn levels_have_all_that_they_are_made_of() {
        let features = |cpu: &str| {
            let options = Options { cpu: Some(cpu.into()), ..Options::default() };
            let bits = Target::new(&options).expect("a CPU").cpu_features();
            let names = Architecture::X86_64.features().iter().enumerate();
            names.filter(|(bit, _)| bits >> bit & 1 != 0).map(|(_, name)| *name).collect::<Vec<_>>()
        };
        let v3 = features("x86-64-v3");
        assert!(["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt"].iter().all(|name| v3.contains(name)), "{v3:?}");
        assert!(!v3.contains(&"avx512f"));
        let v4 = features("x86-64-v4");
        assert!(["avx", "avx512f", "avx512dq", "avx512vl"].iter().all(|name| v4.contains(name)), "{v4:?}");
        assert!(!features("x86-64-v2").contains(&"avx"));
    }

    #[test]
    fn bad_options_are_named() {
        let error = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            Target::new(&options).expect_err("must be refused")
        };
        assert!(matches!(error(|o| o.target = "vax".into()), OptionsError::UnknownTarget(_)));
        assert!(matches!(error(|o| o.target = "x86_64-pc-windows-msvc".into()), OptionsError::UnsupportedSystem(_)));
        assert!(matches!(error(|o| o.cpu = Some("z80".into())), OptionsError::UnknownCpu { .. }));
        assert!(matches!(error(|o| o.cpu = Some("sse42".into())), OptionsError::UnknownCpu { .. }));
        assert!(matches!(error(|o| o.cpu = Some("baseline".into())), OptionsError::MissingFeature { .. }));
        assert!(matches!(error(|o| o.cpu_features = vec![("mmx".into(), true)]), OptionsError::UnknownFeature { .. }));
        assert!(matches!(
            error(|o| o.cpu_features = vec![("sse4.1".into(), false)]),
            OptionsError::MissingFeature { .. }
        ));
        assert!(matches!(
            error(|o| {
                o.target = "pulley64".into();
                o.traps = Some(TrapMode::Hardware);
            }),
            OptionsError::HardwareTraps { .. }
        ));
        assert!(matches!(
            error(|o| o.memory = Some(MemoryStyle::Reserved { reservation: 5, guard: 0 })),
            OptionsError::MemorySize
        ));
    }

    #[test]
    fn plans_say_what_needs_no_test() {
        let shape = MemoryShape { min: 1 << 16, max: None, index64: false };
        let hardware = Target::new(&Options::default()).expect("defaults").memory_plan(shape);
        assert!(hardware.fixed_base && hardware.covers(32 << 20) && !hardware.covers((32 << 20) + 1));
        let options = Options { traps: Some(TrapMode::Explicit), ..Options::default() };
        let explicit = Target::new(&options).expect("explicit").memory_plan(shape);
        assert!(!explicit.fixed_base && !explicit.covers(1));
        let fixed = Target::new(&options).expect("explicit").memory_plan(MemoryShape { max: Some(1 << 16), ..shape });
        assert!(fixed.fixed_base);
    }
}
