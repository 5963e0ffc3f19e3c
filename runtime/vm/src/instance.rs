//! Instances: one block each, with the context that compiled code sees at its end.
//!
//! ```text
//! InstanceBlock │ MemoryBlock per own memory │ TableBlock per own table │ InstanceHead │ context (laid out by the image)
//! ```
//!
//! INV-INSTANCE: right in front of an instance's context lies its [`InstanceHead`], in one allocation with the context, which
//! has the size and the places that the image's module header and entries give; `Image::parse` has checked that
//! they lie within it. The head keeps the module alive.

mod link;
mod view;

use core::alloc::Layout;
use core::cell::Cell;
use core::mem::{align_of, offset_of, size_of};
use core::ptr::NonNull;

use stilt_artifact::layout::CONTEXT_INSTANCE;
use stilt_artifact::storage::{BLOCK_ALIGN, BlockSizes, MEMORY_PADDING};
use stilt_artifact::types::ExternKind;
use stilt_collections::TryArc;

use crate::block::{Block, Blocks, Rooms};
use crate::error::VmError;
use crate::id::{FuncPtr, GlobalPtr, InstancePtr, MemoryPtr, TablePtr};
use crate::memory::{self, MemoryBlock, MemoryShape};
use crate::module::Module;
use crate::store::Store;
use crate::structs::{VmContext, WIDTH};
use crate::table::{TableBlock, TableShape};

pub(crate) use view::View;

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

const _: () = assert!(offset_of!(InstanceBlock, block) == 0, "a block starts with its head");
