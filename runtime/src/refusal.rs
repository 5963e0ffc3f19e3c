//! [`Refusal`]: why an image will not load, as a plain value. Errors of [`Module::deserialize`](crate::Module::deserialize) are
//! on the heap; a device that is short of memory asks [`Engine::accepts`](crate::Engine::accepts) and can still tell.

use core::fmt;

use stilt_artifact::ground::check_modules;
use stilt_artifact::header::{IMAGE_ALIGN, ImageHeader};
use stilt_artifact::image::linked_len;
use stilt_artifact::target::Architecture;
use stilt_artifact::{Image, Native};
use stilt_vm::PlatformError;

use crate::module::peek;
use crate::{Config, LinkedImage, LoadError, compatibility};

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
        /// Where it lies.
        address: usize,
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
            Refusal::Place { what, address, align } => {
                write!(f, "{what} lies at {address:#x}, which is not aligned to {align} bytes")
            }
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
    if let Some(header) = check_ground(config, image)? {
        check_publication(&header).map_err(Refusal::Ground)?;
    }
    parse(image).map(drop)
}

/// Whether an image can be made executable here, if it has to be: what [`Module::deserialize`](crate::Module::deserialize) needs
/// beside what every image needs.
pub(crate) fn check_publication(header: &ImageHeader) -> Result<(), LoadError> {
    let purpose = "to load native code: run it in place, or link it";
    match stilt_vm::Module::MISSING_TO_PUBLISH {
        Some(feature) if header.architecture != Architecture::Pulley as u8 => {
            Err(LoadError::Feature { feature, purpose })
        }
        _ => Ok(()),
    }
}

/// What [`Engine::accepts_in_place`](crate::Engine::accepts_in_place) answers.
pub(crate) fn check_in_place(config: &Config, image: &[u8]) -> Result<(), Refusal> {
    check_ground(config, image)?;
    let image = parse(image)?;
    check_align("the image", image.bytes(), IMAGE_ALIGN)?;
    let align = 1usize.checked_shl(image.header().code_align_log2.into()).unwrap_or(usize::MAX);
    if image.code().is_empty() { Ok(()) } else { check_align("the code of the image", image.code(), align) }
}

/// What [`Engine::accepts_linked`](crate::Engine::accepts_linked) answers.
pub(crate) fn check_linked(config: &Config, image: &LinkedImage) -> Result<(), Refusal> {
    check_ground(config, &image.headers)?;
    linked_len(&image.headers, Native).map_err(Refusal::Image)?;
    check_align("the image", &image.headers, IMAGE_ALIGN)
}

/// As loading does it, for an image that is for this ground: one that is for something else is not looked at any further.
fn parse(image: &[u8]) -> Result<Image<'_, Native>, Refusal> {
    let image = Image::parse(image, Native).map_err(Refusal::Image)?;
    check_modules(&image.header()).map_err(Refusal::Ground)?;
    if image.is_linked() {
        return Err(Refusal::Image(ImageError::Linked));
    }
    Ok(image)
}

/// What is asked first: whether bytes that begin as an image does are for this ground. Their header, if they do.
fn check_ground(config: &Config, bytes: &[u8]) -> Result<Option<ImageHeader>, Refusal> {
    let header = peek(bytes);
    if let Some(header) = &header {
        compatibility::check(config, header).map_err(Refusal::Ground)?;
    }
    Ok(header)
}

fn check_align(what: &'static str, bytes: &[u8], align: usize) -> Result<(), Refusal> {
    let address = bytes.as_ptr().addr();
    if address & align.wrapping_sub(1) == 0 { Ok(()) } else { Err(Refusal::Place { what, address, align }) }
}
