//! What fills the context of a new instance: own memories and tables, imports, references, globals.

use core::cell::Cell;
use core::ptr::NonNull;

use stilt_artifact::NONE;
use stilt_artifact::layout::CONTEXT_HOST;
use stilt_artifact::tables::ImportEntry;
use stilt_artifact::types::ExternKind;

use super::{Entity, View};
use crate::block::Rooms;
use crate::error::VmError;
use crate::host::HostHead;
use crate::init;
use crate::memory::{self, MemoryShape};
use crate::store::Store;

impl Store {
    /// Fills the context of a new instance: own memories and tables, imports, references, globals.
    pub(super) fn link(
        &self,
        view: View<'_>,
        imports: &mut dyn Iterator<Item = Entity>,
        rooms: &mut dyn Rooms,
    ) -> Result<(), VmError> {
        const MISSING: VmError = VmError::mismatch("the imports are not those of the module");
        const DAMAGED: VmError = VmError::mismatch("the image is damaged");
        let image = view.image();
        let header = image.fields();
        for (place, index) in (header.imported_memories()..image.memories().len()).enumerate() {
            let memory = view.memory(index).ok_or(DAMAGED)?;
            // SAFETY: one block per own memory was made.
            let block = unsafe { view.head.memories.add(place) };
            // SAFETY: it lives as long as the instance.
            let vm = unsafe { memory.as_ref() };
            // SAFETY: as above.
            let block_ref = unsafe { block.as_ref() };
            vm.index.set(distance(block.cast(), memory.cast())?);
            // SAFETY: the distance was just written, within one allocation (INV-BACK); the instance is not in use yet.
            unsafe { block_ref.fill(vm, view.module().image_key_of(index), rooms) }?;
        }
        for (place, index) in (header.imported_tables()..image.tables().len()).enumerate() {
            let table = view.table(index).ok_or(DAMAGED)?;
            // SAFETY: one block per own table was made.
            let block = unsafe { view.head.tables.add(place) };
            // SAFETY: it lives as long as the instance.
            let vm = unsafe { table.as_ref() };
            // SAFETY: as above.
            let block_ref = unsafe { block.as_ref() };
            vm.index.set(distance(block.cast(), table.cast())?);
            // SAFETY: as for memories.
            unsafe { block_ref.fill(vm, rooms) }?;
        }
        let mut counts = Counts::default();
        for import in image.imports().iter() {
            let entity = imports.next().ok_or(MISSING)?;
            self.link_import(view, import, entity, &mut counts)?;
        }
        for (slot, func) in (0..).zip(image.func_refs().iter()) {
            let reference = view.reference(slot).ok_or(DAMAGED)?;
            // SAFETY: the references of a context that lives; their fields are cells.
            let reference = unsafe { reference.as_ref() };
            let (code, context) = view.code(func).ok_or(DAMAGED)?;
            let ty = image.func_type(func).ok_or(DAMAGED)?;
            reference.code.set(code);
            reference.context.set(context);
            // An imported one is of another module, if of any.
            reference.type_index.set(if func < header.imported_funcs() { NONE } else { ty });
            reference.type_id.set(view.head.type_ids().get(ty as usize).copied().ok_or(DAMAGED)?);
        }
        for (index, entry) in (header.imported_globals()..).zip(image.globals().iter_from(header.imported_globals())) {
            let (global, ty) = view.global(index).ok_or(DAMAGED)?;
            let value = init::evaluate(view, entry.init).ok_or(DAMAGED)?;
            // SAFETY: a value of this type lies there.
            unsafe { crate::global::write(global, ty, value) };
        }
        Ok(())
    }

    fn link_import(
        &self,
        view: View<'_>,
        import: ImportEntry,
        entity: Entity,
        counts: &mut Counts,
    ) -> Result<(), VmError> {
        const FOREIGN: VmError = VmError::mismatch("an import belongs to another store");
        const WRONG: VmError = VmError::mismatch("an import is not of the kind that the module wants");
        let image = view.image();
        let set = |offset: u32, pointer: *mut u8| {
            // SAFETY: at an imported entity's offset lies a pointer (INV-INSTANCE).
            let slot = unsafe { view.place::<Cell<*mut u8>>(offset) };
            // SAFETY: the context lives.
            unsafe { slot.as_ref() }.set(pointer);
        };
        let kind = ExternKind::from_u8(import.kind).ok_or(WRONG)?;
        let index = counts.count(kind);
        match (kind, entity) {
            (ExternKind::Func, Entity::Func(func)) if func.store() == self.id() => {
                let slot = view.func_import(index).ok_or(WRONG)?;
                // SAFETY: a reference of this store lives (INV-HANDLE).
                let reference = unsafe { func.ptr().as_ref() };
                let context = NonNull::new(reference.context.get()).ok_or(WRONG)?;
                // SAFETY: a reference's context lives as long.
                let code = if unsafe { context.as_ref() }.kind.get() == CONTEXT_HOST {
                    let ty = image.types().get(import.index).ok_or(WRONG)?;
                    let trampoline = view.module().code_at(ty.host);
                    let code = trampoline.ok_or(VmError::mismatch("the image has no trampoline for an import"))?;
                    code.as_ptr().cast_const()
                } else {
                    reference.code.get()
                };
                slot.code.set(code);
                slot.context.set(context.as_ptr());
            }
            (ExternKind::Table, Entity::Table(table)) if table.store() == self.id() => {
                set(image.tables().get(index).ok_or(WRONG)?.context, table.ptr().as_ptr().cast());
            }
            (ExternKind::Memory, Entity::Memory(memory)) if memory.store() == self.id() => {
                let entry = image.memories().get(index).ok_or(WRONG)?;
                // SAFETY: a memory of this store lives (INV-HANDLE).
                let block = unsafe { memory::block_of(memory.ptr()) };
                if block.shape.backed != 0 {
                    return Err(VmError::mismatch(
                        "only a part of an imported memory is there (`--memory-bytes`): other modules' code counts on all of it",
                    ));
                }
                if !block.serves(&MemoryShape::from(&entry)) {
                    return Err(VmError::Mismatch(
                        "an imported memory does not have the reservation or the guards that the image relies on",
                    ));
                }
                set(entry.context, memory.ptr().as_ptr().cast());
            }
            (ExternKind::Global, Entity::Global(global)) if global.store() == self.id() => {
                set(image.globals().get(index).ok_or(WRONG)?.context, global.ptr().as_ptr().cast());
            }
            (_, entity) => return Err(if store_of(entity) == self.id() { WRONG } else { FOREIGN }),
        }
        Ok(())
    }

    /// Gives waiting host functions the trampolines that a new instance brings.
    pub(super) fn serve_waiting(&self, view: View<'_>) {
        let mut next = self.block().waiting.replace(None);
        while let Some(place) = next {
            // SAFETY: host functions in the list are alive (INV-BLOCK).
            let host: &HostHead = unsafe { place.as_ref() };
            next = host.next_waiting.get();
            match view.head.host_trampoline(host.func_ref.type_id.get()) {
                Some(code) => {
                    host.func_ref.code.set(code.as_ptr());
                    host.waiting.set(false);
                }
                None => {
                    host.next_waiting.set(self.block().waiting.get());
                    self.block().waiting.set(Some(place));
                }
            }
        }
    }
}

/// The bytes from a block to its structure in the context.
fn distance(block: NonNull<u8>, vm: NonNull<u8>) -> Result<u32, VmError> {
    let distance = vm.as_ptr().addr().checked_sub(block.as_ptr().addr());
    distance.and_then(|distance| u32::try_from(distance).ok()).ok_or(VmError::unsupported("the instance is too large"))
}

const fn store_of(entity: Entity) -> crate::id::StoreId {
    match entity {
        Entity::Func(func) => func.store(),
        Entity::Table(table) => table.store(),
        Entity::Memory(memory) => memory.store(),
        Entity::Global(global) => global.store(),
    }
}

#[derive(Default)]
struct Counts {
    funcs: u32,
    tables: u32,
    memories: u32,
    globals: u32,
}

impl Counts {
    /// The index of the next import of this kind.
    fn count(&mut self, kind: ExternKind) -> u32 {
        let counter = match kind {
            ExternKind::Func => &mut self.funcs,
            ExternKind::Table => &mut self.tables,
            ExternKind::Memory => &mut self.memories,
            ExternKind::Global => &mut self.globals,
        };
        let index = *counter;
        *counter = index.saturating_add(1);
        index
    }
}
