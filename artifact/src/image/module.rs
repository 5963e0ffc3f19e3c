//! One core module of an image: its sections as tables, and the searches in them.

use super::Image;
use crate::header::{ModuleHeader, ModuleHeaderView, section};
use crate::order::ByteOrder;
use crate::record::{Field, Table};
use crate::sites::Sites;
use crate::tables::{
    ConstExpr, DataEntry, ElemEntry, ExportEntry, FuncEntry, GlobalEntry, ImportEntry, MemoryEntry, MemoryInit,
    StackPath, StringRef, TableEntry, TypeEntry,
};
use crate::types::ExternKind;

/// One core module of an image.
#[derive(Clone, Copy, Debug)]
pub struct ModuleImage<'a, O> {
    pub(super) image: Image<'a, O>,
    pub(super) header: ModuleHeaderView<'a, O>,
}

macro_rules! sections {
    ($( $(#[$meta:meta])* $method:ident, $section:ident, $record:ty; )*) => {
        $( $(#[$meta])* #[inline] pub fn $method(&self) -> Table<'a, $record, O> {
            Table::new(self.section(section::$section), self.image.order)
        } )*
    };
}

impl<'a, O: ByteOrder> ModuleImage<'a, O> {
    /// The header, all of it.
    pub fn header(&self) -> ModuleHeader {
        self.header.whole()
    }

    /// The header, field by field.
    #[inline]
    pub const fn fields(&self) -> &ModuleHeaderView<'a, O> {
        &self.header
    }

    /// The image it is part of.
    pub const fn image(&self) -> &Image<'a, O> {
        &self.image
    }

    /// The bytes of section number `index` (see [`section`]).
    #[cfg_attr(feature = "small", inline(never))]
    pub fn section(&self, index: usize) -> &'a [u8] {
        let (start, end) = self.header.section(index).unwrap_or_default();
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

    pub(super) fn string_bytes(&self, string: StringRef) -> Option<&'a [u8]> {
        self.section(section::STRINGS).get(string.offset as usize..)?.get(..string.len as usize)
    }

    /// The name of function `index` of the function index space, if recorded.
    pub fn func_name(&self, index: u32) -> Option<&'a str> {
        let name = self.string(self.func_names().get(index)?);
        if name.is_empty() { None } else { Some(name) }
    }

    /// The value types of a function type: parameters, then results. One [`crate::types::ValueType`] byte each.
    #[inline]
    pub fn type_bytes(&self, ty: TypeEntry) -> Option<(&'a [u8], &'a [u8])> {
        let all = self.section(section::TYPE_BYTES).get(ty.offset as usize..)?;
        let (params, rest) = all.split_at_checked(ty.params.into())?;
        Some((params, rest.get(..usize::from(ty.results))?))
    }

    /// Number of functions in the function index space.
    pub fn func_count(&self) -> u32 {
        self.header.imported_funcs().saturating_add(self.funcs().len())
    }

    /// The type index of function `index` of the function index space.
    pub fn func_type(&self, index: u32) -> Option<u32> {
        match index.checked_sub(self.header.imported_funcs()) {
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

    /// The function of the module's own whose body contains this wasm offset, if one does: its index in the function index space.
    pub fn func_of(&self, wasm: u32) -> Option<u32> {
        let own = self.funcs_until(|func| func.wasm <= wasm)?.checked_sub(1)?;
        own.checked_add(self.header.imported_funcs())
    }

    /// The function of the module's own whose code contains this code offset: its index in the function index space.
    pub fn func_at(&self, code: u32) -> Option<u32> {
        let own = self.funcs_until(|func| func.code <= code)?.checked_sub(1)?;
        let func = self.funcs().get(own)?;
        // A return address may be the first byte behind a function that ends in a call.
        if code.wrapping_sub(func.code) <= func.len { own.checked_add(self.header.imported_funcs()) } else { None }
    }

    /// How many own functions are in front of the first that is not `before`.
    fn funcs_until(&self, before: impl Fn(&FuncEntry) -> bool) -> Option<u32> {
        let funcs = self.funcs();
        let (mut low, mut high) = (0, funcs.len());
        while low < high {
            let middle = low.wrapping_add(high.wrapping_sub(low) / 2);
            if before(&funcs.get(middle)?) {
                low = middle.wrapping_add(1);
            } else {
                high = middle;
            }
        }
        Some(low)
    }
}
