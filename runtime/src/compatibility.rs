//! Whether an image can run here: [`LoadError`] says what it needs and what there is.
//!
//! Everything that differs between grounds is looked at, once, before anything of the image is used: the machine, the CPU's
//! features, the rungs of the platform that were linked, the groups of builtins that were linked.

use core::fmt;

use stilt_artifact::builtins::Group;
use stilt_artifact::header::{ImageHeader, flags};
use stilt_artifact::target::{Architecture, Convention, TrapMode};

use crate::Config;

/// Why an image cannot run here.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// It is for another machine.
    Architecture {
        /// What runs here, natively.
        expected: Option<Architecture>,
        /// What the image is for; `None` if this version does not know it.
        found: Option<Architecture>,
    },
    /// [`Config::target`] asks for another target.
    Target {
        /// What was asked for.
        expected: Architecture,
        /// What the image is for.
        found: Architecture,
    },
    /// It is for another pointer width.
    PointerWidth {
        /// Bytes of a pointer here.
        expected: u8,
        /// Bytes of a pointer there.
        found: u8,
    },
    /// Its functions are called in a way that this version does not know.
    Convention {
        /// The image's number.
        found: u8,
    },
    /// It finds traps in a way that this version does not know.
    TrapMode {
        /// The image's number.
        found: u8,
    },
    /// It needs a part of the platform, or of the runtime, that was not linked.
    Feature {
        /// The runtime's cargo feature.
        feature: &'static str,
        /// What the image needs it for.
        purpose: &'static str,
    },
    /// It relies on hardware traps, and [`Config::signals_based_traps`] forbids them.
    SignalsForbidden,
    /// It needs a group of builtins that was not linked.
    Builtins {
        /// The group's name, which is the runtime's cargo feature; `None` for one that this version does not know.
        group: Option<&'static str>,
    },
    /// It needs a CPU feature that this CPU does not have.
    CpuFeature {
        /// Its name; `None` for one that this version does not know.
        name: Option<&'static str>,
        /// `Some(false)` if the CPU does not have it, `None` if nobody knows: [`Config::detect_host_feature`] can tell.
        present: Option<bool>,
    },
    /// It uses float registers, and this runtime was compiled without: [`Config::x86_float_abi_ok`] can allow it.
    FloatRegisters,
}

/// Checks the header of an image that [`stilt_artifact::Image::parse`] has passed.
pub(crate) fn check(config: &Config, header: &ImageHeader) -> Result<(), LoadError> {
    let architecture = architecture(config, header)?;
    trap_mode(config, header)?;
    builtins(header)?;
    cpu_features(config, architecture, header.cpu_features)?;
    let floats = header.flags & (flags::FLOAT_REGISTERS | flags::VECTORS) != 0;
    if floats && SOFT_FLOAT && architecture == Architecture::X86_64 && !config.x86_floats() {
        return Err(LoadError::FloatRegisters);
    }
    Ok(())
}

/// Whether this runtime itself was compiled to leave float registers alone.
const SOFT_FLOAT: bool = cfg!(all(target_arch = "x86_64", not(target_feature = "sse2")));

const POINTER_WIDTH: u8 = if cfg!(target_pointer_width = "64") { 8 } else { 4 };

fn architecture(config: &Config, header: &ImageHeader) -> Result<Architecture, LoadError> {
    let expected = Architecture::NATIVE;
    let found = Architecture::from_u8(header.architecture);
    let architecture = match found {
        Some(Architecture::Pulley) => Architecture::Pulley,
        Some(other) if found == expected => other,
        found => return Err(LoadError::Architecture { expected, found }),
    };
    if let Some(expected) = config.required_target()
        && expected != architecture
    {
        return Err(LoadError::Target { expected, found: architecture });
    }
    if header.pointer_width != POINTER_WIDTH {
        return Err(LoadError::PointerWidth { expected: POINTER_WIDTH, found: header.pointer_width });
    }
    if architecture == Architecture::Pulley && !cfg!(feature = "pulley") {
        return Err(LoadError::Feature { feature: "pulley", purpose: "to be interpreted" });
    }
    // Compiled code hides it from the runtime; that images of one store agree is checked when they are instantiated.
    if Convention::from_u8(header.convention).is_none() {
        return Err(LoadError::Convention { found: header.convention });
    }
    Ok(architecture)
}

fn trap_mode(config: &Config, header: &ImageHeader) -> Result<(), LoadError> {
    match TrapMode::from_u8(header.trap_mode) {
        Some(TrapMode::Explicit) => Ok(()),
        Some(TrapMode::Hardware) => {
            for (linked, feature, purpose) in [
                (cfg!(feature = "virtual-memory"), "virtual-memory", "for the guard pages of its memories"),
                (cfg!(feature = "native-signals"), "native-signals", "for its hardware traps"),
            ] {
                if !linked {
                    return Err(LoadError::Feature { feature, purpose });
                }
            }
            if config.signals() { Ok(()) } else { Err(LoadError::SignalsForbidden) }
        }
        None => Err(LoadError::TrapMode { found: header.trap_mode }),
    }
}

fn builtins(header: &ImageHeader) -> Result<(), LoadError> {
    let linked = [
        (Group::Core, true),
        (Group::Memory, cfg!(feature = "bulk-memory")),
        (Group::Table, cfg!(feature = "tables")),
        (Group::Float, false),
    ];
    let mut missing = header.builtin_groups;
    for (group, linked) in linked {
        if missing & group.bit() != 0 && !linked {
            return Err(LoadError::Builtins { group: Some(group.name()) });
        }
        missing &= !group.bit();
    }
    if missing == 0 { Ok(()) } else { Err(LoadError::Builtins { group: None }) }
}

fn cpu_features(config: &Config, architecture: Architecture, needed: u64) -> Result<(), LoadError> {
    let mut rest = needed;
    for (bit, name) in architecture.features().iter().enumerate() {
        let mask = 1u64.wrapping_shl(u32::try_from(bit).unwrap_or(0));
        if rest & mask == 0 {
            continue;
        }
        rest &= !mask;
        let present = match config.detect() {
            Some(detect) => detect(name),
            None => stilt_vm::cpu::has_feature(name),
        };
        if present != Some(true) {
            return Err(LoadError::CpuFeature { name: Some(name), present });
        }
    }
    if rest == 0 { Ok(()) } else { Err(LoadError::CpuFeature { name: None, present: None }) }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            |architecture: Option<Architecture>| architecture.map_or("an unknown architecture", Architecture::name);
        match *self {
            LoadError::Architecture { expected: Some(expected), found } => {
                write!(f, "the image is for {}, this machine is {}", name(found), expected.name())
            }
            LoadError::Architecture { expected: None, found } => {
                write!(f, "the image is for {}, this machine runs interpreted images only", name(found))
            }
            LoadError::Target { expected, found } => {
                write!(f, "the image is for {}, the engine was configured for {}", found.name(), expected.name())
            }
            LoadError::PointerWidth { expected, found } => {
                let bits = |bytes: u8| u32::from(bytes).saturating_mul(8);
                write!(f, "the image is for {}-bit machines, this one has {} bits", bits(found), bits(expected))
            }
            LoadError::Convention { found } => {
                write!(f, "the image has calling convention {found}, which this runtime does not know")
            }
            LoadError::TrapMode { found } => {
                write!(f, "the image has trap mode {found}, which this runtime does not know")
            }
            LoadError::Feature { feature, purpose } => {
                write!(f, "the image needs `{feature}` {purpose}, and this runtime was built without it")
            }
            LoadError::SignalsForbidden => {
                f.write_str("the image relies on hardware traps, and Config::signals_based_traps(false) forbids them")
            }
            LoadError::Builtins { group: Some(group) } => {
                write!(f, "the image needs the builtins `{group}`, and this runtime was built without them")
            }
            LoadError::Builtins { group: None } => {
                f.write_str("the image needs builtins that this runtime does not know")
            }
            LoadError::CpuFeature { name: Some(name), present: Some(_) } => {
                write!(f, "the image needs the CPU feature `{name}`, which this CPU does not have")
            }
            LoadError::CpuFeature { name: Some(name), present: None } => {
                write!(
                    f,
                    "the image needs the CPU feature `{name}`; whether it is there, Config::detect_host_feature must say"
                )
            }
            LoadError::CpuFeature { name: None, .. } => {
                f.write_str("the image needs a CPU feature that this runtime does not know")
            }
            LoadError::FloatRegisters => f.write_str(
                "the image uses float registers, this runtime does not: Config::x86_float_abi_ok must allow it",
            ),
        }
    }
}

impl core::error::Error for LoadError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for LoadError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
