//! What an image needs from its ground and what is in it, as plain data for people, build scripts and tests. `stilt inspect`
//! shows it. Works on images of any target, by reading the image alone.

mod function;
mod instance;
mod module;
mod needs;
mod sections;
mod stack;
mod wat;

pub use function::FunctionReport;
pub use instance::{InstanceReport, MemoryReport, StorageReport, TableReport};
pub use module::{ExportReport, ImportReport, ModuleReport};
pub use needs::{Needs, Rung};
pub use sections::SectionReport;
pub use stack::{StackReport, StackStep};

use core::fmt::Write as _;
use serde::Serialize;
use stilt_artifact::image::byte_order;
use stilt_artifact::{Endian, Image, ImageError, ModuleImage};

/// Everything that an image says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Bytes of the file.
    pub file_len: u64,
    /// Identifies the build, in hexadecimal digits: a hash of source, options and versions.
    pub build_id: String,
    /// Whether code and data are as they were written. Header and tables are: else there would be no report.
    pub intact: bool,
    /// What the ground must offer.
    pub needs: Needs,
    /// The core modules.
    pub modules: Vec<ModuleReport>,
    /// What the bytes of the file are spent on, in the order of their places.
    pub sections: Vec<SectionReport>,
}

impl Report {
    /// Reads the image in `file`.
    ///
    /// # Errors
    /// If it is none, or damaged.
    pub fn new(file: &[u8]) -> Result<Report, ImageError> {
        let image = Image::parse(file, byte_order(file).unwrap_or(Endian::Little))?;
        image.check_entries()?;
        let modules = (0..image.header().modules).filter_map(|index| image.module(index));
        Ok(Report {
            file_len: file.len() as u64,
            build_id: hexadecimal(&image.header().build_id),
            intact: image.verify_rest(file).is_ok(),
            needs: Needs::new(&image),
            modules: modules.map(|module| ModuleReport::new(&module)).collect(),
            sections: sections::sections(&image, file),
        })
    }
}

/// The function type of a module with this index, in words like those of the text format.
pub fn function_type(module: &ModuleImage<'_, Endian>, index: u32) -> Option<String> {
    wat::func(module, index)
}

/// An image read in the byte order that it has.
type AnyImage<'a> = Image<'a, Endian>;

/// A module of such an image.
type AnyModule<'a> = ModuleImage<'a, Endian>;

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
