//! Puts header, tables, code and data together, wraps them, and computes the checksums.

use super::elf::{self, Wrapping};
use super::sections::{self, Sections};
use super::{ImageInput, length};
use crate::error::CompileError;
use crate::module::FuncIndex;
use stilt_artifact::checksum::Checksum;
use stilt_artifact::contract::FINGERPRINT;
use stilt_artifact::header::{ELF_PREFIX, IMAGE_ALIGN, ImageHeader, MAGIC, ModuleHeader, section};
use stilt_artifact::image::tables_checksum;
use stilt_artifact::record::Field;
use stilt_artifact::{ABI, Endian, NONE};

/// Writes the file.
pub(crate) fn write(input: &ImageInput<'_, '_>) -> Result<Vec<u8>, CompileError> {
    let target = input.env.target;
    let endian = target.endian();
    let mut sections = sections::write(input)?;
    let symbols = if input.options.strip { None } else { Some(elf::symbols(input, &mut sections.strings)?) };
    sections.bytes[section::STRINGS] = core::mem::take(&mut sections.strings).finish();

    let mut module = module_header(input, &sections);
    let mut tables = vec![0; ImageHeader::SIZE + ModuleHeader::SIZE];
    for (number, bytes) in sections.bytes.iter().enumerate() {
        if number < section::TYPE_BYTES {
            tables.resize(tables.len().next_multiple_of(4), 0);
        }
        module.sections[number] = length(tables.len())?;
        tables.extend_from_slice(bytes);
    }
    module.end = length(tables.len())?;
    put(&mut tables[ImageHeader::SIZE..], endian, module);

    let mut image = tables;
    let tables_len = length(image.len())?;
    let code_align = input.code.align.max(1);
    image.resize(image.len().next_multiple_of(code_align as usize), target.padding());
    let code = length(image.len())?;
    image.extend_from_slice(&input.code.bytes);
    image.resize(image.len().next_multiple_of(sections.data_align as usize), 0);
    let data = length(image.len())?;
    image.extend_from_slice(&sections.data);

    let mut header = ImageHeader {
        magic: MAGIC,
        abi: ABI,
        byte_order: endian.code(),
        pointer_width: target.pointer_width(),
        architecture: target.architecture() as u8,
        convention: target.convention() as u8,
        trap_mode: target.traps() as u8,
        code_align_log2: u8::try_from(code_align.trailing_zeros()).unwrap_or(0),
        modules: 1,
        cpu_features: target.cpu_features(),
        flags: input.flags,
        builtin_groups: input.builtin_groups,
        tables_len,
        code_len: length(input.code.bytes.len())?,
        code: code.into(),
        data,
        data_len: length(sections.data.len())?,
        image_len: length(image.len())?,
        max_frame: input.max_frame,
        file_len: 0,
        signature: 0,
        signature_len: 0,
        contract: FINGERPRINT,
        build_id: input.build_id,
        rest_checksum: 0,
        tables_checksum: 0,
    };
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
    put(&mut image, endian, header);
    header.tables_checksum = tables_checksum(&image[..tables_len as usize]);
    put(&mut image, endian, header);

    let mut file = prefix;
    file.append(&mut image);
    file.extend_from_slice(&suffix);
    Ok(file)
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
