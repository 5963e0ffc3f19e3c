//! [`Refusal`]: why an image will not load, as a plain value. Errors of [`Module::deserialize`](crate::Module::deserialize) are
//! on the heap; a device that is short of memory asks [`Engine::accepts`](crate::Engine::accepts) and can still tell.

use core::fmt;

use stilt_artifact::ground::check_modules;
use stilt_artifact::{Image, Native};
use stilt_vm::PlatformError;

use crate::{Config, LoadError, compatibility};

pub use stilt_artifact::ImageError;

/// Why an image will not load here.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is none, is damaged, or was made for another byte order or version.
    Image(ImageError),
    /// It needs something that is not here: another machine, a CPU feature, a part of the platform.
    Ground(LoadError),
    /// It, or its code, lies at an address that is not aligned as it needs.
    Place {
        /// What is not aligned.
        what: &'static str,
        /// The alignment needed, in bytes.
        align: usize,
    },
    /// The storage that was given for it is too small.
    Storage {
        /// Bytes needed, of storage that is aligned to 16.
        needed: usize,
    },
    /// It has more function types than are left to the engine.
    Types,
    /// The platform failed.
    Platform(PlatformError),
    /// Something else, in words; none where texts were left out.
    Other(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Image(error) => error.fmt(f),
            Refusal::Ground(error) => error.fmt(f),
            Refusal::Place { what, align } => write!(f, "{what} is not aligned to {align} bytes"),
            Refusal::Storage { needed } => {
                write!(f, "the storage given for the module is too small: it needs {needed} bytes")
            }
            Refusal::Types => {
                f.write_str("the engine's budget of function types is used up (Config::max_function_types)")
            }
            Refusal::Platform(error) => error.fmt(f),
            Refusal::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Refusal {}

/// What [`Engine::accepts`](crate::Engine::accepts) answers.
pub(crate) fn check(config: &Config, image: &[u8]) -> Result<(), Refusal> {
    let header = Image::parse(image, Native).map_err(Refusal::Image)?.header();
    compatibility::check(config, &header).and_then(|()| check_modules(&header)).map_err(Refusal::Ground)
}
