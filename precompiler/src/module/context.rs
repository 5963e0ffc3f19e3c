//! Where everything of a module lies in an instance's context, for one pointer width. The same plan serves translation and
//! the image.

use super::{FuncIndex, GlobalIndex, MemoryIndex, Module, TableIndex};
use crate::error::CompileError;
use cranelift_codegen::entity::PrimaryMap;
use stilt_artifact::layout::{
    ContextCounts, FuncImportLayout, FuncRefLayout, InstanceLayout, MAX_CONTEXT, MemoryLayout, TableLayout,
};

/// Offsets within an instance's context.
#[derive(Clone, Debug)]
pub struct ContextPlan {
    /// The whole.
    pub layout: InstanceLayout,
    /// Of each table: its [`TableLayout`], or, of an imported one, the pointer to it.
    pub tables: PrimaryMap<TableIndex, u32>,
    /// Of each memory: its [`MemoryLayout`], or, of an imported one, the pointer to it.
    pub memories: PrimaryMap<MemoryIndex, u32>,
    /// Of each global: its value, or, of an imported one, the pointer to it.
    pub globals: PrimaryMap<GlobalIndex, u32>,
    pointer_width: u8,
}

impl ContextPlan {
    /// Lays out the context of a module.
    pub fn new(module: &Module<'_>, pointer_width: u8) -> Result<ContextPlan, CompileError> {
        let mut global_bytes = 0u32;
        let mut own_globals = Vec::new();
        for global in module.globals.values().skip(module.imported_globals as usize) {
            let size = global.ty.size(pointer_width);
            let at = global_bytes.next_multiple_of(size);
            own_globals.push(at);
            global_bytes = at + size;
        }
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let own = |len: usize, imported: u32| count(len).saturating_sub(imported);
        let counts = ContextCounts {
            imported_funcs: module.imported_functions,
            imported_tables: module.imported_tables,
            imported_memories: module.imported_memories,
            imported_globals: module.imported_globals,
            tables: own(module.tables.len(), module.imported_tables),
            memories: own(module.memories.len(), module.imported_memories),
            global_bytes,
            func_refs: count(module.func_refs.len()),
            segments: count(module.elems.len() + module.data.len()),
        };
        let layout = InstanceLayout::new(&counts, pointer_width).ok_or(CompileError::TooLarge {
            what: "bytes of an instance's context",
            found: MAX_CONTEXT + 1,
            limit: MAX_CONTEXT,
        })?;

        let word = u32::from(pointer_width);
        let imported = |start: u32, number: u32| (0..number).map(move |index| start + index * word);
        let sized = |start: u32, number: u32, size: u32| (0..number).map(move |index| start + index * size);
        let tables = imported(layout.imported_tables, counts.imported_tables)
            .chain(sized(layout.tables, counts.tables, TableLayout::size(pointer_width)))
            .collect();
        let memories = imported(layout.imported_memories, counts.imported_memories)
            .chain(sized(layout.memories, counts.memories, MemoryLayout::size(pointer_width)))
            .collect();
        let globals = imported(layout.imported_globals, counts.imported_globals)
            .chain(own_globals.into_iter().map(|at| layout.globals + at))
            .collect();
        Ok(ContextPlan { layout, tables, memories, globals, pointer_width })
    }

    /// Of an imported function: its [`FuncImportLayout`].
    pub fn func_import(&self, function: FuncIndex) -> u32 {
        self.layout.imported_funcs + function.as_u32() * FuncImportLayout::size(self.pointer_width)
    }

    /// Of the function at this place of [`Module::func_refs`]: its [`FuncRefLayout`].
    pub fn func_ref(&self, place: u32) -> u32 {
        self.layout.func_refs + place * FuncRefLayout::size(self.pointer_width)
    }
}
