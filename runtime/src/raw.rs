//! What the C API needs of the runtime and safe Rust does not: values as slots, types as bytes, frames without a list of them. For
//! `stilt-c` alone.
//!
//! Slots are those of [`stilt_artifact::types::ValueType::slots`]; types are bytes of value types, as in a wasm binary.

use stilt_artifact::crossing;
use stilt_artifact::storage::{BlockSizes, memory_size, table_size};
use stilt_artifact::types::ExternKind;
use stilt_artifact::types::ValueType;
use stilt_collections::TryArc;
use stilt_vm::Callee;

use crate::func::call_slots;
use crate::host_func::HostFunc;
use crate::instance::check;
use crate::registry::RegisteredType;
use crate::{
    AsContext, AsContextMut, Caller, Engine, Error, Extern, Func, FuncType, Global, Instance, Module, Result,
    StoreContextMut,
};

/// Whether nobody else has the engine: no module, no store.
pub fn engine_is_only(engine: &Engine) -> bool {
    engine.is_only()
}

/// Whether nobody else has the module: no instance.
pub fn module_is_only(module: &Module) -> bool {
    module.is_only()
}

/// A function with all that calling it needs.
#[derive(Clone, Copy, Debug)]
pub struct RawFunc {
    func: Func,
    callee: Callee,
}

impl RawFunc {
    /// All that calling the function needs.
    ///
    /// # Errors
    /// It is of another store.
    pub fn new(store: impl AsContext, func: Func) -> Result<RawFunc> {
        Ok(RawFunc { func, callee: func.resolve(store.as_context().opaque())? })
    }

    /// The function.
    pub const fn func(&self) -> Func {
        self.func
    }

    /// How many slots a call must have, at least.
    pub const fn slots(&self) -> usize {
        self.callee.slots()
    }

    /// What `read` makes of the bytes of parameters and results.
    ///
    /// # Errors
    /// It is of another store.
    pub fn types<R>(&self, store: impl AsContext, read: impl FnOnce(&[u8], &[u8]) -> R) -> Result<R> {
        let store = store.as_context();
        if let Some((params, results)) = store.opaque().vm().and_then(|vm| vm.callee_types(&self.callee)) {
            return Ok(read(params, results));
        }
        let ty: FuncType = self.func.try_ty(store.opaque())?;
        Ok(read(ty.param_bytes(), ty.result_bytes()))
    }

    /// Calls the function with arguments in slots, which then hold the results.
    ///
    /// # Errors
    /// As [`Func::call`](crate::Func::call).
    ///
    /// # Safety
    /// The slots are of the wasm types of the function's parameters; references among them are of this store (INV-TYPES).
    #[expect(unsafe_code, reason = "a promise about values is handed on")]
    pub unsafe fn call(&self, mut store: impl AsContextMut, slots: &mut [u64]) -> Result<()> {
        call_slots(&mut store.as_context_mut(), &self.callee, slots)
    }
}

/// A host function whose arguments are in slots, where it leaves its results.
///
/// # Errors
/// As [`Func::try_new`](crate::Func::try_new).
///
/// # Safety
/// What `code` leaves in slots is of the types of the results (INV-TYPES); the bytes are of value types.
#[expect(unsafe_code, reason = "a promise about values is handed on")]
pub unsafe fn host_func<T: 'static>(
    mut store: impl AsContextMut<Data = T>,
    params: &[u8],
    results: &[u8],
    code: impl Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
) -> Result<Func> {
    let mut store = store.as_context_mut();
    let engine = store.engine().clone();
    let source = store.opaque_mut().source();
    let func = if crossing::slots(params, results) == 0 {
        HostFunc::in_registers(&engine, params, results, code, source)
    } else {
        HostFunc::in_slots(&engine, params, results, code, source)
    };
    Func::from_host(&mut store, &func?)
}

/// A function as it stands in a slot; `None` for one of another store.
pub fn func_to_slot(mut store: impl AsContextMut, func: &Func) -> Option<u64> {
    store.as_context_mut().opaque_mut().func_to_raw(Some(func)).ok()
}

/// The function in a slot; `None` for null.
///
/// # Safety
/// The slot held a function, or null, of this store.
#[expect(unsafe_code, reason = "a promise about values is handed on")]
pub unsafe fn func_from_slot(store: impl AsContext, slot: u64) -> Option<Func> {
    store.as_context().opaque().func_from_raw(slot).ok().flatten()
}

/// A global's value in slots, and its type; `None` for one of another store.
pub fn global_slots(store: impl AsContext, global: &Global) -> Option<(u8, [u64; 2])> {
    let store = store.as_context();
    let ty = global.value_type();
    Some((ty as u8, store.opaque().vm()?.global_read(global.ptr(), ty)?))
}

/// Writes a global's value; `None` for one of another store, or that cannot be changed.
///
/// # Safety
/// The slots are of the global's type (INV-TYPES).
#[expect(unsafe_code, reason = "a promise about values is handed on")]
pub unsafe fn set_global_slots(mut store: impl AsContextMut, global: &Global, slots: [u64; 2]) -> Option<()> {
    let mut store = store.as_context_mut();
    if global.global_type().mutability().is_const() {
        return None;
    }
    store.opaque_mut().vm_if_any()?.global_write(global.ptr(), global.value_type(), slots)
}

/// Shows the frames that were recorded when a guest of the store was stopped last, by a trap if `trap`: module, function, offset in the
/// wasm file; until `see` says that it is enough.
pub fn visit_frames(store: impl AsContext, trap: bool, see: &mut dyn FnMut(&Module, u32, Option<u32>) -> bool) {
    if cfg!(feature = "backtraces") {
        store.as_context().opaque().visit_frames(trap, see);
    }
}

/// The type of something that is imported or exported.
#[derive(Clone, Copy, Debug)]
pub enum RawType<'a> {
    /// A function: bytes of its parameters and its results.
    Func(&'a [u8], &'a [u8]),
    /// A table: the byte of its elements' type, least and most elements.
    Table(u8, u64, Option<u64>),
    /// A memory: least and most pages.
    Memory(u64, Option<u64>),
    /// A global: the byte of its type, and whether it can be changed.
    Global(u8, bool),
}

/// Import number `index` of a module: module, name and type.
pub fn import(module: &Module, index: u32) -> Option<(&str, &str, RawType<'_>)> {
    let image = module.image();
    let entry = image.imports().get(index)?;
    let kind = ExternKind::from_u8(entry.kind)?;
    let ty =
        if kind == ExternKind::Func { func_type(module, entry.index)? } else { raw_type(module, kind, entry.index)? };
    Some((image.string(entry.module), image.string(entry.name), ty))
}

/// Export number `index` of a module, in the order of the image: name and type.
pub fn export(module: &Module, index: u32) -> Option<(&str, RawType<'_>)> {
    let image = module.image();
    let entry = image.exports().get(index)?;
    Some((image.string(entry.name), raw_type(module, ExternKind::from_u8(entry.kind)?, entry.index)?))
}

/// How many imports and exports a module has, and how many function types.
pub fn counts(module: &Module) -> (u32, u32, u32) {
    let image = module.image();
    (image.imports().len(), image.exports().len(), image.types().len())
}

/// Whether something belongs to a store.
pub fn is_of(store: impl AsContext, item: &Extern) -> bool {
    item.comes_from(store.as_context().opaque())
}

/// Whether something of a store can be import number `index` of a module.
pub fn import_fits(store: impl AsContext, module: &Module, index: u32, item: &Extern) -> bool {
    let store = store.as_context();
    let entry = module.image().imports().get(index);
    entry.is_some_and(|entry| {
        ExternKind::from_u8(entry.kind) == Some(item.kind())
            && check(store.opaque(), module, entry.index, item).is_ok_and(|entity| entity.is_some())
    })
}

fn func_type(module: &Module, index: u32) -> Option<RawType<'_>> {
    let image = module.image();
    let (params, results) = image.type_bytes(image.types().get(index)?)?;
    Some(RawType::Func(params, results))
}

fn raw_type(module: &Module, kind: ExternKind, index: u32) -> Option<RawType<'_>> {
    let image = module.image();
    Some(match kind {
        ExternKind::Func => func_type(module, image.func_type(index)?)?,
        ExternKind::Table => {
            let shape = stilt_vm::TableShape::from_entry(&image.tables().get(index)?)?;
            RawType::Table(shape.element as u8, shape.min, shape.max)
        }
        ExternKind::Memory => {
            let shape = stilt_vm::MemoryShape::from(&image.memories().get(index)?);
            RawType::Memory(shape.min, shape.max)
        }
        ExternKind::Global => {
            let ty = crate::GlobalType::of_image(&image.globals().get(index)?)?;
            RawType::Global(ty.content().value_type()? as u8, ty.mutability().is_var())
        }
    })
}

/// Makes an instance. `resolve` gives each import by its number; the store's storage lends the room for a list of them.
///
/// # Errors
/// As [`Instance::new`](crate::Instance::new), or `resolve`'s.
pub fn instantiate<T: 'static, E: From<Error>>(
    mut store: impl AsContextMut<Data = T>,
    module: &Module,
    resolve: &mut dyn FnMut(StoreContextMut<'_, T>, u32) -> Result<Extern, E>,
) -> Result<Instance, E> {
    let mut store = store.as_context_mut();
    let count = module.import_count();
    let mut lent = store.opaque_mut().source().lend::<Extern>(count as usize).map_err(Error::from)?;
    let imports = (0..count).try_for_each(|index| {
        let item = resolve(store.as_context_mut(), index)?;
        Ok(lent.values.try_push(item).map_err(Error::from)?)
    });
    let made = imports.and_then(|()| Ok(Instance::new(store.as_context_mut(), module, &lent.values)?));
    store.opaque_mut().source().take_back(lent);
    made
}

/// Bytes that are left of what was given to a store, and to its memories.
pub fn storage_left(store: impl AsContext) -> (usize, usize) {
    store.as_context().opaque().storage_left()
}

/// Whether memories of a store have storage of their own.
pub fn has_memory_storage(store: impl AsContext) -> bool {
    store.as_context().opaque().given().is_some_and(|given| given.memories.is_some())
}

/// Sets bounds of the stack, where they are not 0: its size and its lowest address.
pub fn set_stack(mut store: impl AsContextMut, size: usize, lowest: usize) {
    store.as_context_mut().opaque_mut().set_bounds(size, lowest);
}

/// Whether guests' stacks have a bound.
pub fn has_stack_bound(engine: &Engine) -> bool {
    engine.config().stack().is_some()
}

/// The name of a function, if the image has names.
pub fn func_name(module: &Module, func: u32) -> Option<&str> {
    module.image().func_name(func)
}

/// Bytes of a store's storage that an interpreter takes, beside its stack.
pub const INTERPRETER: usize = stilt_vm::INTERPRETER;

/// Bytes of a store's storage that a host function with code of type `F` takes.
pub const fn host_size<F>() -> usize {
    stilt_vm::host_layout::<RegisteredType>().size().saturating_add(TryArc::<F>::LAYOUT.size())
}

/// Bytes that each import takes of the store's storage while [`instantiate`] runs.
pub const IMPORT: usize = size_of::<Extern>().saturating_add(size_of::<stilt_vm::Entity>());

/// Whether a store will make its interpreter for a module, and the bytes of the interpreter's stack.
pub fn needs_interpreter(store: impl AsContext, module: &Module) -> Option<usize> {
    store.as_context().opaque().needs_interpreter(module)
}

/// Bytes that an instance of a module takes of given storage, at most: block and tables; and memories, if they are plain storage.
pub fn instance_size(module: &Module) -> Option<(usize, usize)> {
    let image = module.image();
    let header = image.fields();
    let own = |all: u32, imported: u32| all.saturating_sub(imported);
    let memories = own(image.memories().len(), header.imported_memories());
    let tables = own(image.tables().len(), header.imported_tables());
    let width = u8::try_from(size_of::<usize>()).ok()?;
    let mut block = BlockSizes::new(width).total(memories, tables, header.context_size())?;
    for entry in image.tables().iter_from(header.imported_tables()) {
        let element = if entry.element == ValueType::FuncRef as u8 { width } else { 4 };
        block = block.checked_add(usize::try_from(table_size(entry.min, element)?).ok()?)?;
    }
    let mut bytes = 0usize;
    for entry in image.memories().iter_from(header.imported_memories()) {
        let shape = stilt_vm::MemoryShape::from(&entry);
        if shape.reservation == 0 {
            let pages = if shape.fixed_base { shape.most() } else { shape.min };
            bytes = bytes.checked_add(usize::try_from(memory_size(shape.bytes(pages)? as u64)?).ok()?)?;
        }
    }
    Some((block, bytes))
}
