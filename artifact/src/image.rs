//! The checked view of an image. [`Image::parse`] checks, once, everything that loading, instantiating and calling will read;
//! from then on every read goes through bounds-checked accessors all the same, so that nothing here can panic.
//!
//! Not checked at load: the tables that only a trap reads (sites, names, stack path), which are checked entry by entry
//! when searched; and code, which no check can make safe: see `SAFETY.md` on trust.

use crate::checksum::Checksum;
use crate::header::{ELF_MAGIC, ELF_PREFIX, ImageHeader, MAGIC, ModuleHeader, flags, section};
use crate::layout::{ContextLayout, FuncImportLayout, FuncRefLayout, MAX_CONTEXT, MemoryLayout, TableLayout};
use crate::order::{ByteOrder, Endian};
use crate::record::{Field, Table};
use crate::sites::Sites;
use crate::tables::{
    ConstExpr, DataEntry, ElemEntry, ExportEntry, FuncEntry, GlobalEntry, ImportEntry, MemoryEntry, MemoryInit,
    StackPath, StringRef, TableEntry, TypeEntry, const_op, elem_items, segment_mode,
};
use crate::types::{ExternKind, ValueType};
use crate::{ABI, NONE};

/// Why bytes are not an image that can be used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// It does not start as an image does.
    NotAnImage,
    /// It is a WebAssembly module: it must be compiled first.
    WasmModule,
    /// It is shorter than it says.
    Truncated {
        /// Bytes needed.
        expected: u64,
        /// Bytes given.
        found: u64,
    },
    /// It was made for another ABI of this project.
    Abi {
        /// What this code reads.
        expected: u8,
        /// What the image has.
        found: u8,
    },
    /// It was made for another byte order.
    ByteOrder {
        /// What the image has.
        found: Option<Endian>,
    },
    /// It has a flag that this version does not know.
    UnknownFlags {
        /// The unknown bits.
        flags: u32,
    },
    /// Its header and tables are damaged.
    Checksum {
        /// The sum in the header.
        expected: u64,
        /// The sum of what is there.
        found: u64,
    },
    /// Something in it does not fit. It is damaged in spite of its checksum, or made by a defective tool.
    Malformed {
        /// What.
        what: &'static str,
        /// Where: an offset from the image base, or an index into the table that `what` names.
        at: u32,
    },
}

impl core::fmt::Display for ImageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            ImageError::NotAnImage => f.write_str("not a Stilt image: the magic number is missing"),
            ImageError::WasmModule => {
                f.write_str("this is a WebAssembly module, not an image: compile it with `stilt compile` first")
            }
            ImageError::Truncated { expected, found } => {
                write!(f, "the image is cut short: it needs {expected} bytes, only {found} are there")
            }
            ImageError::Abi { expected, found } => {
                write!(f, "the image has ABI {found}, this runtime reads ABI {expected}: compile it again")
            }
            ImageError::ByteOrder { found: Some(Endian::Little) } => {
                f.write_str("the image is for little-endian targets")
            }
            ImageError::ByteOrder { found: Some(Endian::Big) } => f.write_str("the image is for big-endian targets"),
            ImageError::ByteOrder { found: None } => f.write_str("the image's byte order is neither little nor big"),
            ImageError::UnknownFlags { flags } => {
                write!(f, "the image needs something that this runtime does not know (flags {flags:#x})")
            }
            ImageError::Checksum { expected, found } => {
                write!(f, "the image is damaged: its tables have checksum {found:#018x}, expected {expected:#018x}")
            }
            ImageError::Malformed { what, at } => write!(f, "the image is malformed: {what} at {at:#x}"),
        }
    }
}

impl core::error::Error for ImageError {}

const fn malformed(what: &'static str, at: u32) -> ImageError {
    ImageError::Malformed { what, at }
}

/// A checked image.
#[derive(Clone, Copy, Debug)]
pub struct Image<'a, O> {
    /// From the image base to the end of the image.
    bytes: &'a [u8],
    order: O,
    header: ImageHeader,
}

/// The image base within a file's bytes: behind the ELF header where there is one.
pub fn image_start(file: &[u8]) -> usize {
    if file.starts_with(&ELF_MAGIC) && file.get(ELF_PREFIX..).is_some_and(|image| image.starts_with(&MAGIC)) {
        ELF_PREFIX
    } else {
        0
    }
}

/// The byte order of the image in a file, read from its header.
pub fn byte_order(file: &[u8]) -> Option<Endian> {
    let header = ImageHeader::read(Endian::Little, file.get(image_start(file)..)?)?;
    if header.magic == MAGIC { Endian::from_code(header.byte_order) } else { None }
}

impl<'a, O: ByteOrder> Image<'a, O> {
    /// Checks the image in `file` (from its first byte, wrapping included) and returns the view of it.
    pub fn parse(file: &'a [u8], order: O) -> Result<Self, ImageError> {
        if file.starts_with(b"\0asm") {
            return Err(ImageError::WasmModule);
        }
        let start = image_start(file);
        let bytes = file.get(start..).unwrap_or_default();
        if !bytes.starts_with(&MAGIC) {
            return Err(ImageError::NotAnImage);
        }
        let header = ImageHeader::read(order, bytes)
            .ok_or(ImageError::Truncated { expected: ImageHeader::SIZE as u64, found: bytes.len() as u64 })?;
        if header.abi != ABI {
            return Err(ImageError::Abi { expected: ABI, found: header.abi });
        }
        if Endian::from_code(header.byte_order) != Some(order.endian()) {
            return Err(ImageError::ByteOrder { found: Endian::from_code(header.byte_order) });
        }
        if header.flags & !flags::KNOWN != 0 {
            return Err(ImageError::UnknownFlags { flags: header.flags & !flags::KNOWN });
        }
        let Some(bytes) = bytes.get(..header.image_len as usize) else {
            return Err(ImageError::Truncated { expected: header.image_len.into(), found: bytes.len() as u64 });
        };
        let image = Image { bytes, order, header };
        image.check_ranges()?;
        image.check_tables_checksum()?;
        for index in 0..header.modules {
            image.module(index).ok_or(malformed("module header", index.into()))?.check()?;
        }
        Ok(image)
    }

    /// The header.
    pub const fn header(&self) -> &ImageHeader {
        &self.header
    }

    /// The bytes from the image base to the end of the image.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The byte order the image is read in.
    pub const fn order(&self) -> O {
        self.order
    }

    /// The code, where it lies within the image; empty when a linker has placed it elsewhere.
    pub fn code(&self) -> &'a [u8] {
        let code = usize::try_from(self.header.code).ok();
        code.and_then(|code| self.bytes.get(code..)?.get(..self.header.code_len as usize)).unwrap_or_default()
    }

    /// The data range.
    pub fn data(&self) -> &'a [u8] {
        let data = self.bytes.get(self.header.data as usize..).unwrap_or_default();
        data.get(..self.header.data_len as usize).unwrap_or_default()
    }

    /// Core module number `index`.
    pub fn module(&self, index: u8) -> Option<ModuleImage<'a, O>> {
        if index >= self.header.modules {
            return None;
        }
        let at = ImageHeader::SIZE.checked_add(usize::from(index).checked_mul(ModuleHeader::SIZE)?)?;
        let header = ModuleHeader::read(self.order, self.bytes.get(at..)?)?;
        Some(ModuleImage { image: *self, header })
    }

    /// Compares the checksum of everything but header and tables. `file` is what [`Image::parse`] was given.
    pub fn verify_rest(&self, file: &[u8]) -> Result<(), ImageError> {
        let start = image_start(file);
        let Some(file) = file.get(..self.header.file_len as usize) else {
            return Err(ImageError::Truncated { expected: self.header.file_len.into(), found: file.len() as u64 });
        };
        let front = file.get(..start).unwrap_or_default();
        let rest = start.checked_add(self.header.tables_len as usize).and_then(|at| file.get(at..)).unwrap_or_default();
        let found = Checksum::new().range(front).range(rest).finish();
        let expected = self.header.rest_checksum;
        if found == expected { Ok(()) } else { Err(ImageError::Checksum { expected, found }) }
    }

    fn check_ranges(&self) -> Result<(), ImageError> {
        let header = &self.header;
        let fits =
            |start: u64, len: u32| start.checked_add(len.into()).is_some_and(|end| end <= self.bytes.len() as u64);
        let headers =
            (ModuleHeader::SIZE as u64).wrapping_mul(header.modules.into()).wrapping_add(ImageHeader::SIZE as u64);
        if !fits(0, header.tables_len) || u64::from(header.tables_len) < headers {
            return Err(malformed("length of the tables", header.tables_len));
        }
        if !fits(header.code, header.code_len) {
            return Err(malformed("code range", header.code_len));
        }
        if header.code_align_log2 > 16 {
            return Err(malformed("code alignment", header.code_align_log2.into()));
        }
        if !fits(header.data.into(), header.data_len) {
            return Err(malformed("data range", header.data));
        }
        if header.pointer_width != 4 && header.pointer_width != 8 {
            return Err(malformed("pointer width", header.pointer_width.into()));
        }
        Ok(())
    }

    fn check_tables_checksum(&self) -> Result<(), ImageError> {
        let tables = self.bytes.get(..self.header.tables_len as usize).unwrap_or_default();
        let found = tables_checksum(tables);
        let expected = self.header.tables_checksum;
        if found == expected { Ok(()) } else { Err(ImageError::Checksum { expected, found }) }
    }
}

/// The checksum of header, module headers and tables, whatever the header's own field says.
pub fn tables_checksum(tables: &[u8]) -> u64 {
    // The checksum is the header's last field.
    let front = tables.get(..ImageHeader::SIZE.saturating_sub(u64::SIZE)).unwrap_or_default();
    let rest = tables.get(ImageHeader::SIZE..).unwrap_or_default();
    Checksum::new().range(front).range(rest).finish()
}

/// One core module of an image.
#[derive(Clone, Copy, Debug)]
pub struct ModuleImage<'a, O> {
    image: Image<'a, O>,
    header: ModuleHeader,
}

macro_rules! sections {
    ($( $(#[$meta:meta])* $method:ident, $section:ident, $record:ty; )*) => {
        $( $(#[$meta])* #[inline] pub fn $method(&self) -> Table<'a, $record, O> {
            Table::new(self.section(section::$section), self.image.order)
        } )*
    };
}

impl<'a, O: ByteOrder> ModuleImage<'a, O> {
    /// The header.
    pub const fn header(&self) -> &ModuleHeader {
        &self.header
    }

    /// The image it is part of.
    pub const fn image(&self) -> &Image<'a, O> {
        &self.image
    }

    /// The bytes of section number `index` (see [`section`]).
    #[inline]
    pub fn section(&self, index: usize) -> &'a [u8] {
        let start = self.header.sections.get(index).copied().unwrap_or(self.header.end);
        let end = self.header.sections.get(index.wrapping_add(1)).copied().unwrap_or(self.header.end);
        self.image.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    sections! {
        /// Function types.
        types, TYPES, TypeEntry;
        /// Imports.
        imports, IMPORTS, ImportEntry;
        /// Exports, sorted by name.
        exports, EXPORTS, ExportEntry;
        /// Functions of its own.
        funcs, FUNCS, FuncEntry;
        /// Tables, imported ones first.
        tables, TABLES, TableEntry;
        /// Memories, imported ones first.
        memories, MEMORIES, MemoryEntry;
        /// Globals, imported ones first.
        globals, GLOBALS, GlobalEntry;
        /// Indexes of functions that can be referred to, ascending.
        func_refs, FUNC_REFS, u32;
        /// Element segments.
        elems, ELEMS, ElemEntry;
        /// Function indexes of element segments.
        elem_funcs, ELEM_FUNCS, u32;
        /// Data segments.
        data_segments, DATA, DataEntry;
        /// Prepared memories.
        memory_inits, MEMORY_INITS, MemoryInit;
        /// Constant expressions.
        const_exprs, CONST_EXPRS, ConstExpr;
        /// Names of functions, imported ones first; may be empty.
        func_names, FUNC_NAMES, StringRef;
    }

    /// Trap sites and return addresses.
    pub fn sites(&self) -> Sites<'a, O> {
        let index = Table::new(self.section(section::SITE_INDEX), self.image.order);
        Sites::new(index, self.section(section::SITE_BYTES))
    }

    /// The deepest path of calls, if recorded: its sum, and the functions along it.
    pub fn stack_path(&self) -> Option<(StackPath, Table<'a, u32, O>)> {
        let bytes = self.section(section::STACK_PATH);
        let path = StackPath::read(self.image.order, bytes)?;
        Some((path, Table::new(bytes.get(StackPath::SIZE..)?, self.image.order)))
    }

    /// Lines `key=value` about how the image was made.
    pub fn producer(&self) -> &'a str {
        core::str::from_utf8(self.section(section::PRODUCER)).unwrap_or_default().trim_end_matches('\0')
    }

    /// A string of the strings section; empty if the reference is bad, which [`Image::parse`] has ruled out for the names
    /// of imports and exports.
    pub fn string(&self, string: StringRef) -> &'a str {
        let bytes = self.string_bytes(string).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    fn string_bytes(&self, string: StringRef) -> Option<&'a [u8]> {
        self.section(section::STRINGS).get(string.offset as usize..)?.get(..string.len as usize)
    }

    /// The name of function `index` of the function index space, if recorded.
    pub fn func_name(&self, index: u32) -> Option<&'a str> {
        let name = self.string(self.func_names().get(index)?);
        if name.is_empty() { None } else { Some(name) }
    }

    /// The value types of a function type: parameters, then results. One [`ValueType`] byte each.
    pub fn type_bytes(&self, ty: TypeEntry) -> Option<(&'a [u8], &'a [u8])> {
        let all = self.section(section::TYPE_BYTES).get(ty.offset as usize..)?;
        let (params, rest) = all.split_at_checked(ty.params.into())?;
        Some((params, rest.get(..usize::from(ty.results))?))
    }

    /// Number of functions in the function index space.
    pub fn func_count(&self) -> u32 {
        self.header.imported_funcs.saturating_add(self.funcs().len())
    }

    /// The type index of function `index` of the function index space.
    pub fn func_type(&self, index: u32) -> Option<u32> {
        match index.checked_sub(self.header.imported_funcs) {
            Some(own) => Some(self.funcs().get(own)?.ty),
            None => {
                let mut imports = self.imports().iter().filter(|import| import.kind == ExternKind::Func as u8);
                Some(imports.nth(index as usize)?.index)
            }
        }
    }

    /// The place of function `index` among the function references, if it can be referred to.
    pub fn func_ref_slot(&self, index: u32) -> Option<u32> {
        let refs = self.func_refs();
        let (mut low, mut high) = (0, refs.len());
        while low < high {
            let middle = low.wrapping_add(high.wrapping_sub(low) / 2);
            let found = refs.get(middle)?;
            if found == index {
                return Some(middle);
            }
            if found < index {
                low = middle.wrapping_add(1);
            } else {
                high = middle;
            }
        }
        None
    }

    /// The export with this name.
    pub fn export(&self, name: &str) -> Option<ExportEntry> {
        let exports = self.exports();
        let (mut low, mut high) = (0, exports.len());
        while low < high {
            let middle = low.wrapping_add(high.wrapping_sub(low) / 2);
            let entry = exports.get(middle)?;
            match self.string_bytes(entry.name)?.cmp(name.as_bytes()) {
                core::cmp::Ordering::Equal => return Some(entry),
                core::cmp::Ordering::Less => low = middle.wrapping_add(1),
                core::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The function of the module's own whose code contains this code offset: its index in the function index space.
    pub fn func_at(&self, code: u32) -> Option<u32> {
        let funcs = self.funcs();
        let (mut low, mut high) = (0, funcs.len());
        while low < high {
            let middle = low.wrapping_add(high.wrapping_sub(low) / 2);
            if funcs.get(middle)?.code <= code {
                low = middle.wrapping_add(1);
            } else {
                high = middle;
            }
        }
        let own = low.checked_sub(1)?;
        let func = funcs.get(own)?;
        // A return address may be the first byte behind a function that ends in a call.
        if code.wrapping_sub(func.code) <= func.len { own.checked_add(self.header.imported_funcs) } else { None }
    }

    fn check(&self) -> Result<(), ImageError> {
        self.check_sections()?;
        self.check_types()?;
        self.check_imports_and_exports()?;
        self.check_funcs()?;
        self.check_entities()?;
        self.check_segments()
    }

    fn check_sections(&self) -> Result<(), ImageError> {
        let mut last = 0;
        for (index, start) in (0u32..).zip(self.header.sections) {
            if start < last || ((index as usize) < section::TYPE_BYTES && start % 4 != 0) {
                return Err(malformed("section start", index));
            }
            last = start;
        }
        if self.header.end < last || self.header.end > self.image.header.tables_len {
            return Err(malformed("end of the sections", self.header.end));
        }
        let header = &self.header;
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
        let word = self.pointer_width();
        let arrays = [
            (header.context_imported_funcs, header.imported_funcs, FuncImportLayout::size(word), u32::from(word)),
            (header.context_func_refs, self.func_refs().len(), FuncRefLayout::size(word), u32::from(word)),
            (header.context_dropped, self.segments().div_ceil(32), 4, 4),
        ];
        for (start, count, size, align) in arrays {
            if !self.in_context(start, u64::from(count).wrapping_mul(size.into()), align) {
                return Err(malformed("place in the context", start));
            }
        }
        if header.start != NONE && header.start >= self.func_count() {
            return Err(malformed("start function", header.start));
        }
        Ok(())
    }

    fn pointer_width(&self) -> u8 {
        self.image.header.pointer_width
    }

    fn segments(&self) -> u32 {
        self.elems().len().saturating_add(self.data_segments().len())
    }

    fn in_context(&self, start: u32, len: u64, align: u32) -> bool {
        let end = u64::from(start).saturating_add(len);
        start.is_multiple_of(align)
            && (len == 0 || start >= ContextLayout::size(self.pointer_width()))
            && end <= self.header.context_size.into()
    }

    fn in_code(&self, start: u32, len: u32) -> bool {
        start.checked_add(len).is_some_and(|end| end <= self.image.header.code_len)
    }

    fn check_types(&self) -> Result<(), ImageError> {
        for (index, ty) in (0..).zip(self.types().iter()) {
            let Some((params, results)) = self.type_bytes(ty) else {
                return Err(malformed("function type", index));
            };
            if params.iter().chain(results).any(|byte| ValueType::from_u8(*byte).is_none()) {
                return Err(malformed("value type of a function type", index));
            }
            if [ty.entry, ty.host].into_iter().any(|code| code != NONE && !self.in_code(code, 1)) {
                return Err(malformed("trampoline of a function type", index));
            }
        }
        Ok(())
    }

    fn check_imports_and_exports(&self) -> Result<(), ImageError> {
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
            if export.index >= limit || !is_string(export.name) || last.is_some_and(|last| last >= name) {
                return Err(malformed("export", index));
            }
            last = Some(name);
        }
        Ok(())
    }

    fn check_funcs(&self) -> Result<(), ImageError> {
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
        let word = self.pointer_width();
        let place = |index: u32, imported: u32, context: u32, size: u32, align: u32| {
            let (size, align) = if index < imported { (word.into(), word.into()) } else { (size, align) };
            self.in_context(context, size.into(), align)
        };
        for (index, table) in (0..).zip(self.tables().iter()) {
            let reference =
                matches!(ValueType::from_u8(table.element), Some(ValueType::FuncRef | ValueType::ExternRef));
            let size = TableLayout::size(word);
            if !reference || !place(index, self.header.imported_tables, table.context, size, word.into()) {
                return Err(malformed("table", index));
            }
        }
        for (index, memory) in (0..).zip(self.memories().iter()) {
            let size = MemoryLayout::size(word);
            let pages = matches!(memory.page_log2, 0 | 16);
            if !pages || !place(index, self.header.imported_memories, memory.context, size, word.into()) {
                return Err(malformed("memory", index));
            }
        }
        for (index, global) in (0..).zip(self.globals().iter()) {
            let ty = ValueType::from_u8(global.ty).ok_or(malformed("type of a global", index))?;
            let size = ty.size(word);
            let own = index >= self.header.imported_globals;
            let init = if own { self.is_const_expr(global.init, index, Some(ty)) } else { global.init == NONE };
            if !init || !place(index, self.header.imported_globals, global.context, size, size) {
                return Err(malformed("global", index));
            }
        }
        Ok(())
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
            if !place || end.is_none_or(|end| end > self.image.header.data_len) {
                return Err(malformed("data segment", index));
            }
        }
        for (index, init) in (0..).zip(self.memory_inits().iter()) {
            let memory = self.memories().get(init.memory);
            let size = memory.and_then(|memory| memory.min.checked_mul(1 << memory.page_log2));
            let in_memory =
                init.destination.checked_add(init.len.into()).is_some_and(|end| size.is_some_and(|size| end <= size));
            let in_data = init.start.checked_add(init.len).is_some_and(|end| end <= self.image.header.data_len);
            let own = init.memory >= self.header.imported_memories;
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
