//! [`Table`]: a table of references.

use stilt_artifact::types::ValueType;
use stilt_vm::{TablePtr, TableShape};

use crate::module::vm_error;
use crate::slots::{SlotReader, SlotWriter};
use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Error, Ref, RefType, Result, TableType, Trap, Val, ValType};

/// A table of a store. A handle: with another store its functions fail, or find nothing where they cannot fail.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    ptr: TablePtr,
}

impl Table {
    /// A table of this type whose elements are `init`.
    ///
    /// # Errors
    /// `init` is not of the elements' type, or of another store; memory is lacking; a limit of the store.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Ref) -> Result<Table> {
        let store = store.as_context_mut();
        let inner = store.0;
        let element = ValType::Ref(*ty.element()).value_type();
        let element = element.ok_or(Error::fixed(&"a table of references that are not nullable is not supported"))?;
        let (min, max) = (ty.minimum(), ty.maximum());
        if max.is_some_and(|max| max < min) {
            return Err(Error::fixed(&"a table's maximum is below its minimum"));
        }
        let shape = TableShape { element, min, max, index64: ty.is_64() };
        let value = raw(&mut inner.opaque, element, init)?;
        inner.may_add(0, 0, 1)?;
        let size = |size: u64| usize::try_from(size).unwrap_or(usize::MAX);
        if !inner.may_grow_table(0, size(min), max.map(size))? {
            return Err(Error::fixed(&"table minimum size exceeds a limit of the store"));
        }
        let (vm, mut rooms) = inner.opaque.parts()?;
        let ptr = vm.add_table(shape, &mut rooms).map_err(vm_error)?;
        if value != 0 {
            vm.table_fill(ptr, 0, value, min).map_err(Trap::from)?;
        }
        inner.opaque.tables = inner.opaque.tables.saturating_add(1);
        Ok(Table { ptr })
    }

    pub(crate) const fn from_ptr(ptr: TablePtr) -> Table {
        Table { ptr }
    }

    pub(crate) const fn ptr(&self) -> TablePtr {
        self.ptr
    }

    fn shape(&self, store: &StoreOpaque) -> Result<TableShape> {
        store.vm().and_then(|vm| vm.table_shape(self.ptr)).ok_or_else(StoreOpaque::foreign)
    }

    /// Its type, with its present size as the minimum. With another store, that of an empty table.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        self.try_ty(store.as_context().opaque()).unwrap_or(TableType::new(RefType::FUNCREF, 0, None))
    }

    pub(crate) fn try_ty(&self, store: &StoreOpaque) -> Option<TableType> {
        let len = store.vm()?.table_len(self.ptr)?;
        Some(TableType::of_shape(&self.shape(store).ok()?, len))
    }

    /// How many elements it has. With another store, 0.
    pub fn size(&self, store: impl AsContext) -> u64 {
        store.as_context().opaque().vm().and_then(|vm| vm.table_len(self.ptr)).unwrap_or(0)
    }

    /// An element; `None` beyond the end, or with another store.
    pub fn get(&self, mut store: impl AsContextMut, index: u64) -> Option<Ref> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let shape = self.shape(opaque).ok()?;
        let value = opaque.vm()?.table_read(self.ptr, index)?;
        Val::load(shape.element, opaque, &mut SlotReader::new(&[value])).ok()?.ref_()
    }

    /// Changes an element.
    ///
    /// # Errors
    /// It is beyond the end; `value` is not of the elements' type, or of another store; or the table is.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Ref) -> Result<()> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let shape = self.shape(opaque)?;
        let value = raw(opaque, shape.element, value)?;
        let written = opaque.vm_mut()?.table_write(self.ptr, index, value);
        written.ok_or(Error::fixed(&"table element index out of bounds"))
    }

    /// Makes it larger by `delta` elements that are `init`; its old size.
    ///
    /// # Errors
    /// It cannot, or may not, grow so far; `init` is not of the elements' type, or of another store; or the table is.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Ref) -> Result<u64> {
        let store = store.as_context_mut();
        let inner = store.0;
        let shape = self.shape(&inner.opaque)?;
        let value = raw(&mut inner.opaque, shape.element, init)?;
        inner.table_grow(self.ptr, delta, value)?.ok_or(Error::fixed(&"failed to grow table"))
    }

    /// Writes `value` to `len` elements from `start`.
    ///
    /// # Errors
    /// They are not all within the table: a [`Trap`]; `value` is not of the elements' type, or of another store; or the table
    /// is.
    pub fn fill(&self, mut store: impl AsContextMut, start: u64, value: Ref, len: u64) -> Result<()> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let shape = self.shape(opaque)?;
        let value = raw(opaque, shape.element, value)?;
        Ok(opaque.vm_mut()?.table_fill(self.ptr, start, value, len).map_err(Trap::from)?)
    }

    /// Copies `len` elements from one table to another, or within one.
    ///
    /// # Errors
    /// They are not all within the tables: a [`Trap`]; the tables are of different types, or of another store.
    pub fn copy(
        mut store: impl AsContextMut,
        to_table: &Table,
        to: u64,
        from_table: &Table,
        from: u64,
        len: u64,
    ) -> Result<()> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        if to_table.shape(opaque)?.element != from_table.shape(opaque)?.element {
            return Err(Error::fixed(&"tables do not have the same element type"));
        }
        Ok(opaque.vm_mut()?.table_copy(to_table.ptr, to, from_table.ptr, from, len).map_err(Trap::from)?)
    }
}

/// A reference as compiled code has it, if it is of this type.
fn raw(store: &mut StoreOpaque, element: ValueType, value: Ref) -> Result<u64> {
    let mut slot = [0];
    Val::from(value).store(element, store, &mut SlotWriter::new(&mut slot))?;
    let [slot] = slot;
    Ok(slot)
}
