//! What goes wrong in a build script, in words for who wrote it. `Debug` is the same text, since that is what Cargo shows when
//! `main` of a script returns an error.

use core::fmt;
use std::io;
use std::path::PathBuf;
use stilt_precompiler::CompileError;

/// Why a module is no part of the program.
#[non_exhaustive]
pub enum Error {
    /// A variable that Cargo sets for build scripts is not set.
    NotInBuildScript {
        /// Its name.
        variable: &'static str,
    },
    /// There is no native code for the program's machine.
    NoNativeCode {
        /// The target, as Cargo has it.
        target: String,
    },
    /// Objects are ELF files, and the program is none.
    NotElf {
        /// The target, as Cargo has it.
        target: String,
    },
    /// The module's file cannot be read.
    Read {
        /// The file.
        module: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// The module's file is no module, as binary or text.
    Text {
        /// The file.
        module: PathBuf,
        /// Why not.
        error: wat::Error,
    },
    /// The options do not fit the target.
    Options(CompileError),
    /// The module cannot be compiled.
    Compile {
        /// The file.
        module: PathBuf,
        /// Why not.
        error: CompileError,
    },
    /// What was made cannot be written.
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotInBuildScript { variable } => {
                write!(
                    f,
                    "the variable `{variable}` is not set, as Cargo does for build scripts: call this from build.rs"
                )
            }
            Error::NoNativeCode { target } => write!(
                f,
                "no native code can be made for `{target}`: use `Build::bytecode()`, and the runtime's feature `pulley`"
            ),
            Error::NotElf { target } => write!(
                f,
                "programs for `{target}` are no ELF files, but objects are: use `Build::image` and `stilt::include_image!`"
            ),
            Error::Read { module, error } => {
                write!(
                    f,
                    "cannot read the module {}: {error} (paths start from the package's folder)",
                    module.display()
                )
            }
            Error::Text { module, error } => write!(f, "{} is no module: {error}", module.display()),
            Error::Options(error) => write!(f, "the options do not fit the target: {error}"),
            Error::Compile { module, error } => write!(f, "cannot compile {}: {error}", module.display()),
            Error::Write { path, error } => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Error::Read { error, .. } | Error::Write { error, .. } => Some(error),
            Error::Text { error, .. } => Some(error),
            Error::Options(error) | Error::Compile { error, .. } => Some(error),
            Error::NotInBuildScript { .. } | Error::NoNativeCode { .. } | Error::NotElf { .. } => None,
        }
    }
}
