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
        /// What the image needs it for, and what else would do.
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
    /// It is bytecode that uses what this runtime's interpreter was built without.
    Interpreter {
        /// On what: `floats` or `vectors`.
        operations: &'static str,
    },
}

impl LoadError {
    /// The one thing that is missing here, if that has a name: for who is told nothing more.
    pub const fn missing(&self) -> Option<&'static str> {
        match *self {
            LoadError::Feature { feature, .. } => Some(feature),
            LoadError::Builtins { group } => group,
            LoadError::CpuFeature { name, .. } => name,
            LoadError::Interpreter { operations } => Some(operations),
            _ => None,
        }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name =
            |architecture: Option<Architecture>| architecture.map_or("an unknown architecture", Architecture::name);
        match *self {
            LoadError::Architecture { expected: Some(expected), found } => {
                let here = expected.name();
                write!(f, "the image is for {}, this machine is {here}: compile it with `--target {here}`", name(found))
            }
            LoadError::Architecture { expected: None, found } => {
                write!(
                    f,
                    "the image is for {}, this machine runs bytecode only: compile it with `--target pulley…`",
                    name(found)
                )
            }
            LoadError::Target { expected, found } => {
                write!(f, "the image is for {}, the engine was configured for {}", found.name(), expected.name())
            }
            LoadError::PointerWidth { expected, found } => {
                let bits = |bytes: u8| u32::from(bytes).saturating_mul(8);
                let (found, here) = (bits(found), bits(expected));
                write!(f, "the image is for {found}-bit machines, this one has {here} bits: compile it for {here}")
            }
            LoadError::Modules { found } => {
                write!(f, "the image holds {found} modules, this runtime runs images of one")
            }
            LoadError::Convention { found } => {
                write!(f, "the image has calling convention {found}, which this runtime does not know: {AGAIN}")
            }
            LoadError::TrapMode { found } => {
                write!(f, "the image has trap mode {found}, which this runtime does not know: {AGAIN}")
            }
            LoadError::Feature { feature, purpose } => {
                write!(f, "the image needs `{feature}`, which this runtime was built without, {purpose}")
            }
            LoadError::SignalsForbidden => f.write_str(
                "the image relies on hardware traps, which the engine's configuration forbids: compile it with `--traps explicit`",
            ),
            LoadError::Builtins { group: Some(group) } => {
                write!(f, "the image needs the builtins `{group}`, and this runtime was built without them")
            }
            LoadError::Builtins { group: None } => {
                write!(f, "the image needs builtins that this runtime does not know: {AGAIN}")
            }
            LoadError::CpuFeature { name: Some(name), present: Some(_) } => {
                write!(
                    f,
                    "the image needs the CPU feature `{name}`, which this CPU does not have: compile it for this CPU (`--cpu`)"
                )
            }
            LoadError::CpuFeature { name: Some(name), present: None } => {
                write!(
                    f,
                    "the image needs the CPU feature `{name}`; whether it is there, the embedder must say (detect_host_feature)"
                )
            }
            LoadError::CpuFeature { name: None, .. } => {
                write!(f, "the image needs a CPU feature that this runtime does not know: {AGAIN}")
            }
            LoadError::FloatRegisters => f.write_str(
                "the image uses float registers, this runtime does not: compile it with `--float soft`, or x86_float_abi_ok(true)",
            ),
            LoadError::Interpreter { operations } => {
                let to_do = match operations {
                    "floats" => "compile it with `--float none`",
                    _ => "build the module without SIMD",
                };
                write!(f, "the image uses {operations}, which this runtime's interpreter was built without: {to_do}")
            }
        }
    }
}

/// What to do where an image is of another version.
const AGAIN: &str = "compile it with this version's `stilt`";

impl core::error::Error for LoadError {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
