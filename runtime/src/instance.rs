//! [`Instance`]: a module with its imports, memories, tables and globals, in a store.

use stilt_artifact::NONE;
use stilt_artifact::crossing::VALUES;
use stilt_artifact::types::ExternKind;
use stilt_collections::TryVec;
use stilt_vm::{Entity, InitError, InstancePtr};

use crate::error::message;
use crate::func::call_slots;
use crate::link_error::ImportTypeError;
use crate::module::vm_error;
use crate::store::{StoreInner, StoreOpaque};
use crate::{
    AsContextMut, Engine, Error, Export, Extern, ExternType, Func, Global, GlobalType, Memory, MemoryType, Module,
    Result, StoreContext, StoreContextMut, Table, TableType, Trap, TypedFunc, WasmParams, WasmResults,
};

/// An instance of a store. A handle: with another store nothing is found in it.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    ptr: InstancePtr,
}

impl Instance {
    /// Makes an instance of `module` with `imports` in the order of [`Module::imports`]: fills its tables and memories and runs
    /// its start function.
    ///
    /// # Errors
    /// The imports are too few or too many, of another store, or not of the types that the module needs; memory is
    /// lacking; a segment does not fit or the start function traps, which is a [`Trap`].
    pub fn new(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance> {
        Instance::new_resolved(&mut store.as_context_mut(), module, imports)
    }

    pub(crate) fn new_resolved<T: 'static>(
        store: &mut StoreContextMut<'_, T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance> {
        let inner = &mut *store.0;
        let mut list = inner.opaque.source().lend(imports.len())?;
        let checked = check_imports(&inner.opaque, module, imports, &mut list.values);
        let made = checked.and_then(|()| Instance::make(inner, module, &list.values));
        inner.opaque.source().take_back(list);
        let ptr = made?;
        // From here on others may refer to the instance: it stays, whatever happens.
        let vm = inner.opaque.vm_mut()?;
        vm.initialize(ptr).map_err(|error| {
            if cfg!(feature = "backtraces") {
                // No guest ran: the frames that are there are those of an earlier call.
                vm.forget_frames();
            }
            match error {
                InitError::Trap(code) => Trap::from(code).into(),
                InitError::Vm(error) => vm_error(error),
            }
        })?;
        let start = module.image().fields().start();
        if start != NONE {
            let callee = vm.instance_callee(ptr, start);
            let callee = callee.ok_or(Error::fixed(&"the image has no way to enter its start function"))?;
            call_slots(store, &callee, &mut [0; VALUES])?;
        }
        Ok(Instance { ptr })
    }

    /// Makes an instance with these imports, which is linked but not initialised.
    fn make<T: 'static>(inner: &mut StoreInner<T>, module: &Module, imports: &[Entity]) -> Result<InstancePtr> {
        let (memories, tables) = count(inner, module)?;
        let number = inner.opaque.push_module(module.clone())?;
        let mut imports = imports.iter().copied();
        let made = inner.opaque.parts().and_then(|(vm, mut rooms)| {
            vm.add_instance(module.owner(), number, &mut imports, &mut rooms).map_err(vm_error)
        });
        if made.is_err() {
            inner.opaque.pop_module();
            return made;
        }
        inner.opaque.memories = inner.opaque.memories.saturating_add(memories);
        inner.opaque.tables = inner.opaque.tables.saturating_add(tables);
        made
    }

    pub(crate) const fn new_ptr(ptr: InstancePtr) -> Instance {
        Instance { ptr }
    }

    /// Its module. With another store, `None`. (Wasmtime panics there, and has no `Option`.)
    pub fn try_module<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> Option<&'a Module> {
        store.into().opaque().module_of(self.ptr)
    }

    /// Its exports, in the order of the wasm file.
    pub fn exports<'a, T: 'static>(
        &'a self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> impl Iterator<Item = Export<'a>> + 'a {
        let store: &'a StoreInner<T> = store.into().0;
        let opaque = &store.opaque;
        let module = opaque.module_of(self.ptr);
        let count = module.map_or(0, |module| module.image().exports().len());
        (0..count).filter_map(move |position| {
            let module = module?;
            let image = module.image();
            let export = image.exports().iter().find(|export| export.position == position);
            let export = export.or_else(|| image.exports().get(position))?;
            let item = self.entity(opaque, module, ExternKind::from_u8(export.kind)?, export.index)?;
            Some(Export::new(image.string(export.name), item))
        })
    }

    /// What it exports under this name.
    pub fn get_export(&self, mut store: impl AsContextMut, name: &str) -> Option<Extern> {
        self.export(store.as_context_mut().opaque(), name)
    }

    /// The function that it exports under this name.
    pub fn get_func(&self, store: impl AsContextMut, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The function that it exports under this name, with a type known at compile time.
    ///
    /// # Errors
    /// There is none, or it is of another type.
    pub fn get_typed_func<Params, Results>(
        &self,
        mut store: impl AsContextMut,
        name: &str,
    ) -> Result<TypedFunc<Params, Results>>
    where
        Params: WasmParams,
        Results: WasmResults,
    {
        let store = store.as_context_mut();
        let func = self.export(store.opaque(), name).and_then(Extern::into_func);
        let func =
            func.ok_or_else(|| message!("no such function export"; "failed to find function export `{name}`"))?;
        func.typed(store)
    }

    /// The table that it exports under this name.
    pub fn get_table(&self, store: impl AsContextMut, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The memory that it exports under this name.
    pub fn get_memory(&self, store: impl AsContextMut, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The global that it exports under this name.
    pub fn get_global(&self, store: impl AsContextMut, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    pub(crate) fn export(&self, store: &StoreOpaque, name: &str) -> Option<Extern> {
        let module = store.module_of(self.ptr)?;
        let export = module.image().export(name)?;
        self.entity(store, module, ExternKind::from_u8(export.kind)?, export.index)
    }

    fn entity(&self, store: &StoreOpaque, module: &Module, kind: ExternKind, index: u32) -> Option<Extern> {
        let entity = store.vm()?.instance_entity(self.ptr, kind, index)?;
        let global = match kind {
            ExternKind::Global => GlobalType::of_image(&module.image().globals().get(index)?),
            _ => None,
        };
        Extern::of(entity, global)
    }
}

/// Asks the store's limits about what a module brings: how many memories and tables of its own.
fn count<T: 'static>(inner: &mut StoreInner<T>, module: &Module) -> Result<(usize, usize)> {
    let image = module.image();
    let header = image.fields();
    let own = |all: u32, imported: u32| all.saturating_sub(imported) as usize;
    let memories = own(image.memories().len(), header.imported_memories());
    let tables = own(image.tables().len(), header.imported_tables());
    inner.may_add(1, memories, tables)?;
    for entry in image.memories().iter_from(header.imported_memories()) {
        let shape = stilt_vm::MemoryShape::from(&entry);
        let bytes = |pages: u64| shape.bytes(pages).unwrap_or(usize::MAX);
        if !inner.may_grow_memory(0, bytes(shape.min), shape.max.map(bytes))? {
            return Err(Error::fixed(&"memory minimum size exceeds a limit of the store"));
        }
    }
    for entry in image.tables().iter_from(header.imported_tables()) {
        let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        let max = stilt_vm::TableShape::from_entry(&entry).and_then(|shape| shape.max);
        if !inner.may_grow_table(0, size(entry.min), max.map(size))? {
            return Err(Error::fixed(&"table minimum size exceeds a limit of the store"));
        }
    }
    Ok((memories, tables))
}

/// Compares imports with what a module needs.
fn check_imports(
    store: &StoreOpaque,
    module: &Module,
    imports: &[Extern],
    entities: &mut TryVec<Entity>,
) -> Result<()> {
    if !Engine::same(store.engine(), module.engine()) {
        return Err(Error::fixed(&"the module belongs to another engine than the store"));
    }
    if imports.len() != module.import_count() as usize {
        let (expected, found) = (module.import_count(), imports.len());
        return Err(message!("wrong number of imports"; "expected {expected} imports, found {found}"));
    }
    for ((number, entry), item) in (0..).zip(module.image().imports().iter()).zip(imports) {
        if !item.comes_from(store) {
            return Err(StoreOpaque::foreign());
        }
        let kind = ExternKind::from_u8(entry.kind);
        let entity = if kind == Some(item.kind()) { check(store, module, entry.index, item)? } else { None };
        let entity = match entity {
            Some(entity) => entity,
            None => return Err(ImportTypeError::of(&module.import(number), item_type(store, item))),
        };
        entities.try_push(entity)?;
    }
    Ok(())
}

/// The entity, if it has the type of the import, whose kind it is of.
pub(crate) fn check(store: &StoreOpaque, module: &Module, index: u32, item: &Extern) -> Result<Option<Entity>> {
    let image = module.image();
    let vm = store.vm().ok_or_else(StoreOpaque::foreign)?;
    Ok(match item {
        Extern::Func(func) => {
            let ptr = func.ptr(store)?;
            let same = vm.func_type(ptr).as_ref() == module.type_ids().get(index as usize);
            same.then_some(Entity::Func(ptr))
        }
        Extern::Table(table) => {
            let expected = image.tables().get(index).and_then(|entry| TableType::of_image(&entry));
            let found = table.try_ty(store);
            let same = found.zip(expected).is_some_and(|(found, expected)| found.matches(found.minimum(), &expected));
            same.then_some(Entity::Table(table.ptr()))
        }
        Extern::Memory(memory) => {
            let expected = image.memories().get(index).map(|entry| MemoryType::of_image(&entry));
            let found = memory.try_ty(store);
            let same = found.zip(expected).is_some_and(|(found, expected)| found.matches(found.minimum(), &expected));
            same.then_some(Entity::Memory(memory.ptr()))
        }
        Extern::Global(global) => {
            let expected = image.globals().get(index).and_then(|entry| GlobalType::of_image(&entry));
            let same = expected.is_some_and(|expected| global.global_type().matches(&expected));
            same.then_some(Entity::Global(global.ptr()))
        }
    })
}

fn item_type(store: &StoreOpaque, item: &Extern) -> ExternType {
    match item {
        Extern::Func(func) => match func.try_ty(store) {
            Ok(ty) => ty.into(),
            Err(_) => crate::FuncType::new(store.engine(), [], []).into(),
        },
        Extern::Table(table) => table.try_ty(store).unwrap_or(TableType::new(crate::RefType::FUNCREF, 0, None)).into(),
        Extern::Memory(memory) => memory.try_ty(store).unwrap_or(MemoryType::new(0, None)).into(),
        Extern::Global(global) => global.global_type().into(),
    }
}
