//! The checks of a module's tables. Each index and offset is checked once, here, but for the tables that grow with the number of
//! functions: functions, exports and function references. Of those one entry is read at a time, and whoever reads it treats what it
//! finds there as it treats an index that it was given: it looks it up, and there may be nothing. [`super::Image::verify_rest`] checks
//! these, too.

use super::error::{ImageError, malformed};
use super::module::ModuleImage;
use crate::NONE;
use crate::crossing;
use crate::header::section;
use crate::layout::{ContextLayout, FuncImportLayout, FuncRefLayout, MAX_CONTEXT, MemoryLayout, TableLayout};
use crate::order::ByteOrder;
use crate::record::Table;
use crate::tables::{FLAG_SHARED, MemoryEntry, const_op, elem_items, segment_mode};
use crate::types::{ExternKind, ValueType};

impl<O: ByteOrder> ModuleImage<'_, O> {
    pub(super) fn check(&self) -> Result<(), ImageError> {
        self.check_sections()?;
        self.check_types()?;
        self.check_imports()?;
        self.check_entities()?;
        self.check_context()?;
        self.check_segments()
    }

    fn check_sections(&self) -> Result<(), ImageError> {
        let header = &self.header();
        let mut last = 0;
        for (index, start) in (0u32..).zip(header.sections) {
            if start < last || ((index as usize) < section::TYPE_BYTES && start % 4 != 0) {
                return Err(malformed("section start", index));
            }
            last = start;
        }
        if header.end < last || header.end > self.image.header.tables_len() {
            return Err(malformed("end of the sections", header.end));
        }
        let (funcs, imports) = (self.funcs().len(), self.imports());
        let of_kind = |kind: ExternKind| imports.iter().filter(|import| import.kind == kind as u8).count() as u64;
        if u64::from(header.imported_funcs) != of_kind(ExternKind::Func)
            || u64::from(header.imported_tables) != of_kind(ExternKind::Table)
            || u64::from(header.imported_memories) != of_kind(ExternKind::Memory)
            || u64::from(header.imported_globals) != of_kind(ExternKind::Global)
            || header.imported_funcs.checked_add(funcs).is_none()
            || header.imported_tables > self.tables().len()
            || header.imported_memories > self.memories().len()
            || header.imported_globals > self.globals().len()
        {
            return Err(malformed("number of imports", imports.len()));
        }
        let size = u64::from(header.context_size);
        if size > MAX_CONTEXT || size < ContextLayout::size(self.pointer_width()).into() {
            return Err(malformed("size of the context", header.context_size));
        }
        if header.start != NONE && header.start >= self.func_count() {
            return Err(malformed("start function", header.start));
        }
        Ok(())
    }

    fn pointer_width(&self) -> u8 {
        self.image.header.pointer_width()
    }

    fn segments(&self) -> u32 {
        self.elems().len().saturating_add(self.data_segments().len())
    }

    fn in_code(&self, start: u32, len: u32) -> bool {
        start.checked_add(len).is_some_and(|end| end <= self.image.header.code_len())
    }

    fn check_types(&self) -> Result<(), ImageError> {
        for (index, ty) in (0..).zip(self.types().iter()) {
            let Some((params, results)) = self.type_bytes(ty) else {
                return Err(malformed("function type", index));
            };
            if params.iter().chain(results).any(|byte| ValueType::from_u8(*byte).is_none()) {
                return Err(malformed("value type of a function type", index));
            }
            if ty.slots != crossing::slots(params, results) {
                return Err(malformed("slots of a function type", index));
            }
            if [ty.entry, ty.host].into_iter().any(|code| code != NONE && !self.in_code(code, 1)) {
                return Err(malformed("trampoline of a function type", index));
            }
        }
        Ok(())
    }

    fn check_imports(&self) -> Result<(), ImageError> {
        let is_string = |string| self.string_bytes(string).is_some_and(|bytes| core::str::from_utf8(bytes).is_ok());
        let mut counts = [0u32; 4];
        for (index, import) in (0..).zip(self.imports().iter()) {
            let kind = ExternKind::from_u8(import.kind).ok_or(malformed("kind of an import", index))?;
            let slot = counts.get_mut(kind as usize).ok_or(malformed("kind of an import", index))?;
            // Types of functions may repeat; the others count up through their index space.
            let good = match kind {
                ExternKind::Func => import.index < self.types().len(),
                _ => import.index == *slot,
            };
            *slot = slot.saturating_add(1);
            if !good || !is_string(import.module) || !is_string(import.name) {
                return Err(malformed("import", index));
            }
        }
        Ok(())
    }

    /// The checks of what loading leaves out: each function, export and function reference.
    ///
    /// # Errors
    /// Which entry is not as it should be.
    pub(super) fn check_entries(&self) -> Result<(), ImageError> {
        let mut last: Option<&[u8]> = None;
        for (index, export) in (0..).zip(self.exports().iter()) {
            let kind = ExternKind::from_u8(export.kind).ok_or(malformed("kind of an export", index))?;
            let limit = match kind {
                ExternKind::Func => self.func_count(),
                ExternKind::Table => self.tables().len(),
                ExternKind::Memory => self.memories().len(),
                ExternKind::Global => self.globals().len(),
            };
            let name = self.string_bytes(export.name).ok_or(malformed("name of an export", index))?;
            let text = core::str::from_utf8(name).is_ok();
            if export.index >= limit || !text || last.is_some_and(|last| last >= name) {
                return Err(malformed("export", index));
            }
            last = Some(name);
        }
        let mut last = 0;
        for (index, func) in (0..).zip(self.funcs().iter()) {
            if func.code < last || !self.in_code(func.code, func.len) || func.ty >= self.types().len() {
                return Err(malformed("function", index));
            }
            last = func.code;
        }
        let mut last = None;
        for (index, func) in (0..).zip(self.func_refs().iter()) {
            if func >= self.func_count() || last.is_some_and(|last| last >= func) {
                return Err(malformed("function reference", index));
            }
            last = Some(func);
        }
        Ok(())
    }

    fn check_entities(&self) -> Result<(), ImageError> {
        for (index, table) in (0..).zip(self.tables().iter()) {
            let reference =
                matches!(ValueType::from_u8(table.element), Some(ValueType::FuncRef | ValueType::ExternRef));
            if !reference {
                return Err(malformed("table", index));
            }
        }
        for (index, memory) in (0..).zip(self.memories().iter()) {
            let whole = MemoryEntry { backed: 0, ..memory };
            let small = memory.backed != 0;
            // Nothing but tests keeps accesses within a part, and code of other modules counts on the whole.
            let elsewhere = index < self.header.imported_memories() || memory.flags & FLAG_SHARED != 0;
            let relied_on = memory.reservation != 0 || memory.guard != 0;
            let larger = whole.first_bytes().is_some_and(|bytes| u64::from(memory.backed) > bytes);
            if !matches!(memory.page_log2, 0 | 16) || (small && (elsewhere || relied_on || larger)) {
                return Err(malformed("memory", index));
            }
        }
        for (index, global) in (0..).zip(self.globals().iter()) {
            let ty = ValueType::from_u8(global.ty).ok_or(malformed("type of a global", index))?;
            let own = index >= self.header.imported_globals();
            let init = if own { self.is_const_expr(global.init, index, Some(ty)) } else { global.init == NONE };
            if !init {
                return Err(malformed("global", index));
            }
        }
        Ok(())
    }

    /// Whether all that lies in the context has room of its own. It lies there in the order of
    /// [`crate::layout::InstanceLayout`], so that one walk finds what overlaps.
    fn check_context(&self) -> Result<(), ImageError> {
        let (header, word) = (&self.header(), self.pointer_width());
        let mut end = u64::from(ContextLayout::size(word));
        let mut place = |start: u32, count: u32, size: u32, align: u32| {
            // Without items it does not matter where they are.
            if count != 0 {
                let good = u64::from(start) >= end && start.is_multiple_of(align);
                end = u64::from(start).wrapping_add(u64::from(count).wrapping_mul(size.into()));
                if !good || end > header.context_size.into() {
                    return Err(malformed("place in the context", start));
                }
            }
            Ok(())
        };
        let pointer = u32::from(word);
        let imported = |count: u32| count as usize;
        for memory in self.memories().iter().skip(imported(header.imported_memories)) {
            place(memory.context, 1, MemoryLayout::size(word), pointer)?;
        }
        for global in self.globals().iter().skip(imported(header.imported_globals)) {
            let size = ValueType::from_u8(global.ty).map_or(0, |ty| ty.size(word));
            place(global.context, 1, size, size)?;
        }
        for table in self.tables().iter().skip(imported(header.imported_tables)) {
            place(table.context, 1, TableLayout::size(word), pointer)?;
        }
        place(header.context_imported_funcs, header.imported_funcs, FuncImportLayout::size(word), pointer)?;
        for memory in self.memories().iter().take(imported(header.imported_memories)) {
            place(memory.context, 1, pointer, pointer)?;
        }
        for global in self.globals().iter().take(imported(header.imported_globals)) {
            place(global.context, 1, pointer, pointer)?;
        }
        for table in self.tables().iter().take(imported(header.imported_tables)) {
            place(table.context, 1, pointer, pointer)?;
        }
        place(header.context_func_refs, self.func_refs().len(), FuncRefLayout::size(word), pointer)?;
        place(header.context_dropped, self.segments().div_ceil(32), 4, 4)
    }

    /// Whether entry `index` is a constant expression of type `ty` (any type if `None`) that reads only globals below
    /// `globals`.
    fn is_const_expr(&self, index: u32, globals: u32, ty: Option<ValueType>) -> bool {
        let Some(expr) = self.const_exprs().get(index) else { return false };
        match expr.op {
            const_op::VALUE => !matches!(ty, Some(ValueType::FuncRef | ValueType::ExternRef)),
            const_op::NULL => matches!(ty, Some(ValueType::FuncRef | ValueType::ExternRef)),
            const_op::FUNC => ty == Some(ValueType::FuncRef) && self.func_ref_slot(expr.index).is_some(),
            const_op::GLOBAL => {
                let global = self.globals().get(expr.index);
                expr.index < globals && global.is_some_and(|global| ty.is_none_or(|ty| ty as u8 == global.ty))
            }
            _ => false,
        }
    }

    fn check_segments(&self) -> Result<(), ImageError> {
        let globals = self.globals().len();
        for (index, elem) in (0..).zip(self.elems().iter()) {
            let ty = ValueType::from_u8(elem.element).ok_or(malformed("type of an element segment", index))?;
            let items = match elem.items {
                elem_items::FUNCS if ty == ValueType::FuncRef => {
                    let items = self.elem_funcs().slice(elem.first, elem.len);
                    items.is_some_and(|mut items| items_are_refs(self, &mut items))
                }
                elem_items::EXPRS => {
                    let end = elem.first.checked_add(elem.len);
                    end.is_some_and(|end| (elem.first..end).all(|item| self.is_const_expr(item, globals, Some(ty))))
                }
                _ => false,
            };
            let place = match elem.mode {
                segment_mode::ACTIVE => {
                    let table = self.tables().get(elem.table);
                    let offset = self.is_const_expr(elem.offset, globals, Some(index_type(table.map(|t| t.flags))));
                    offset && table.is_some_and(|table| table.element == elem.element)
                }
                segment_mode::PASSIVE | segment_mode::DECLARED => true,
                _ => false,
            };
            if !items || !place {
                return Err(malformed("element segment", index));
            }
        }
        for (index, data) in (0..).zip(self.data_segments().iter()) {
            let end = data.start.checked_add(data.len);
            let place = match data.mode {
                segment_mode::ACTIVE => {
                    let memory = self.memories().get(data.memory);
                    memory.is_some()
                        && self.is_const_expr(data.offset, globals, Some(index_type(memory.map(|m| m.flags))))
                }
                segment_mode::PASSIVE => true,
                _ => false,
            };
            if !place || end.is_none_or(|end| end > self.image.header.data_len()) {
                return Err(malformed("data segment", index));
            }
        }
        for (index, init) in (0..).zip(self.memory_inits().iter()) {
            let memory = self.memories().get(init.memory);
            let size = memory.and_then(|memory| memory.first_bytes());
            let in_memory =
                init.destination.checked_add(init.len.into()).is_some_and(|end| size.is_some_and(|size| end <= size));
            let in_data = init.start.checked_add(init.len).is_some_and(|end| end <= self.image.header.data_len());
            let own = init.memory >= self.header.imported_memories();
            if !own
                || !in_memory
                || !in_data
                || !init.align.is_power_of_two()
                || !init.destination.is_multiple_of(init.align.into())
            {
                return Err(malformed("memory image", index));
            }
        }
        Ok(())
    }
}

fn items_are_refs<O: ByteOrder>(module: &ModuleImage<'_, O>, items: &mut Table<'_, u32, O>) -> bool {
    items.iter().all(|func| func == NONE || module.func_ref_slot(func).is_some())
}

fn index_type(entity_flags: Option<u8>) -> ValueType {
    if entity_flags.unwrap_or(0) & crate::tables::FLAG_INDEX64 != 0 { ValueType::I64 } else { ValueType::I32 }
}
