//! [`InstancePre`]: a module with all its imports found, ready to be instantiated again and again.

use core::fmt;

use stilt_collections::{TryArc, TryVec};

use super::definition::Definition;
use crate::{AsContextMut, Extern, Instance, Module, Result};

/// A module with its imports; made by [`Linker::instantiate_pre`](crate::Linker::instantiate_pre).
pub struct InstancePre<T: 'static> {
    module: Module,
    imports: TryArc<TryVec<Definition<T>>>,
}

impl<T: 'static> InstancePre<T> {
    pub(super) fn new(module: Module, imports: TryVec<Definition<T>>) -> Result<Self> {
        Ok(InstancePre { module, imports: TryArc::new(imports)? })
    }

    /// The module.
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// Makes an instance in `store`: fills its tables and memories and runs its start function.
    ///
    /// # Errors
    /// An import is of another store, or is not of the type that the module needs; memory is lacking; a segment does not fit
    /// or the start function traps, which is a [`Trap`](crate::Trap).
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let mut store = store.as_context_mut();
        let mut imports: TryVec<Extern> = TryVec::try_with_capacity(self.imports.len())?;
        for import in self.imports.iter() {
            imports.try_push(import.to_extern(&mut store)?)?;
        }
        Instance::new_resolved(&mut store, &self.module, &imports)
    }
}

impl<T: 'static> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        InstancePre { module: self.module.clone(), imports: self.imports.clone() }
    }
}

impl<T: 'static> fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre").field("imports", &self.imports).finish_non_exhaustive()
    }
}
