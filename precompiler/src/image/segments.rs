//! Element and data segments, constant expressions, and prepared memories.
//!
//! A large memory whose content is known at compile time is prepared as one range of pages, which the runtime can map
//! copy-on-write. Its segments stay, as active ones of no bytes. Small ones are cheaper as they are.

use super::sections::Sections;
use super::{ImageInput, length};
use crate::error::CompileError;
use crate::module::{ConstExpr, Elem, ElemItems, FuncIndex, MemoryIndex, Module, SegmentMode, TableIndex};
use stilt_artifact::NONE;
use stilt_artifact::header::section;
use stilt_artifact::tables::{self, DataEntry, ElemEntry, MemoryInit, const_op, elem_items, segment_mode};
use stilt_artifact::target::TrapMode;

/// Initial content from which on mapping pages is worth their alignment.
const WORTH_MAPPING: u64 = 64 << 10;

/// A constant expression as an image has it.
pub(super) fn const_expr(expr: ConstExpr) -> tables::ConstExpr {
    let of = |op, index| tables::ConstExpr { op, index, value: [0; 4] };
    match expr {
        ConstExpr::Value(bits) => tables::ConstExpr::bits(bits),
        ConstExpr::Global(index) => of(const_op::GLOBAL, index.as_u32()),
        ConstExpr::Func(index) => of(const_op::FUNC, index.as_u32()),
        ConstExpr::Null => of(const_op::NULL, NONE),
    }
}

/// Writes all segments.
pub(super) fn write(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    for elem in input.env.module.elems.values() {
        write_elem(sections, elem)?;
    }
    write_data(sections, input)
}

fn write_elem(sections: &mut Sections, elem: &Elem) -> Result<(), CompileError> {
    let (mode, table, offset) = match elem.mode {
        SegmentMode::Active { target, offset } => {
            (segment_mode::ACTIVE, target.as_u32(), sections.constant(const_expr(offset))?)
        }
        SegmentMode::Passive => (segment_mode::PASSIVE, NONE, NONE),
        SegmentMode::Declared => (segment_mode::DECLARED, NONE, NONE),
    };
    let (items, first, len) = match &elem.items {
        // Dropped from the start.
        _ if mode == segment_mode::DECLARED => (elem_items::EXPRS, 0, 0),
        ElemItems::Functions(functions) => {
            let first = sections.count::<u32>(section::ELEM_FUNCS)?;
            for function in functions {
                sections.push(section::ELEM_FUNCS, function.map_or(NONE, FuncIndex::as_u32))?;
            }
            (elem_items::FUNCS, first, length(functions.len())?)
        }
        ElemItems::Expressions(exprs) => {
            let first = sections.count::<tables::ConstExpr>(section::CONST_EXPRS)?;
            for expr in exprs {
                sections.push(section::CONST_EXPRS, const_expr(*expr))?;
            }
            (elem_items::EXPRS, first, length(exprs.len())?)
        }
    };
    let entry = ElemEntry { mode, element: elem.element as u8, items, reserved: 0, table, offset, first, len };
    sections.push(section::ELEMS, entry)?;
    Ok(())
}

fn write_data(sections: &mut Sections, input: &ImageInput<'_, '_>) -> Result<(), CompileError> {
    let module = input.env.module;
    let wanted = input.env.target.traps() == TrapMode::Hardware && input.options.data_page != 0;
    let mut prepared = Vec::new();
    if wanted && no_half_done_instantiation_is_seen(module) {
        for memory in module.memories.keys().skip(module.imported_memories as usize) {
            if let Some(init) = prepare(module, memory, input.options.data_page) {
                prepared.push(memory);
                write_prepared(sections, memory, &init, input.options.data_page)?;
            }
        }
    }
    for data in module.data.values() {
        let start = length(sections.data.len())?;
        let entry = match data.mode {
            SegmentMode::Active { target, .. } if prepared.contains(&target) => DataEntry {
                mode: segment_mode::ACTIVE,
                reserved: [0; 3],
                memory: target.as_u32(),
                offset: sections.constant(tables::ConstExpr::bits(0))?,
                start: 0,
                len: 0,
            },
            SegmentMode::Active { target, offset } => DataEntry {
                mode: segment_mode::ACTIVE,
                reserved: [0; 3],
                memory: target.as_u32(),
                offset: sections.constant(const_expr(offset))?,
                start,
                len: length(data.bytes.len())?,
            },
            SegmentMode::Passive | SegmentMode::Declared => DataEntry {
                mode: segment_mode::PASSIVE,
                reserved: [0; 3],
                memory: NONE,
                offset: NONE,
                start,
                len: length(data.bytes.len())?,
            },
        };
        if entry.len != 0 {
            sections.data.extend_from_slice(data.bytes);
        }
        sections.push(section::DATA, entry)?;
    }
    Ok(())
}

/// Prepared content is there before element segments are applied. If one of these fails after another has put a function
/// of this instance into a table that others have, the difference shows.
fn no_half_done_instantiation_is_seen(module: &Module<'_>) -> bool {
    let active = || {
        module.elems.values().filter_map(|elem| match elem.mode {
            SegmentMode::Active { target, offset } => Some((target, offset, items(elem))),
            _ => None,
        })
    };
    let imported = |table: TableIndex| table.as_u32() < module.imported_tables;
    let in_bounds = |table: TableIndex, offset: ConstExpr, len: usize| match offset {
        ConstExpr::Value(offset) => offset + len as u128 <= module.tables[table].min.into(),
        _ => false,
    };
    !active().any(|(table, ..)| imported(table)) || active().all(|(table, offset, len)| in_bounds(table, offset, len))
}

fn items(elem: &Elem) -> usize {
    match &elem.items {
        ElemItems::Functions(functions) => functions.len(),
        ElemItems::Expressions(exprs) => exprs.len(),
    }
}

/// The content of a memory, from `start` on.
struct Prepared {
    start: u64,
    bytes: Vec<u8>,
}

/// The content of a memory if all of it is known and preparing it is worth it. Starts and ends at multiples of `page`.
fn prepare(module: &Module<'_>, memory: MemoryIndex, page: u32) -> Option<Prepared> {
    // What is there of a small memory need not be whole pages.
    if module.memories[memory].backed.is_some() {
        return None;
    }
    let limit = module.memories[memory].min_bytes();
    let mut segments = Vec::new();
    for data in module.data.values() {
        match data.mode {
            SegmentMode::Active { target, offset } if target == memory => {
                let ConstExpr::Value(offset) = offset else { return None };
                let offset = u64::try_from(offset).ok()?;
                let end = offset.checked_add(data.bytes.len() as u64)?;
                if end > limit {
                    return None;
                }
                segments.push((offset, end, data.bytes));
            }
            _ => {}
        }
    }
    segments.retain(|(.., bytes)| !bytes.is_empty());
    let total: u64 = segments.iter().map(|(.., bytes)| bytes.len() as u64).sum();
    let page = u64::from(page);
    let start = segments.iter().map(|(start, ..)| *start).min()? / page * page;
    // Memories are multiples of 64 KiB, and pages no larger.
    let end = segments.iter().map(|(_, end, _)| *end).max()?.next_multiple_of(page);
    // Segments that lie far from each other would mostly store zeroes.
    if total < WORTH_MAPPING || end - start > 2 * total + page {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(end - start).ok()?];
    for (offset, _, from) in segments {
        let at = usize::try_from(offset - start).ok()?;
        bytes.get_mut(at..)?.get_mut(..from.len())?.copy_from_slice(from);
    }
    Some(Prepared { start, bytes })
}

fn write_prepared(
    sections: &mut Sections,
    memory: MemoryIndex,
    init: &Prepared,
    page: u32,
) -> Result<(), CompileError> {
    sections.data_align = sections.data_align.max(page);
    let start = sections.data.len().next_multiple_of(page as usize);
    sections.data.resize(start, 0);
    sections.data.extend_from_slice(&init.bytes);
    let entry = MemoryInit {
        memory: memory.as_u32(),
        start: length(start)?,
        len: length(init.bytes.len())?,
        align: page,
        destination: init.start,
    };
    sections.push(section::MEMORY_INITS, entry)?;
    Ok(())
}
