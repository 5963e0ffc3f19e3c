//! Why a ground cannot run an image.

use crate::target::Architecture;
use core::fmt;

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
    /// `Config::target` asks for another target.
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
    /// It does not hold exactly one core module.
    Modules {
        /// How many it holds.
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
    /// It relies on hardware traps, and `Config::signals_based_traps` forbids them.
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
        /// `Some(false)` if the CPU does not have it, `None` if nobody knows: `Config::detect_host_feature` can tell.
        present: Option<bool>,
    },
    /// It uses float registers, and this runtime was compiled without: `Config::x86_float_abi_ok` can allow it.
    FloatRegisters,
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
            LoadError::Modules { found } => {
                write!(f, "the image holds {found} modules, this runtime runs images of one")
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
                "the image uses float registers, this runtime does not: compile it with `--float soft` or `none`, \
                 or let Config::x86_float_abi_ok allow it",
            ),
        }
    }
}

impl core::error::Error for LoadError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
