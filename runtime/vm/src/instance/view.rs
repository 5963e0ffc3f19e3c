//! What there is in an instance that lives: its own entities and those it imports, by their indexes.

use core::cell::Cell;
use core::mem::size_of;
use core::ptr::NonNull;

use stilt_artifact::layout::{FuncImportLayout, FuncRefLayout};
use stilt_artifact::types::ValueType;
use stilt_artifact::{ModuleImage, Native};

use super::InstanceHead;
use crate::module::Module;
use crate::store::StoreBlock;
use crate::structs::{VmContext, VmFuncImport, VmFuncRef, VmGlobal, VmMemory, VmTable, WIDTH, at};
use crate::table::TableView;

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
    pub(super) unsafe fn place<T>(self, offset: u32) -> NonNull<T> {
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
    pub(super) fn reference(self, slot: u32) -> Option<NonNull<VmFuncRef>> {
        if slot >= self.image().func_refs().len() {
            return None;
        }
        let offset = slot.checked_mul(FuncRefLayout::size(WIDTH))?;
        // SAFETY: there is one at this place for each entry of the section.
        Some(unsafe { self.place(self.image().fields().context_func_refs().checked_add(offset)?) })
    }

    pub(super) fn func_import(self, index: u32) -> Option<&'a VmFuncImport> {
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
