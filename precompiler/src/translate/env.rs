//! What the translation of every function of a module shares, and what a translated function tells about itself.

use super::interrupt::SHORT;
use crate::error::CompileError;
use crate::module::{ContextPlan, FuncIndex, MemoryIndex, Module, SettledTable, TableIndex, TypeIndex};
use crate::survey::Survey;
use crate::target::{MemoryPlan, MemoryShape, Target};
use cranelift_codegen::entity::{PrimaryMap, SecondaryMap};
use std::collections::BTreeSet;
use stilt_artifact::builtins::Builtin;
use stilt_artifact::trap::TrapCode;

/// A module, with where its things lie for one target. Shared by all threads that translate.
#[derive(Debug)]
pub struct ModuleEnv<'m, 'data> {
    /// The module.
    pub module: &'m Module<'data>,
    /// The target.
    pub target: &'m Target,
    /// The layout of its instances' contexts.
    pub context: ContextPlan,
    /// What the module's bodies do.
    pub survey: Survey,
    /// The elements of tables that never change.
    pub tables: PrimaryMap<TableIndex, Option<SettledTable>>,
    /// What code relies on about each memory.
    pub memories: PrimaryMap<MemoryIndex, MemoryPlan>,
    /// The functions that do little, with all that they call.
    pub light: SecondaryMap<FuncIndex, bool>,
}

impl<'m, 'data> ModuleEnv<'m, 'data> {
    /// Validates all bodies and makes the plans.
    pub fn new(module: &'m Module<'data>, target: &'m Target) -> Result<Self, CompileError> {
        let survey = Survey::new(module)?;
        let context = ContextPlan::new(module, target.pointer_width())?;
        let shape = |memory: &crate::module::Memory| MemoryShape {
            min: memory.min_bytes(),
            max: memory.max_bytes(),
            index64: false,
            small: memory.backed.is_some(),
        };
        let memories = module.memories.values().map(|memory| target.memory_plan(shape(memory))).collect();
        let tables = module.tables.keys().map(|table| {
            let settled = survey.is_settled(module, table);
            settled.then(|| SettledTable::new(module, table)).flatten()
        });
        let tables = tables.collect();
        let light = if target.interrupt() { survey.light(module, SHORT) } else { SecondaryMap::new() };
        Ok(ModuleEnv { module, target, survey, context, tables, memories, light })
    }
}

/// What a function refers to, besides itself: which trampolines the image needs, and whom it calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    /// Builtins it calls.
    pub builtins: BTreeSet<Builtin>,
    /// Traps it raises through a trampoline.
    pub traps: BTreeSet<TrapCode>,
    /// Own functions that it calls directly.
    pub calls: BTreeSet<FuncIndex>,
    /// Imported functions that it calls directly.
    pub imports: BTreeSet<FuncIndex>,
    /// It calls functions through a table.
    pub indirect: bool,
    /// The types that it expects of them.
    pub indirect_types: BTreeSet<TypeIndex>,
}

impl Uses {
    /// Whether it calls no wasm function and no import. It may still call trampolines, of builtins and of traps.
    pub fn is_leaf(&self) -> bool {
        self.calls.is_empty() && self.imports.is_empty() && !self.indirect
    }
}
