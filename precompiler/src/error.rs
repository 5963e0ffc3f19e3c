//! Why a module was not compiled: where, and what to do about it.

use crate::module::SmallMemoryError;
use crate::object::ObjectError;
use crate::options::OptionsError;
use core::fmt;

/// A function of the module, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionLabel {
    /// Its index in the function index space.
    pub index: u32,
    /// Its name, if the module has one for it.
    pub name: Option<String>,
}

impl fmt::Display for FunctionLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "function {} ({name})", self.index),
            None => write!(f, "function {}", self.index),
        }
    }
}

/// Why a module was not compiled. Offsets count from the start of the wasm file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileError {
    /// The bytes do not start as a WebAssembly module does.
    NotWasm,
    /// A component.
    Component,
    /// The module breaks a rule of WebAssembly.
    Invalid {
        /// Where.
        offset: u64,
        /// In which function, if in one.
        function: Option<FunctionLabel>,
        /// Which rule, in the validator's words.
        message: String,
    },
    /// The module uses something that is not part of WebAssembly 2.0.
    Unsupported {
        /// Name of the proposal.
        feature: &'static str,
        /// Where it is used first.
        offset: u64,
        /// In which function, if in one.
        function: Option<FunctionLabel>,
    },
    /// The module uses floats or vectors, which the options do not allow.
    NotAllowed {
        /// `floats` or `vectors`.
        what: &'static str,
        /// The option that refuses them, with its value.
        option: &'static str,
        /// Where it does so first.
        offset: u64,
        /// In which function, if in one.
        function: Option<FunctionLabel>,
    },
    /// A function uses vectors, and the target's CPU has none.
    VectorFeature {
        /// The target.
        target: &'static str,
        /// The CPU feature that they need.
        feature: &'static str,
        /// Where the function stands, or one that calls it.
        offset: u64,
        /// That function, if known.
        function: Option<FunctionLabel>,
    },
    /// A function returns more vectors than the target can.
    VectorResults {
        /// Where the function stands, or one that calls it.
        offset: u64,
        /// That function, if known.
        function: Option<FunctionLabel>,
    },
    /// Something is larger than an image can hold.
    TooLarge {
        /// What.
        what: &'static str,
        /// How large it is.
        found: u64,
        /// How large it may be.
        limit: u64,
    },
    /// One function is larger than the back end can take.
    FunctionTooLarge {
        /// The function.
        function: FunctionLabel,
    },
    /// The options do not fit together.
    Options(OptionsError),
    /// The module cannot do with so few bytes of its memory.
    SmallMemory(SmallMemoryError),
    /// No object can be made so.
    Object(ObjectError),
    /// The code that was made is wrong. A bug of this crate.
    Internal {
        /// In which function, if in one.
        function: Option<FunctionLabel>,
        /// What is wrong.
        message: String,
    },
}

impl CompileError {
    /// A bug that shows outside of any function.
    pub(crate) fn internal(message: impl Into<String>) -> CompileError {
        CompileError::Internal { function: None, message: message.into() }
    }
}

/// " in function 3 (main)", or nothing.
struct Within<'a>(&'a Option<FunctionLabel>);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(function) => write!(f, " in {function}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::NotWasm => {
                f.write_str("not a WebAssembly module: it does not start with the bytes 00 61 73 6d (`\\0asm`)")
            }
            CompileError::Component => f.write_str(
                "this is a WebAssembly component; only core modules can be compiled yet: extract the core module from it",
            ),
            CompileError::Invalid { offset, function, message } => {
                write!(f, "invalid module at offset {offset:#x}{}: {message}", Within(function))
            }
            CompileError::Unsupported { feature, offset, function } => write!(
                f,
                "{feature} is not supported yet: used at offset {offset:#x}{}; compile for WebAssembly 2.0 without it",
                Within(function)
            ),
            CompileError::NotAllowed { what, option, offset, function } => {
                write!(f, "{what} at offset {offset:#x}{}, which `{option}` does not allow: ", Within(function))?;
                f.write_str(match (*what, *option) {
                    ("floats", _) => "`--float soft` computes them with integers, where code is native",
                    (_, "--float soft") => "build the module without SIMD, or compile it with `--float hard`",
                    _ => "build the module without SIMD",
                })
            }
            CompileError::VectorFeature { target, feature, offset, function } => write!(
                f,
                "SIMD is used at offset {offset:#x}{}, for which target {target} needs the CPU feature `{feature}`: compile with \
                 `--cpu-feature {feature}` for CPUs that have it, or build the module without SIMD",
                Within(function)
            ),
            CompileError::VectorResults { offset, function } => write!(
                f,
                "a function returns more than 16 v128 values, which this target cannot do, at offset {offset:#x}{}: \
                 choose a little-endian target, or return fewer",
                Within(function)
            ),
            CompileError::TooLarge { what, found, limit } => {
                write!(f, "the module is too large: {what}: {found}, at most {limit} are possible")
            }
            CompileError::FunctionTooLarge { function } => {
                write!(f, "{function} is too large to be compiled: split it")
            }
            CompileError::Options(error) => error.fmt(f),
            CompileError::SmallMemory(error) => error.fmt(f),
            CompileError::Object(error) => error.fmt(f),
            CompileError::Internal { function, message } => {
                write!(f, "internal error{}: {message}; please report it with the module", Within(function))
            }
        }
    }
}

// What is wrapped is displayed as it is, so that it is no cause that would be displayed again.
impl core::error::Error for CompileError {}

impl From<OptionsError> for CompileError {
    fn from(error: OptionsError) -> CompileError {
        CompileError::Options(error)
    }
}

impl From<SmallMemoryError> for CompileError {
    fn from(error: SmallMemoryError) -> CompileError {
        CompileError::SmallMemory(error)
    }
}

impl From<ObjectError> for CompileError {
    fn from(error: ObjectError) -> CompileError {
        CompileError::Object(error)
    }
}
