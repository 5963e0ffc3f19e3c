//! Instances: one block each, with the context that compiled code sees at its end.
//!
//! ```text
//! InstanceBlock │ MemoryBlock per own memory │ TableBlock per own table │ InstanceHead │ context (laid out by the image)
//! ```
//!
//! INV-INSTANCE: right in front of an instance's context lies its [`InstanceHead`], in one allocation with the context, which
//! has the size and the places that the image's module header and entries give; `Image::parse` has checked that
//! they lie within it. The head keeps the module alive.

use core::alloc::Layout;
use core::cell::Cell;
use core::mem::{align_of, offset_of, size_of};
use core::ptr::NonNull;

use stilt_artifact::layout::{CONTEXT_HOST, CONTEXT_INSTANCE, FuncImportLayout, FuncRefLayout};
use stilt_artifact::storage::{BLOCK_ALIGN, BlockSizes, MEMORY_PADDING};
use stilt_artifact::tables::ImportEntry;
use stilt_artifact::types::{ExternKind, ValueType};
use stilt_artifact::{ModuleImage, NONE, Native};
use stilt_collections::TryArc;

use crate::block::{Block, Blocks, Rooms};
use crate::error::VmError;
use crate::host::HostHead;
use crate::id::{FuncPtr, GlobalPtr, InstancePtr, MemoryPtr, TablePtr};
use crate::init;
use crate::memory::{self, MemoryBlock, MemoryShape};
use crate::module::Module;
use crate::store::{Store, StoreBlock};
use crate::structs::{VmContext, VmFuncImport, VmFuncRef, VmGlobal, VmMemory, VmTable, WIDTH, at};
use crate::table::{TableBlock, TableShape, TableView};

/// Whoever owns a module, with what its types are called in the engine. Instances keep it.
pub trait ModuleOwner: Send + Sync + 'static {
    /// The module.
    fn module(&self) -> &Module;
    /// The engine-wide ids of its types, in their order (INV-TYPES).
    fn type_ids(&self) -> &[u32];
}

/// Something that is imported or exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    /// A function.
    Func(FuncPtr),
    /// A table.
    Table(TablePtr),
    /// A memory.
    Memory(MemoryPtr),
    /// A global.
    Global(GlobalPtr),
}

#[repr(C)]
struct InstanceBlock {
    block: Block,
    head: NonNull<InstanceHead>,
}

/// What lies in front of an instance's context.
#[repr(C, align(16))]
pub(crate) struct InstanceHead {
    pub(crate) next: Cell<Option<NonNull<InstanceHead>>>,
    module: NonNull<Module>,
    type_ids: NonNull<[u32]>,
    memories: NonNull<MemoryBlock>,
    memory_count: u32,
    tables: NonNull<TableBlock>,
    table_count: u32,
    _owner: TryArc<dyn ModuleOwner>,
}

impl InstanceHead {
    pub(crate) fn module(&self) -> &Module {
        // SAFETY: `_owner` keeps the module, which never changes or moves.
        unsafe { self.module.as_ref() }
    }

    pub(crate) fn type_ids(&self) -> &[u32] {
        // SAFETY: `_owner` keeps the ids, which never change or move.
        unsafe { self.type_ids.as_ref() }
    }

    /// The module's trampoline to host functions of a type, if it has one.
    pub(crate) fn host_trampoline(&self, type_id: u32) -> Option<NonNull<u8>> {
        let types = self.module().image().types();
        let mut same = (0..).zip(self.type_ids()).filter(|(_, id)| **id == type_id);
        same.find_map(|(index, _)| self.module().code_at(types.get(index)?.host))
    }
}

/// An instance that lives.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) context: NonNull<VmContext>,
    pub(crate) head: &'a InstanceHead,
}

impl<'a> View<'a> {
    /// # Safety
    /// It is the context of an instance (INV-INSTANCE) that lives for `'a`.
    pub(crate) unsafe fn new(context: NonNull<VmContext>) -> View<'a> {
        // SAFETY: the head lies right in front of the context, in the same allocation (INV-INSTANCE).
        let head = unsafe { context.byte_sub(size_of::<InstanceHead>()) }.cast::<InstanceHead>();
        // SAFETY: it lives as long as the context; all that changes in it is in cells.
        View { context, head: unsafe { head.as_ref() } }
    }

    pub(crate) fn module(self) -> &'a Module {
        self.head.module()
    }

    pub(crate) fn image(self) -> &'a ModuleImage<'a, Native> {
        self.head.module().image()
    }

    pub(crate) fn store(self) -> &'a StoreBlock {
        // SAFETY: the context lives.
        let store = unsafe { self.context.as_ref() }.store.get();
        // SAFETY: every context points to its store's block, which lives longer (INV-STORE).
        unsafe { &*store.cast::<StoreBlock>() }
    }

    /// A place in the context.
    ///
    /// # Safety
    /// The offset is one of the image's for a `T`.
    unsafe fn place<T>(self, offset: u32) -> NonNull<T> {
        // SAFETY: the image's offsets lie within the context (INV-INSTANCE).
        unsafe { at(self.context, offset) }
    }

    /// What an entry's offset leads to: the entity itself, or through the pointer there.
    ///
    /// # Safety
    /// The offset is that of an own entity of type `T`, or of the pointer to an imported one.
    unsafe fn entity<T>(self, offset: u32, imported: bool) -> Option<NonNull<T>> {
        if imported {
            // SAFETY: by the caller's promise a pointer lies there.
            let slot = unsafe { self.place::<Cell<*mut T>>(offset) };
            // SAFETY: the context lives; the slot is null until the import is written.
            NonNull::new(unsafe { slot.as_ref() }.get())
        } else {
            // SAFETY: by the caller's promise the entity lies there.
            Some(unsafe { self.place(offset) })
        }
    }

    pub(crate) fn memory(self, index: u32) -> Option<NonNull<VmMemory>> {
        let entry = self.image().memories().get(index)?;
        // SAFETY: it is that entry's offset.
        unsafe { self.entity(entry.context, index < self.image().fields().imported_memories()) }
    }

    pub(crate) fn table(self, index: u32) -> Option<NonNull<VmTable>> {
        let entry = self.image().tables().get(index)?;
        // SAFETY: it is that entry's offset.
        unsafe { self.entity(entry.context, index < self.image().fields().imported_tables()) }
    }

    pub(crate) fn table_view(self, index: u32) -> Option<TableView<'a>> {
        // SAFETY: the tables of a living instance live, imported ones in the same store.
        Some(unsafe { TableView::new(self.table(index)?) })
    }

    pub(crate) fn global(self, index: u32) -> Option<(NonNull<VmGlobal>, ValueType)> {
        let entry = self.image().globals().get(index)?;
        // SAFETY: it is that entry's offset.
        let global = unsafe { self.entity(entry.context, index < self.image().fields().imported_globals()) }?;
        Some((global, ValueType::from_u8(entry.ty)?))
    }

    pub(crate) fn func_ref(self, func: u32) -> Option<NonNull<VmFuncRef>> {
        self.reference(self.image().func_ref_slot(func)?)
    }

    /// The reference at a place of the section.
    fn reference(self, slot: u32) -> Option<NonNull<VmFuncRef>> {
        if slot >= self.image().func_refs().len() {
            return None;
        }
        let offset = slot.checked_mul(FuncRefLayout::size(WIDTH))?;
        // SAFETY: there is one at this place for each entry of the section.
        Some(unsafe { self.place(self.image().fields().context_func_refs().checked_add(offset)?) })
    }

    fn func_import(self, index: u32) -> Option<&'a VmFuncImport> {
        let offset = index.checked_mul(FuncImportLayout::size(WIDTH))?;
        if index >= self.image().fields().imported_funcs() {
            return None;
        }
        // SAFETY: there is one at this place for each imported function.
        let import = unsafe { self.place(self.image().fields().context_imported_funcs().checked_add(offset)?) };
        // SAFETY: it lives as long as the context; its fields are cells.
        Some(unsafe { import.as_ref() })
    }

    /// Code and context of a function, own or imported.
    pub(crate) fn code(self, func: u32) -> Option<(*const u8, *mut VmContext)> {
        match func.checked_sub(self.image().fields().imported_funcs()) {
            None => {
                let import = self.func_import(func)?;
                Some((import.code.get(), import.context.get()))
            }
            Some(own) => {
                let code = self.module().code_at(self.image().funcs().get(own)?.code)?;
                Some((code.as_ptr(), self.context.as_ptr()))
            }
        }
    }

    fn dropped(self, segment: u32) -> Option<(&'a Cell<u32>, u32)> {
        let image = self.image();
        if segment >= image.elems().len().saturating_add(image.data_segments().len()) {
            return None;
        }
        let word = (segment / 32).checked_mul(4)?;
        // SAFETY: there is one bit for each segment.
        let word = unsafe { self.place::<Cell<u32>>(image.fields().context_dropped().checked_add(word)?) };
        // SAFETY: it lives as long as the context.
        Some((unsafe { word.as_ref() }, 1u32.wrapping_shl(segment % 32)))
    }

    /// Whether a segment is dropped: element segments first, then data segments.
    pub(crate) fn is_dropped(self, segment: u32) -> bool {
        self.dropped(segment).is_none_or(|(word, bit)| word.get() & bit != 0)
    }

    /// Drops a segment.
    pub(crate) fn drop_segment(self, segment: u32) {
        if let Some((word, bit)) = self.dropped(segment) {
            word.set(word.get() | bit);
        }
    }
}

impl View<'_> {
    /// Takes images away that lie in slots of its memories and were not placed for it.
    pub(crate) fn forget_images(self) {
        for place in 0..self.head.memory_count {
            // SAFETY: there are so many.
            let memory = unsafe { self.head.memories.add(place as usize) };
            // SAFETY: they live as long as the instance; all that changes in them is in cells.
            if let Some(slot) = unsafe { memory.as_ref() }.slot() {
                slot.forget_image();
            }
        }
    }
}

unsafe fn drop_instance(block: NonNull<Block>) {
    // SAFETY: it is an `InstanceBlock`'s (INV-BLOCK).
    let head = unsafe { block.cast::<InstanceBlock>().as_ref() }.head;
    // SAFETY: the head lives until the end of this function.
    let view = unsafe { head.as_ref() };
    let (memories, tables) = (view.memories, view.tables);
    let (memory_count, table_count) = (view.memory_count, view.table_count);
    let memories = core::ptr::slice_from_raw_parts_mut(memories.as_ptr(), memory_count as usize);
    // SAFETY: so many of them were made, and they are dropped once. They follow no pointers into the store.
    unsafe { memories.drop_in_place() };
    let tables = core::ptr::slice_from_raw_parts_mut(tables.as_ptr(), table_count as usize);
    // SAFETY: as above.
    unsafe { tables.drop_in_place() };
    // SAFETY: as above; it lets go of the module last, when no code of the store runs any more.
    unsafe { head.drop_in_place() };
}

/// Where the parts of an instance's block lie.
struct Plan {
    layout: Layout,
    memories: usize,
    tables: usize,
    head: usize,
    context: usize,
}

impl Plan {
    fn new(memories: usize, tables: usize, context: usize) -> Option<Plan> {
        let layout = Layout::new::<InstanceBlock>();
        let (layout, memories) = layout.extend(Layout::array::<MemoryBlock>(memories).ok()?).ok()?;
        let (layout, tables) = layout.extend(Layout::array::<TableBlock>(tables).ok()?).ok()?;
        let (layout, head) = layout.extend(Layout::new::<InstanceHead>()).ok()?;
        let (layout, context) = layout.extend(Layout::from_size_align(context, 16).ok()?).ok()?;
        Some(Plan { layout, memories, tables, head, context })
    }
}

const _: () = {
    let sizes = BlockSizes::new(WIDTH);
    assert!(size_of::<InstanceBlock>() <= sizes.block, "as the contract says");
    assert!(size_of::<MemoryBlock>() <= sizes.memory, "as the contract says");
    assert!(size_of::<TableBlock>() <= sizes.table, "as the contract says");
    assert!(size_of::<InstanceHead>() <= sizes.head, "as the contract says");
    assert!(align_of::<InstanceHead>() == BLOCK_ALIGN, "as the contract says");
    assert!(memory::PADDING == MEMORY_PADDING, "as the contract says");
};

impl Store {
    /// Makes an instance that is linked but not initialised: see [`Store::initialize`]. `imports` are those of the module,
    /// in its order, with the types that it wants (INV-TYPES); `index` is a number for the caller's use.
    ///
    /// # Errors
    /// The imports are too few, of other kinds, of another store, or memories without the reservation that the code
    /// relies on; or there is no memory for the instance. Nothing is left of it then.
    pub fn add_instance(
        &mut self,
        owner: TryArc<dyn ModuleOwner>,
        index: u32,
        imports: &mut dyn Iterator<Item = Entity>,
        rooms: &mut dyn Rooms,
    ) -> Result<InstancePtr, VmError> {
        const BROKEN: VmError = VmError::unsupported("the instance is too large");
        let (module, type_ids) = (owner.module(), owner.type_ids());
        let (image, ground) = (*module.image(), module.ground());
        let (module, type_ids) = (NonNull::from(module), NonNull::from(type_ids));
        if self.block().ground.get().is_some_and(|other| other != ground) {
            return Err(VmError::mismatch("images of different targets cannot be in one store"));
        }
        if type_ids.len() != image.types().len() as usize {
            return Err(VmError::mismatch("the module's type ids are not complete"));
        }
        let header = image.fields();
        let max_frame = image.image().fields().max_frame() as usize;
        let own = |all: u32, imported: u32| all.saturating_sub(imported);
        let memory_count = own(image.memories().len(), header.imported_memories());
        let table_count = own(image.tables().len(), header.imported_tables());
        let plan =
            Plan::new(memory_count as usize, table_count as usize, header.context_size() as usize).ok_or(BROKEN)?;
        self.prepare_ground(ground, rooms)?;
        let storage = rooms.room(plan.layout)?;
        let start = storage.as_ptr();
        // SAFETY: the places of the plan lie within its layout, here and below.
        let memories = unsafe { start.byte_add(plan.memories) }.cast::<MemoryBlock>();
        // SAFETY: as above.
        let tables = unsafe { start.byte_add(plan.tables) }.cast::<TableBlock>();
        // SAFETY: as above.
        let head = unsafe { start.byte_add(plan.head) }.cast::<InstanceHead>();
        // SAFETY: as above.
        let context = unsafe { start.byte_add(plan.context) }.cast::<VmContext>();
        for (place, entry) in (0..memory_count).zip(image.memories().iter_from(header.imported_memories())) {
            // SAFETY: the plan has room for this one.
            let place = unsafe { memories.add(place as usize) };
            // SAFETY: it is within the storage, aligned and ours.
            unsafe { place.write(MemoryBlock::empty(MemoryShape::from(&entry))) };
        }
        for (place, entry) in (0..table_count).zip(image.tables().iter_from(header.imported_tables())) {
            let shape = TableShape::from_entry(&entry).ok_or(BROKEN)?;
            // SAFETY: the plan has room for this one.
            let place = unsafe { tables.add(place as usize) };
            // SAFETY: it is within the storage, aligned and ours.
            unsafe { place.write(TableBlock::empty(shape)) };
        }
        let next = Cell::new(None);
        let value = InstanceHead { next, module, type_ids, memories, memory_count, tables, table_count, _owner: owner };
        // SAFETY: the head's place is within the storage, aligned and ours.
        unsafe { head.write(value) };
        let block = start.cast::<InstanceBlock>();
        // SAFETY: as above.
        unsafe { block.write(InstanceBlock { block: Block::new(storage, drop_instance), head }) };
        // SAFETY: the context is zeroed storage, which is a valid `VmContext`.
        let fields = unsafe { context.as_ref() };
        fields.store.set(self.block_ptr().as_ptr().cast());
        fields.types_or_code.set(type_ids.cast::<u8>().as_ptr());
        fields.kind.set(CONTEXT_INSTANCE);
        fields.index.set(index);
        // SAFETY: it was just made as INV-INSTANCE says.
        let view = unsafe { View::new(context) };
        if let Err(error) = self.link(view, imports, rooms) {
            // SAFETY: the block is complete, in no list, and nothing points to it.
            unsafe { Blocks::discard(block.cast()) };
            return Err(error);
        }
        // SAFETY: the block is complete, with the drop that fits it (INV-BLOCK), and is in no list.
        unsafe { self.block().blocks.push(block.cast()) };
        for place in 0..memory_count {
            // SAFETY: there are so many.
            memory::link(self.block(), unsafe { memories.add(place as usize) });
        }
        self.block().ground.set(Some(ground));
        self.block().add_max_frame(max_frame);
        view.head.next.set(self.block().instances.get());
        self.block().instances.set(Some(head));
        self.serve_waiting(view);
        Ok(InstancePtr::new(context, self.id()))
    }

    /// Fills the context of a new instance: own memories and tables, imports, references, globals.
    fn link(
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
    fn serve_waiting(&self, view: View<'_>) {
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

    pub(crate) fn view(&self, instance: InstancePtr) -> Option<View<'_>> {
        if instance.store() != self.id() {
            return None;
        }
        // SAFETY: it is of this store, which lives (INV-HANDLE).
        Some(unsafe { View::new(instance.ptr()) })
    }

    /// The number that the instance was made with; `None` for one of another store.
    #[must_use]
    pub fn instance_index(&self, instance: InstancePtr) -> Option<u32> {
        // SAFETY: the context of an instance that lives; its fields are cells.
        self.view(instance).map(|view| unsafe { view.context.as_ref() }.index.get())
    }

    /// Entity number `index` of its index space: a function only if it can be referred to. `None` also for an instance of
    /// another store.
    #[must_use]
    pub fn instance_entity(&self, instance: InstancePtr, kind: ExternKind, index: u32) -> Option<Entity> {
        let view = self.view(instance)?;
        let id = self.id();
        Some(match kind {
            ExternKind::Func => Entity::Func(FuncPtr::new(view.func_ref(index)?, id)),
            ExternKind::Table => Entity::Table(TablePtr::new(view.table(index)?, id)),
            ExternKind::Memory => Entity::Memory(MemoryPtr::new(view.memory(index)?, id)),
            ExternKind::Global => Entity::Global(GlobalPtr::new(view.global(index)?.0, id)),
        })
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

const _: () = assert!(offset_of!(InstanceBlock, block) == 0, "a block starts with its head");
