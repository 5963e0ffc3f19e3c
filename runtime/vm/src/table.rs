//! Tables: arrays of references in plain storage, pointers for funcref and 32-bit handles for externref.
//!
//! INV-TABLE: `base` points to `len` elements of the table's type, null or references of the table's store.

use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::mem::{align_of, offset_of, size_of};
use core::ptr::NonNull;

use stilt_artifact::tables::{FLAG_HAS_MAX, FLAG_INDEX64, TableEntry};
use stilt_artifact::trap::TrapCode;
use stilt_artifact::types::ValueType;
use stilt_collections::Storage;

use crate::block::{Block, Blocks, Rooms};
use crate::error::VmError;
use crate::id::TablePtr;
use crate::store::Store;
use crate::structs::VmTable;

/// The most elements that a table can have here, whatever its type says.
pub(crate) const MOST: u64 = 10_000_000;

/// What a table is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableShape {
    /// Type of its elements.
    pub element: ValueType,
    /// Elements at first.
    pub min: u64,
    /// Most elements.
    pub max: Option<u64>,
    /// Whether indexes are 64 bits wide.
    pub index64: bool,
}

impl TableShape {
    /// That of a table of an image.
    #[must_use]
    pub fn from_entry(entry: &TableEntry) -> Option<TableShape> {
        Some(TableShape {
            element: ValueType::from_u8(entry.element)?,
            min: entry.min,
            max: (entry.flags & FLAG_HAS_MAX != 0).then_some(entry.max),
            index64: entry.flags & FLAG_INDEX64 != 0,
        })
    }

    /// Bytes of an element.
    const fn width(&self) -> usize {
        if matches!(self.element, ValueType::FuncRef) { size_of::<usize>() } else { size_of::<u32>() }
    }
}

/// A table's part in this crate.
#[repr(C)]
pub(crate) struct TableBlock {
    pub(crate) shape: TableShape,
    backing: UnsafeCell<Option<Storage>>,
}

impl TableBlock {
    /// A table without elements yet: [`TableBlock::fill`] gives it some.
    pub(crate) const fn empty(shape: TableShape) -> TableBlock {
        TableBlock { shape, backing: UnsafeCell::new(None) }
    }

    /// Gives the table its first elements, which are null.
    ///
    /// # Safety
    /// The block and `vm` fulfil INV-BACK; nobody else uses them yet.
    pub(crate) unsafe fn fill(&self, vm: &VmTable, rooms: &mut dyn Rooms) -> Result<(), VmError> {
        const TOO_LARGE: VmError = VmError::unsupported("the table is larger than this runtime's limit");
        if self.shape.min > MOST {
            return Err(TOO_LARGE);
        }
        let len = usize::try_from(self.shape.min).map_err(|_| TOO_LARGE)?;
        let size = len.checked_mul(self.shape.width()).ok_or(TOO_LARGE)?;
        let layout = Layout::from_size_align(size, align_of::<usize>()).map_err(|_| TOO_LARGE)?;
        let storage = rooms.room(layout)?;
        vm.base.set(storage.as_ptr().as_ptr());
        vm.len.set(len);
        vm.capacity.set(len);
        // SAFETY: nobody else uses the block yet.
        unsafe { *self.backing.get() = Some(storage) };
        Ok(())
    }
}

/// A table that lives, with its block.
#[derive(Clone, Copy)]
pub(crate) struct TableView<'a> {
    pub(crate) vm: &'a VmTable,
    pub(crate) block: &'a TableBlock,
}

impl<'a> TableView<'a> {
    /// # Safety
    /// The table fulfils INV-BACK and INV-TABLE, and lives for `'a`.
    pub(crate) unsafe fn new(table: NonNull<VmTable>) -> TableView<'a> {
        // SAFETY: the table lives.
        let vm: &'a VmTable = unsafe { table.as_ref() };
        // SAFETY: the block lies this far in front of it, in the same allocation (INV-BACK).
        let block = unsafe { table.byte_sub(vm.index.get() as usize) }.cast::<TableBlock>();
        // SAFETY: it lives as long as the table; all that changes in it is in cells.
        TableView { vm, block: unsafe { block.as_ref() } }
    }

    pub(crate) fn len(self) -> u64 {
        self.vm.len.get() as u64
    }

    fn element(self, index: u64) -> Option<*mut u8> {
        if index >= self.len() {
            return None;
        }
        let offset = usize::try_from(index).ok()?.checked_mul(self.block.shape.width())?;
        Some(self.vm.base.get().wrapping_add(offset))
    }

    pub(crate) fn read(self, index: u64) -> Option<u64> {
        let element = self.element(index)?;
        Some(if self.block.shape.element == ValueType::FuncRef {
            // SAFETY: the element lies within the table and is a pointer (INV-TABLE).
            (unsafe { element.cast::<usize>().read() }) as u64
        } else {
            // SAFETY: the element lies within the table and is a handle (INV-TABLE).
            u64::from(unsafe { element.cast::<u32>().read() })
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "a reference in a slot is as wide as a pointer, or 32 bits")]
    pub(crate) fn write(self, index: u64, value: u64) -> Option<()> {
        let element = self.element(index)?;
        if self.block.shape.element == ValueType::FuncRef {
            // SAFETY: the element lies within the table and is a pointer (INV-TABLE).
            unsafe { element.cast::<usize>().write(value as usize) };
        } else {
            // SAFETY: the element lies within the table and is a handle (INV-TABLE).
            unsafe { element.cast::<u32>().write(value as u32) };
        }
        Some(())
    }

    /// Writes `value` to `len` elements from `start`.
    pub(crate) fn fill(self, start: u64, value: u64, len: u64) -> Result<(), TrapCode> {
        let end = start.checked_add(len).filter(|end| *end <= self.len()).ok_or(TrapCode::TableOutOfBounds)?;
        for index in start..end {
            self.write(index, value).ok_or(TrapCode::TableOutOfBounds)?;
        }
        Ok(())
    }

    /// Copies `len` elements, as if through a buffer. Both tables have elements of one type.
    pub(crate) fn copy(self, to: u64, source: TableView<'_>, from: u64, len: u64) -> Result<(), TrapCode> {
        let fits = |start: u64, table: TableView<'_>| start.checked_add(len).is_some_and(|end| end <= table.len());
        if !fits(to, self) || !fits(from, source) || self.block.shape.element != source.block.shape.element {
            return Err(TrapCode::TableOutOfBounds);
        }
        let (Some(to), Some(from)) = (self.element(to), source.element(from)) else {
            return Ok(());
        };
        let size = usize::try_from(len).ok().and_then(|len| len.checked_mul(self.block.shape.width()));
        let size = size.ok_or(TrapCode::TableOutOfBounds)?;
        // SAFETY: both ranges lie within their tables, as compared, and `copy` allows them to overlap.
        unsafe { core::ptr::copy(from, to, size) };
        Ok(())
    }
}

#[repr(C)]
struct LooseTable {
    block: Block,
    table: TableBlock,
    vm: VmTable,
}

unsafe fn drop_loose(block: NonNull<Block>) {
    // SAFETY: it is a `LooseTable`'s (INV-BLOCK).
    let table = unsafe { block.byte_add(offset_of!(LooseTable, table)) }.cast::<TableBlock>();
    // SAFETY: dropped once, with its block. It follows no pointers into the store.
    unsafe { table.drop_in_place() };
}

impl Store {
    fn table(&self, table: TablePtr) -> Option<TableView<'_>> {
        if table.store() != self.id() {
            return None;
        }
        // SAFETY: it is of this store, which lives (INV-HANDLE).
        Some(unsafe { TableView::new(table.ptr()) })
    }

    /// Makes a table that no instance owns. Its elements are null.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn add_table(&mut self, shape: TableShape, rooms: &mut dyn Rooms) -> Result<TablePtr, VmError> {
        let storage = rooms.room(Layout::new::<LooseTable>())?;
        let place = storage.as_ptr().cast::<LooseTable>();
        let zero = || Cell::new(0usize);
        let back = const { offset_of!(LooseTable, vm) - offset_of!(LooseTable, table) };
        let value = LooseTable {
            block: Block::new(storage, drop_loose),
            table: TableBlock::empty(shape),
            vm: VmTable {
                base: Cell::new(core::ptr::null_mut()),
                len: zero(),
                capacity: zero(),
                index: Cell::new(u32::try_from(back).unwrap_or(0)),
                flags: Cell::new(0),
            },
        };
        // SAFETY: the storage was asked for with this layout, and is ours.
        unsafe { place.write(value) };
        // SAFETY: it was just written.
        let loose = unsafe { place.as_ref() };
        // SAFETY: the two stand in one allocation at the distance that `index` says.
        if let Err(error) = unsafe { loose.table.fill(&loose.vm, rooms) } {
            // SAFETY: it is in no list, and nothing points to it.
            unsafe { Blocks::discard(place.cast()) };
            return Err(error);
        }
        // SAFETY: the block was just made, with the drop that fits it (INV-BLOCK), and is in no list.
        unsafe { self.block().blocks.push(place.cast()) };
        // SAFETY: the field lies within the block.
        let vm = unsafe { place.byte_add(offset_of!(LooseTable, vm)) };
        Ok(TablePtr::new(vm.cast(), self.id()))
    }

    /// What the table is like; `None` for one of another store.
    #[must_use]
    pub fn table_shape(&self, table: TablePtr) -> Option<TableShape> {
        Some(self.table(table)?.block.shape)
    }

    /// How many elements it has; `None` for a table of another store.
    #[must_use]
    pub fn table_len(&self, table: TablePtr) -> Option<u64> {
        Some(self.table(table)?.len())
    }

    /// An element as compiled code has it; `None` beyond the end, or for a table of another store.
    #[must_use]
    pub fn table_read(&self, table: TablePtr, index: u64) -> Option<u64> {
        self.table(table)?.read(index)
    }

    /// Writes an element, of the table's type (INV-TYPES). `None` beyond the end, or for a table of another store.
    pub fn table_write(&mut self, table: TablePtr, index: u64, value: u64) -> Option<()> {
        self.table(table)?.write(index, value)
    }

    /// Writes elements, of the table's type (INV-TYPES).
    ///
    /// # Errors
    /// The range is not within the table, or the table is of another store.
    pub fn table_fill(&mut self, table: TablePtr, start: u64, value: u64, len: u64) -> Result<(), TrapCode> {
        self.table(table).ok_or(TrapCode::TableOutOfBounds)?.fill(start, value, len)
    }

    /// Copies elements between tables of one type, or within one.
    ///
    /// # Errors
    /// A range is not within its table, the types differ, or a table is of another store.
    pub fn table_copy(
        &mut self,
        table: TablePtr,
        to: u64,
        source: TablePtr,
        from: u64,
        len: u64,
    ) -> Result<(), TrapCode> {
        let source = self.table(source).ok_or(TrapCode::TableOutOfBounds)?;
        self.table(table).ok_or(TrapCode::TableOutOfBounds)?.copy(to, source, from, len)
    }

    /// Makes a table `delta` elements larger, which are `value` of its type (INV-TYPES): its old size, or `None` if it
    /// cannot grow so far. Limits of the embedder's are for the caller to ask.
    pub fn table_grow(&mut self, table: TablePtr, delta: u64, value: u64, rooms: &mut dyn Rooms) -> Option<u64> {
        let view = self.table(table)?;
        let shape = &view.block.shape;
        let old = view.len();
        let len = old.checked_add(delta)?;
        if len > shape.max.unwrap_or(MOST).min(MOST) {
            return None;
        }
        let elements = usize::try_from(len).ok()?;
        // SAFETY: the store is borrowed exclusively: nobody else has a reference to the backing.
        let backing = unsafe { &mut *view.block.backing.get() };
        let storage = backing.as_mut()?;
        rooms.resize(storage, elements.checked_mul(shape.width())?).ok()?;
        view.vm.base.set(storage.as_ptr().as_ptr());
        view.vm.capacity.set(elements);
        view.vm.len.set(elements);
        if value != 0 {
            view.fill(old, value, delta).ok()?;
        }
        Some(old)
    }
}
