//! The sections of a module, as bytes in the target's byte order: types, imports, exports, functions, tables, memories, globals,
//! names, sites, stack path.

use super::segments;
use super::strings::Strings;
use super::{ImageInput, length};
use crate::error::CompileError;
use crate::module::{FuncIndex, PAGE_LOG2};
use crate::names::Name;
use crate::signature::WasmSignature;
use crate::translate::InlineMap;
use core::num::NonZeroU32;
use std::collections::HashMap;
use stilt_artifact::header::section;
use stilt_artifact::record::Field;
use stilt_artifact::sites::Site;
use stilt_artifact::tables::{
    ConstExpr, ExportEntry, FLAG_FIXED_BASE, FLAG_HAS_MAX, FuncEntry, GlobalEntry, ImportEntry, MemoryEntry, StringRef,
    TableEntry, TypeEntry,
};
use stilt_artifact::types::ExternKind;
use stilt_artifact::{Endian, NONE, sites};

/// The sections that are being written.
pub(super) struct Sections {
    endian: Endian,
    /// Bytes of each, by [`section`].
    pub(super) bytes: [Vec<u8>; section::COUNT],
    /// Text of all of them.
    pub(super) strings: Strings,
    /// The data range of the image.
    pub(super) data: Vec<u8>,
    /// What the data range must be aligned to, as counted from the image base.
    pub(super) data_align: u32,
    /// The module's name.
    pub(super) name: StringRef,
    constants: HashMap<[u32; 6], u32>,
}

impl Sections {
    /// Appends a record to a section, and returns its number in it.
    pub(super) fn push<R: Field>(&mut self, section: usize, record: R) -> Result<u32, CompileError> {
        let bytes = &mut self.bytes[section];
        let number = length(bytes.len() / R::SIZE)?;
        record.write(self.endian, &mut |part| bytes.extend_from_slice(part));
        Ok(number)
    }

    /// How many records of a kind a section has.
    pub(super) fn count<R: Field>(&self, section: usize) -> Result<u32, CompileError> {
        length(self.bytes[section].len() / R::SIZE)
    }

    /// A constant expression, stored once.
    pub(super) fn constant(&mut self, expr: ConstExpr) -> Result<u32, CompileError> {
        let [a, b, c, d] = expr.value;
        let key = [expr.op, expr.index, a, b, c, d];
        if let Some(known) = self.constants.get(&key) {
            return Ok(*known);
        }
        let number = self.push(section::CONST_EXPRS, expr)?;
        self.constants.insert(key, number);
        Ok(number)
    }
}

/// Writes all sections.
pub(super) fn write(input: &ImageInput<'_, '_>) -> Result<Sections, CompileError> {
    let mut sections = Sections {
        endian: input.env.target.endian(),
        bytes: core::array::from_fn(|_| Vec::new()),
        strings: Strings::new(!input.options.strip),
        data: Vec::new(),
        data_align: 1,
        name: StringRef { offset: 0, len: 0 },
        constants: HashMap::new(),
    };
    types(&mut sections, input)?;
    imports_and_exports(&mut sections, input)?;
    funcs(&mut sections, input)?;
    entities(&mut sections, input)?;
    segments::write(&mut sections, input)?;
    if !input.options.strip {
        names(&mut sections, input)?;
    }
    code_tables(&mut sections, input)?;
    sections.bytes[section::PRODUCER] = input.producer.as_bytes().to_vec();
    Ok(sections)
}

fn types(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    let place = |name: Name| input.code.place(name).map_or(NONE, |place| place.start);
    let mut known: HashMap<&WasmSignature, u32> = HashMap::new();
    for signature in input.env.module.types.values() {
        let offset = match known.get(signature) {
            Some(offset) => *offset,
            None => {
                let bytes = &mut sections.bytes[section::TYPE_BYTES];
                let offset = length(bytes.len())?;
                bytes.extend(signature.params.iter().chain(&signature.results).map(|ty| *ty as u8));
                known.insert(signature, offset);
                offset
            }
        };
        let number = input.signatures.get(signature).copied();
        let arity = |len: usize| u16::try_from(len).map_err(|_| CompileError::internal("a type with too many values"));
        let entry = TypeEntry {
            offset,
            params: arity(signature.params.len())?,
            results: arity(signature.results.len())?,
            slots: signature.slots(),
            entry: number.map_or(NONE, |number| place(Name::Entry(number))),
            host: number.map_or(NONE, |number| place(Name::Host(number))),
        };
        sections.push(section::TYPES, entry)?;
    }
    Ok(())
}

fn imports_and_exports(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    let module = input.env.module;
    for import in &module.imports {
        let index = match import.kind {
            ExternKind::Func => module.functions[FuncIndex::from_u32(import.index)].as_u32(),
            _ => import.index,
        };
        let entry = ImportEntry {
            module: sections.strings.add(import.module)?,
            name: sections.strings.add(import.name)?,
            kind: import.kind as u8,
            reserved: [0; 3],
            index,
        };
        sections.push(section::IMPORTS, entry)?;
    }
    let mut exports: Vec<_> = module.exports.iter().zip(0..).collect();
    exports.sort_by_key(|(export, _)| export.name);
    for (export, position) in exports {
        let name = sections.strings.add(export.name)?;
        let entry = ExportEntry { name, kind: export.kind as u8, reserved: [0; 3], index: export.index, position };
        sections.push(section::EXPORTS, entry)?;
    }
    Ok(())
}

fn funcs(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    let module = input.env.module;
    for ((own, body), frame) in module.bodies.iter().zip(input.frames) {
        let index = module.function_index(own);
        let place = |name: Name| input.code.place(name);
        let start = place(Name::Function(index.as_u32()));
        let start = start.ok_or_else(|| CompileError::internal("a function without code"))?;
        // The body of a function with a stub lies right behind the stub.
        let last = place(Name::Body(index.as_u32())).unwrap_or(start);
        let entry = FuncEntry {
            code: start.start,
            len: last.start + last.len - start.start,
            ty: module.functions[index].as_u32(),
            frame: *frame,
            wasm: body.start(),
        };
        sections.push(section::FUNCS, entry)?;
    }
    for index in &module.func_refs {
        sections.push(section::FUNC_REFS, index.as_u32())?;
    }
    Ok(())
}

fn entities(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    let (env, module) = (input.env, input.env.module);
    let has_max = |max: Option<u64>| if max.is_some() { FLAG_HAS_MAX } else { 0 };
    for (index, table) in &module.tables {
        let entry = TableEntry {
            element: table.element as u8,
            flags: has_max(table.max),
            reserved: 0,
            context: env.context.tables[index],
            min: table.min,
            max: table.max.unwrap_or(0),
        };
        sections.push(section::TABLES, entry)?;
    }
    for (index, memory) in &module.memories {
        let plan = env.memories[index];
        let entry = MemoryEntry {
            flags: has_max(memory.max) | if plan.fixed_base { FLAG_FIXED_BASE } else { 0 },
            page_log2: PAGE_LOG2,
            reserved: 0,
            context: env.context.memories[index],
            min: memory.min,
            max: memory.max.unwrap_or(0),
            reservation: plan.reservation,
            guard: plan.guard,
            backed: memory.backed.map_or(0, NonZeroU32::get),
        };
        sections.push(section::MEMORIES, entry)?;
    }
    for (index, global) in &module.globals {
        let init = global.init.map(|init| sections.constant(segments::const_expr(init)));
        let entry = GlobalEntry {
            ty: global.ty as u8,
            mutable: global.mutable.into(),
            reserved: 0,
            context: env.context.globals[index],
            init: init.transpose()?.unwrap_or(NONE),
        };
        sections.push(section::GLOBALS, entry)?;
    }
    Ok(())
}

fn names(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    let module = input.env.module;
    sections.name = sections.strings.add(module.name.unwrap_or(""))?;
    let mut names = Vec::new();
    for index in module.functions.keys() {
        names.push(sections.strings.add(input.names.get(index.as_u32() as usize).copied().flatten().unwrap_or(""))?);
    }
    // Functions behind the last one with a name need no entry.
    let used = names.iter().rposition(|name| name.len != 0).map_or(0, |last| last + 1);
    for name in names.into_iter().take(used) {
        sections.push(section::FUNC_NAMES, name)?;
    }
    Ok(())
}

/// The sites, with the wasm offsets that their locations stand for.
fn located_sites<'a>(input: &'a ImageInput<'_, '_>) -> impl Iterator<Item = (Site, Vec<u32>)> + use<'a> {
    let mut functions: Vec<(u32, &InlineMap)> = Vec::new();
    for (own, inlined) in input.env.module.bodies.keys().zip(input.inlined) {
        let index = input.env.module.function_index(own).as_u32();
        if let Some(place) = input.code.place(Name::Function(index)) {
            functions.push((place.start, inlined));
        }
    }
    functions.sort_unstable_by_key(|(start, _)| *start);
    input.code.sites.iter().map(move |site| {
        // A call may be the last thing in a function.
        let at = if site.trap.is_some() { site.code } else { site.code.saturating_sub(1) };
        let behind = functions.partition_point(|(start, _)| *start <= at);
        let inlined = behind.checked_sub(1).and_then(|place| functions.get(place));
        match inlined {
            Some((_, inlined)) => {
                let (wasm, calls) = inlined.resolve(input.env, site.wasm);
                (Site { wasm, ..*site }, calls)
            }
            None => (*site, Vec::new()),
        }
    })
}

fn code_tables(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    let endian = sections.endian;
    let mut index = Vec::new();
    let mut bytes = Vec::new();
    sites::encode(
        located_sites(input),
        &mut |block| block.write(endian, &mut |part| index.extend_from_slice(part)),
        &mut |byte| bytes.push(byte),
    );
    sections.bytes[section::SITE_INDEX] = index;
    sections.bytes[section::SITE_BYTES] = bytes;
    sections.push(section::STACK_PATH, input.stack_path.sum)?;
    for function in &input.stack_path.functions {
        sections.push(section::STACK_PATH, function.as_u32())?;
    }
    Ok(())
}
