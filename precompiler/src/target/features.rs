//! CPU features: from the options to Cranelift's flags, and from there into the image.

use super::cpu::{self, DEFAULT_X86_64_CPU};
use super::name::TargetName;
use crate::options::{Options, OptionsError};
use cranelift_codegen::isa::{self, TargetIsa};
use cranelift_codegen::settings::{self, Configurable as _};
use stilt_artifact::target::Architecture;

/// Cranelift's name of the flag behind a feature of [`Architecture::features`].
pub(super) fn flag_of(feature: &str) -> String {
    format!("has_{}", feature.replace('.', ""))
}

/// Sets what the CPU has, then what was asked for by name. Answers the CPU's name; empty where there is none.
pub(super) fn apply(
    builder: &mut isa::Builder,
    flags: &settings::Builder,
    name: TargetName,
    options: &Options,
) -> Result<String, OptionsError> {
    let cpu = match name.architecture {
        Architecture::X86_64 => preset(builder, flags, name, options)?,
        _ => named(builder, name, options)?,
    };
    for (feature, on) in &options.cpu_features {
        let unknown = || OptionsError::UnknownFeature { target: name.name, feature: feature.clone() };
        let known = name.architecture.features().iter().find(|known| **known == feature || flag_of(known) == *feature);
        set(builder, &flag_of(known.ok_or_else(unknown)?), *on)?;
    }
    Ok(cpu)
}

/// A CPU of x86_64.
fn preset(
    builder: &mut isa::Builder,
    flags: &settings::Builder,
    name: TargetName,
    options: &Options,
) -> Result<String, OptionsError> {
    let cpu = options.cpu.clone().unwrap_or_else(|| DEFAULT_X86_64_CPU.to_owned());
    // Feature names are presets too, and would pass for CPUs.
    let is_feature = cpu.starts_with("has_") || ["sse3", "ssse3", "sse41", "sse42"].contains(&cpu.as_str());
    if is_feature || builder.enable(&cpu).is_err() {
        return Err(OptionsError::UnknownCpu { target: name.name, cpu, known: &[] });
    }
    complete(builder, flags).map_err(|error| OptionsError::Setting(error.to_string()))?;
    // WebAssembly 2.0 has no use for these, and images have no bit for them.
    for feature in ["has_avx_vnni", "has_avx512vnni"] {
        set(builder, feature, false)?;
    }
    Ok(cpu)
}

/// A CPU of our own list.
fn named(builder: &mut isa::Builder, name: TargetName, options: &Options) -> Result<String, OptionsError> {
    let known = cpu::cpus(name.architecture);
    let found = match &options.cpu {
        Some(cpu) => {
            let found = known.iter().find(|(known, _)| known == cpu);
            Some(found.ok_or_else(|| OptionsError::UnknownCpu { target: name.name, cpu: cpu.clone(), known })?)
        }
        // The first, but for machines that have less.
        None => known.iter().find(|(_, features)| TargetName::has_compressed(&options.target) || features.is_empty()),
    };
    let Some((cpu, features)) = found else { return Ok(String::new()) };
    for feature in *features {
        set(builder, &flag_of(feature), true)?;
    }
    Ok((*cpu).to_owned())
}

pub(super) fn set(builder: &mut isa::Builder, flag: &str, on: bool) -> Result<(), OptionsError> {
    let set = builder.set(flag, if on { "true" } else { "false" });
    set.map_err(|error| OptionsError::Setting(format!("{flag}: {error}")))
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

/// CPU features that are about integers.
const fn about_integers(architecture: Architecture) -> &'static [&'static str] {
    match architecture {
        Architecture::X86_64 => &["cmpxchg16b", "popcnt", "bmi1", "bmi2", "lzcnt"],
        Architecture::Aarch64 => &["lse", "pauth"],
        Architecture::Riscv64 => &["zca", "zcb", "zba", "zbb", "zbc", "zbs", "zbkb", "zicond"],
        Architecture::S390x => &["mie3", "mie4"],
        Architecture::Pulley => &[],
    }
}

/// What code may rely on, and so what images need: bits by [`Architecture::features`]. Code that has integers only needs nothing else of
/// a CPU.
pub(super) fn recorded(name: TargetName, isa: &dyn TargetIsa, integers_only: bool) -> Result<u64, OptionsError> {
    let values = isa.isa_flags();
    let mut bits = 0;
    for (bit, feature) in name.architecture.features().iter().enumerate() {
        let flag = flag_of(feature);
        let on = values.iter().find(|value| value.name == flag).and_then(settings::Value::as_bool);
        let on = on.ok_or_else(|| OptionsError::Setting(format!("no flag named {flag}")))?;
        if integers_only && !about_integers(name.architecture).contains(feature) {
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

/// The feature without which there are no vectors; `None` where they belong to the base.
pub(super) const fn needed_by_vectors(architecture: Architecture) -> Option<&'static str> {
    match architecture {
        Architecture::Riscv64 => Some("v"),
        _ => None,
    }
}
