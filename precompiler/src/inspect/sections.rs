//! What the bytes of a file are spent on.

use super::AnyImage;
use serde::Serialize;
use stilt_artifact::header::{ImageHeader, ModuleHeader, SECTION_NAMES};
use stilt_artifact::image::image_start;
use stilt_artifact::record::Field as _;

/// A part of the file. The parts lie side by side and cover it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SectionReport {
    /// What it is.
    pub name: String,
    /// Where it starts in the file.
    pub offset: u64,
    /// Bytes.
    pub len: u64,
}

/// The parts of the file that are not empty, in the order of their places.
pub(super) fn sections(image: &AnyImage<'_>, file: &[u8]) -> Vec<SectionReport> {
    let header = image.header();
    let base = image_start(file) as u64;
    let mut parts = Vec::new();
    let mut part = |name: &str, start: u64, end: u64| parts.push((start, end, name.to_owned()));
    let headers = ImageHeader::SIZE as u64;
    part("ELF header", 0, base);
    part("image header", base, base + headers);
    part("module headers", base + headers, base + headers + u64::from(header.modules) * ModuleHeader::SIZE as u64);
    for (number, module) in (0..header.modules).filter_map(|index| Some((index, image.module(index)?))) {
        let places = module.header();
        let ends = places.sections.iter().skip(1).chain([&places.end]);
        for ((name, start), end) in SECTION_NAMES.iter().zip(places.sections).zip(ends) {
            let name = if header.modules == 1 { (*name).to_owned() } else { format!("{name} of module {number}") };
            part(&name, base + u64::from(start), base + u64::from(*end));
        }
    }
    // What a linker places is not in the file.
    if !image.is_linked() {
        part("code", base + header.code, base + header.code + u64::from(header.code_len));
    }
    part("data", base + u64::from(header.data), base + u64::from(header.data) + u64::from(header.data_len));
    part("ELF sections", base + u64::from(header.image_len), u64::from(header.file_len));
    part("(behind the image)", u64::from(header.file_len), file.len() as u64);

    parts.retain(|(start, end, _)| start < end);
    parts.sort();
    let mut sections = Vec::new();
    let mut at = 0;
    let mut push = |name: String, start: u64, end: u64| {
        if start < end {
            sections.push(SectionReport { name, offset: start, len: end - start });
        }
    };
    for (start, end, name) in parts {
        push("(alignment)".to_owned(), at, start);
        push(name, start, end);
        at = at.max(end);
    }
    push("(alignment)".to_owned(), at, file.len() as u64);
    sections
}
