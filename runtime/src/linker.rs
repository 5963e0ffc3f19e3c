//! [`Linker`]: finds the imports of modules by their names.
//!
//! A linker may be made once and used for many stores as long as only host functions are defined in it; what belongs to a
//! store (instances, memories, …) binds it to that store.

mod definition;
mod instance_pre;
mod names;

use core::fmt;

use stilt_collections::{Source, TryVec};

use crate::host_func::HostFunc;
use crate::link_error::{Redefinition, UnknownImportError};
use crate::{
    AsContext, AsContextMut, Caller, Engine, Error, Extern, ExternType, Func, FuncType, ImportType, Instance, IntoFunc,
    Module, Result, Val, format_err,
};
use definition::Definition;
use names::{NameId, Names};

pub use instance_pre::InstancePre;

/// Definitions by module name and name, for stores with data `T`.
pub struct Linker<T: 'static> {
    engine: Engine,
    shadowing: bool,
    names: Names,
    /// Sorted by key.
    items: TryVec<Item<T>>,
}

struct Item<T: 'static> {
    key: (NameId, NameId),
    definition: Definition<T>,
}

impl<T: 'static> Linker<T> {
    /// A linker without definitions.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker { engine: engine.clone(), shadowing: false, names: Names::default(), items: TryVec::new() }
    }

    /// The engine it was made for.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name can be defined anew. Default: that is an error.
    pub const fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.shadowing = allow;
        self
    }

    /// Defines something that is in a store.
    ///
    /// # Errors
    /// The name is defined already; `item` is of another store; out of memory.
    pub fn define(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self> {
        let item = item.into();
        if !item.comes_from(store.as_context().opaque()) {
            return Err(Error::fixed(&"what is to be defined belongs to another store"));
        }
        self.insert(module, name, Definition::Extern(item))
    }

    /// Defines a host function with values whose types are known at run time.
    ///
    /// # Errors
    /// The name is defined already; out of memory.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        let func = HostFunc::new(&self.engine, &ty, func, Source::Heap)?;
        self.insert(module, name, Definition::Host(func))
    }

    /// Defines a closure as a host function: of up to 17 parameters that are wasm types, with or without a [`Caller`] before them,
    /// returning such types or a [`Result`] of them.
    ///
    /// # Errors
    /// The name is defined already; out of memory.
    pub fn func_wrap<Params, Args>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Args>,
    ) -> Result<&mut Self> {
        let func = func.into_func(&self.engine, Source::Heap)?;
        self.insert(module, name, Definition::Host(func))
    }

    /// Defines all exports of an instance under a module name.
    ///
    /// # Errors
    /// A name is defined already; `instance` is of another store; out of memory. Exports before it are defined then.
    pub fn instance(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module_name: &str,
        instance: Instance,
    ) -> Result<&mut Self> {
        for export in instance.exports(store.as_context_mut()) {
            let name = export.name();
            self.insert(module_name, name, Definition::Extern(export.into_extern()))?;
        }
        Ok(self)
    }

    /// Instantiates a module, runs its `_initialize` if it exports one, and defines its exports under a module name. (A program
    /// with `_start` is rather instantiated and called.)
    ///
    /// # Errors
    /// As [`Linker::instantiate`] and [`Linker::instance`]; `_initialize` traps.
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module_name: &str,
        module: &Module,
    ) -> Result<&mut Self> {
        let instance = self.instantiate(&mut store, module)?;
        if let Some(initialize) = instance.get_func(&mut store, "_initialize") {
            initialize.call(&mut store, &[], &mut [])?;
        }
        self.instance(store, module_name, instance)
    }

    /// Defines under a second name what has a name.
    ///
    /// # Errors
    /// The first name is not defined, the second one is; out of memory.
    pub fn alias(&mut self, module: &str, name: &str, as_module: &str, as_name: &str) -> Result<&mut Self> {
        let definition = self.find(module, name).ok_or_else(|| missing(module, name))?.clone();
        self.insert(as_module, as_name, definition)
    }

    /// Defines under a second module name all that is defined under the first.
    ///
    /// # Errors
    /// Nothing is defined under the first, or some of the names is under the second; out of memory.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<()> {
        let from = self.names.find(module).ok_or_else(|| format_err!("module `{module}` has no definitions"))?;
        let to = self.names.intern(as_module)?;
        let start = self.items.partition_point(|item| item.key.0 < from);
        let mut copies = TryVec::new();
        for item in self.items.get(start..).unwrap_or_default().iter().take_while(|item| item.key.0 == from) {
            copies.try_push(Item { key: (to, item.key.1), definition: item.definition.clone() })?;
        }
        for Item { key, definition } in copies {
            self.insert_item(key, definition, || {
                format_err!("a name of `{module}` is defined in `{as_module}` already")
            })?;
        }
        Ok(())
    }

    /// Defines every function that `module` imports and that is not defined as one that fails when it is called, with an
    /// [`UnknownImportError`].
    ///
    /// # Errors
    /// Out of memory.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<()> {
        for (index, import) in module.imports().enumerate() {
            let ExternType::Func(ty) = import.ty() else { continue };
            if self.find(import.module(), import.name()).is_some() {
                continue;
            }
            let imports = module.clone();
            let func = move |_: Caller<'_, T>, _: &[Val], _: &mut [Val]| {
                Err(match imports.imports().nth(index) {
                    Some(import) => UnknownImportError::of(&import),
                    None => Error::fixed(&"an unknown import was called"),
                })
            };
            let func = HostFunc::new(&self.engine, &ty, func, Source::Heap)?;
            self.insert(import.module(), import.name(), Definition::Host(func))?;
        }
        Ok(())
    }

    /// What is defined under a name, in this store.
    ///
    /// # Errors
    /// There is no such definition; out of memory.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Result<Extern> {
        let definition = self.find(module, name).ok_or_else(|| missing(module, name))?;
        definition.to_extern(&mut store.as_context_mut())
    }

    /// What is defined under the names of an import, in this store. `None` also where memory is lacking:
    /// [`Linker::try_get_by_import`] tells.
    pub fn get_by_import(&self, store: impl AsContextMut<Data = T>, import: &ImportType<'_>) -> Option<Extern> {
        self.try_get_by_import(store, import).ok().flatten()
    }

    /// What is defined under the names of an import, in this store.
    ///
    /// # Errors
    /// Out of memory.
    pub fn try_get_by_import(
        &self,
        mut store: impl AsContextMut<Data = T>,
        import: &ImportType<'_>,
    ) -> Result<Option<Extern>> {
        match self.find(import.module(), import.name()) {
            Some(definition) => definition.to_extern(&mut store.as_context_mut()).map(Some),
            None => Ok(None),
        }
    }

    /// The function to run for a module name: its definition without a name, or else `_start`.
    ///
    /// # Errors
    /// There is neither, or it is not a function; out of memory.
    pub fn get_default(&self, mut store: impl AsContextMut<Data = T>, module: &str) -> Result<Func> {
        for name in ["", "_start"] {
            if let Some(definition) = self.find(module, name) {
                let item = definition.to_extern(&mut store.as_context_mut())?;
                return item.into_func().ok_or_else(|| format_err!("default export in `{module}` is not a function"));
            }
        }
        Err(missing(module, "_start"))
    }

    /// Finds the imports of `module` and makes an instance of it in `store`: fills its tables and memories and runs its start
    /// function.
    ///
    /// # Errors
    /// An [`UnknownImportError`]; an [`ImportTypeError`](crate::ImportTypeError); an import of another store; memory is lacking;
    /// a segment does not fit or the start function traps, which is a [`Trap`](crate::Trap).
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        let mut store = store.as_context_mut();
        self.check_engine(module)?;
        let mut imports = TryVec::try_with_capacity(module.imports().len())?;
        for import in module.imports() {
            let definition = self.find_import(&import)?;
            imports.try_push(definition.to_extern(&mut store)?)?;
        }
        Instance::new_resolved(&mut store, module, &imports)
    }

    /// Finds the imports of `module` once, to make instances of it later.
    ///
    /// # Errors
    /// An [`UnknownImportError`]; an [`ImportTypeError`](crate::ImportTypeError), for host functions (else it comes with
    /// the instance); out of memory.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        self.check_engine(module)?;
        let mut imports = TryVec::try_with_capacity(module.imports().len())?;
        for import in module.imports() {
            imports.try_push(self.find_import(&import)?.clone())?;
        }
        InstancePre::new(module.clone(), imports)
    }

    fn check_engine(&self, module: &Module) -> Result<()> {
        if Engine::same(&self.engine, module.engine()) {
            return Ok(());
        }
        Err(Error::fixed(&"the module belongs to another engine than the linker"))
    }

    fn find_import(&self, import: &ImportType<'_>) -> Result<&Definition<T>> {
        let definition = self.find(import.module(), import.name()).ok_or_else(|| UnknownImportError::of(import))?;
        definition.check(import)?;
        Ok(definition)
    }

    fn find(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        let place = self.place((self.names.find(module)?, self.names.find(name)?)).ok()?;
        Some(&self.items.get(place)?.definition)
    }

    fn place(&self, key: (NameId, NameId)) -> Result<usize, usize> {
        self.items.binary_search_by_key(&key, |item| item.key)
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition<T>) -> Result<&mut Self> {
        let key = (self.names.intern(module)?, self.names.intern(name)?);
        self.insert_item(key, definition, || Redefinition::of(module, name))?;
        Ok(self)
    }

    fn insert_item(
        &mut self,
        key: (NameId, NameId),
        definition: Definition<T>,
        twice: impl FnOnce() -> Error,
    ) -> Result<()> {
        match self.place(key) {
            Ok(_) if !self.shadowing => return Err(twice()),
            Ok(place) => {
                if let Some(item) = self.items.get_mut(place) {
                    item.definition = definition;
                }
            }
            Err(place) => self.items.try_insert(place, Item { key, definition })?,
        }
        Ok(())
    }
}

#[cold]
fn missing(module: &str, name: &str) -> Error {
    format_err!("missing definition for `{module}::{name}`")
}

impl<T: 'static> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linker").field("definitions", &self.items.len()).finish_non_exhaustive()
    }
}

const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Linker<()>>();
    shared::<InstancePre<()>>();
    shared::<HostFunc<()>>();
};
