//! Puts header, tables, code and data together and computes the checksums: wrapped as one file ([`write`]), or in two parts for a
//! linker ([`parts`]).

use super::elf::{self, Wrapping};
use super::sections::{self, Sections};
use super::{ImageInput, length};
use crate::error::CompileError;
use crate::module::FuncIndex;
use stilt_artifact::checksum::Checksum;
use stilt_artifact::contract::FINGERPRINT;
use stilt_artifact::header::{CODE_MARK, ELF_PREFIX, IMAGE_ALIGN, ImageHeader, MAGIC, ModuleHeader, flags, section};
use stilt_artifact::image::tables_checksum;
use stilt_artifact::record::Field;
use stilt_artifact::{ABI, Endian, NONE};

/// Writes the file.
pub(crate) fn write(input: &ImageInput<'_, '_>) -> Result<Vec<u8>, CompileError> {
    let target = input.env.target;
    let mut sections = sections::write(input)?;
    let symbols = if input.options.strip { None } else { Some(elf::symbols(input, &mut sections.strings)?) };
    let (mut image, module) = tables(input, &mut sections)?;
    let tables_len = length(image.len())?;
    let code_align = input.code.align.max(1);
    image.resize(image.len().next_multiple_of(code_align as usize), target.padding());
    let code = length(image.len())?;
    image.extend_from_slice(&input.code.bytes);
    let data = append_data(&mut image, &sections)?;

    let mut header = ImageHeader { tables_len, code: code.into(), ..header(input, &sections)? };
    (header.data, header.image_len) = (data, length(image.len())?);
    let (prefix, suffix) = match symbols {
        None => (Vec::new(), Vec::new()),
        Some(symbols) => elf::wrap(&Wrapping {
            target,
            symbols,
            image_len: image.len(),
            code: code as usize,
            code_len: input.code.bytes.len(),
            code_align,
            strings: module.sections[section::STRINGS] as usize,
            strings_len: sections.bytes[section::STRINGS].len(),
        }),
    };
    debug_assert!(prefix.is_empty() || prefix.len() == ELF_PREFIX);
    debug_assert!(code_align as usize >= IMAGE_ALIGN || IMAGE_ALIGN.is_multiple_of(code_align as usize));
    header.file_len = length(prefix.len() + image.len() + suffix.len())?;
    let rest: Vec<u8> = image.iter().skip(tables_len as usize).chain(&suffix).copied().collect();
    header.rest_checksum = Checksum::new().range(&prefix).range(&rest).finish();
    finish(&mut image, target.endian(), header);

    let mut file = prefix;
    file.append(&mut image);
    file.extend_from_slice(&suffix);
    Ok(file)
}

/// An image in two parts, for a linker to place.
pub(crate) struct Parts {
    /// Headers, tables and data. Where the code is remains to be filled in.
    pub(crate) tables: Vec<u8>,
    /// What they must be aligned to.
    pub(crate) tables_align: u32,
    /// Code, with a mark in front of it.
    pub(crate) code: Vec<u8>,
    /// Where in there the code starts.
    pub(crate) code_start: u32,
    /// What that must be aligned to.
    pub(crate) code_align: u32,
}

/// Makes the parts of an image for a linker.
pub(crate) fn parts(input: &ImageInput<'_, '_>) -> Result<Parts, CompileError> {
    let mut sections = sections::write(input)?;
    let (mut image, _) = tables(input, &mut sections)?;
    let tables_len = length(image.len())?;
    let data = append_data(&mut image, &sections)?;
    let image_len = length(image.len())?;
    let mut header = ImageHeader { tables_len, data, image_len, file_len: image_len, ..header(input, &sections)? };
    header.flags |= flags::LINKED;
    let rest = image.get(tables_len as usize..).unwrap_or_default();
    header.rest_checksum = Checksum::new().range(&input.code.bytes).range(rest).finish();
    finish(&mut image, input.env.target.endian(), header);

    let code_align = input.code.align.max(1);
    let start = CODE_MARK.next_multiple_of(code_align as usize);
    let mut code = vec![input.env.target.padding(); start - CODE_MARK];
    code.extend_from_slice(&header.build_id);
    code.extend_from_slice(&input.code.bytes);
    let tables_align = sections.data_align.max(length(IMAGE_ALIGN)?);
    Ok(Parts { tables: image, tables_align, code, code_start: length(start)?, code_align })
}

/// The headers and tables, with a hole for the image header; and the module header. The strings are complete.
fn tables(input: &ImageInput<'_, '_>, sections: &mut Sections) -> Result<(Vec<u8>, ModuleHeader), CompileError> {
    sections.bytes[section::STRINGS] = core::mem::take(&mut sections.strings).finish();
    let mut module = module_header(input, sections);
    let mut tables = vec![0; ImageHeader::SIZE + ModuleHeader::SIZE];
    for (number, bytes) in sections.bytes.iter().enumerate() {
        if number < section::TYPE_BYTES {
            tables.resize(tables.len().next_multiple_of(4), 0);
        }
        module.sections[number] = length(tables.len())?;
        tables.extend_from_slice(bytes);
    }
    module.end = length(tables.len())?;
    put(&mut tables[ImageHeader::SIZE..], input.env.target.endian(), module);
    Ok((tables, module))
}

/// Appends the data range; where it starts.
fn append_data(image: &mut Vec<u8>, sections: &Sections) -> Result<u32, CompileError> {
    image.resize(image.len().next_multiple_of(sections.data_align as usize), 0);
    let data = length(image.len())?;
    image.extend_from_slice(&sections.data);
    Ok(data)
}

/// The image header, as far as it does not depend on where things lie.
fn header(input: &ImageInput<'_, '_>, sections: &Sections) -> Result<ImageHeader, CompileError> {
    let target = input.env.target;
    Ok(ImageHeader {
        magic: MAGIC,
        abi: ABI,
        byte_order: target.endian().code(),
        pointer_width: target.pointer_width(),
        architecture: target.architecture() as u8,
        convention: target.convention() as u8,
        trap_mode: target.traps() as u8,
        code_align_log2: u8::try_from(input.code.align.max(1).trailing_zeros()).unwrap_or(0),
        modules: 1,
        cpu_features: target.cpu_features(),
        flags: input.flags,
        builtin_groups: input.builtin_groups,
        tables_len: 0,
        code_len: length(input.code.bytes.len())?,
        data: 0,
        data_len: length(sections.data.len())?,
        image_len: 0,
        max_frame: input.max_frame,
        file_len: 0,
        signature: 0,
        signature_len: 0,
        contract: FINGERPRINT,
        build_id: input.build_id,
        rest_checksum: 0,
        code: 0,
        tables_checksum: 0,
    })
}

/// Fills the hole for the header, and its checksum in it.
fn finish(image: &mut [u8], endian: Endian, mut header: ImageHeader) {
    put(image, endian, header);
    let tables = image.get(..header.tables_len as usize).unwrap_or_default();
    header.tables_checksum = tables_checksum(tables, header.flags & flags::LINKED != 0);
    put(image, endian, header);
}

fn module_header(input: &ImageInput<'_, '_>, sections: &Sections) -> ModuleHeader {
    let module = input.env.module;
    let layout = &input.env.context.layout;
    ModuleHeader {
        sections: [0; section::COUNT],
        end: 0,
        start: module.start.map_or(NONE, FuncIndex::as_u32),
        imported_funcs: module.imported_functions,
        imported_tables: module.imported_tables,
        imported_memories: module.imported_memories,
        imported_globals: module.imported_globals,
        context_size: layout.size,
        context_imported_funcs: layout.imported_funcs,
        context_func_refs: layout.func_refs,
        context_dropped: layout.dropped,
        name: sections.name,
    }
}

/// Overwrites the front of `bytes` with a record.
fn put<R: Field>(bytes: &mut [u8], endian: Endian, record: R) {
    let mut at = 0;
    record.write(endian, &mut |part| {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    });
}
