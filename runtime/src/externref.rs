//! [`ExternRef`]: something of the host in the hands of a guest, which can only pass it on.
//!
//! Compiled code has a 32-bit handle. What it stands for lives as long as the store.

use core::any::Any;

use stilt_collections::{TryBox, unsize_box};
use stilt_vm::StoreId;

use crate::store::StoreOpaque;
use crate::{AsContextMut, Error, Result, StoreContext, StoreContextMut};

/// A reference to something of the host. A handle: using it with another store is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExternRef {
    number: u32,
    store: StoreId,
}

/// A reference of a store. (In this runtime all live as long as their store.)
pub type Rooted<T> = T;

impl ExternRef {
    /// Gives `value` to the store.
    ///
    /// # Errors
    /// Out of memory.
    pub fn new<T>(mut store: impl AsContextMut, value: T) -> Result<Rooted<ExternRef>>
    where
        T: 'static + Any + Send + Sync,
    {
        let value = unsize_box!(TryBox::new(value)? => dyn Any + Send + Sync);
        let (number, store) = store.as_context_mut().opaque_mut().push_extern(value)?;
        Ok(ExternRef { number, store })
    }

    /// What it refers to.
    ///
    /// # Errors
    /// It is of another store.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Result<Option<&'a (dyn Any + Send + Sync)>> {
        let store = store.into().opaque();
        self.check(store)?;
        Ok(store.extern_at(self.number))
    }

    /// What it refers to.
    ///
    /// # Errors
    /// It is of another store.
    pub fn data_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> Result<Option<&'a mut (dyn Any + Send + Sync)>> {
        let store = &mut store.into().0.opaque;
        self.check(store)?;
        Ok(store.extern_at_mut(self.number))
    }

    fn check(&self, store: &StoreOpaque) -> Result<()> {
        if store.owns(self.store) { Ok(()) } else { Err(StoreOpaque::foreign()) }
    }
}

impl StoreOpaque {
    /// A reference as compiled code takes it.
    pub(crate) fn externref_to_raw(&mut self, value: Option<&ExternRef>) -> Result<u64> {
        let Some(value) = value else { return Ok(0) };
        value.check(self)?;
        Ok(value.number.into())
    }

    /// A reference from what compiled code has.
    pub(crate) fn externref_from_raw(&self, raw: u64) -> Result<Option<ExternRef>> {
        if raw == 0 {
            return Ok(None);
        }
        let number = u32::try_from(raw).map_err(|_| Error::fixed(&"a guest has a broken reference"))?;
        Ok(self.id().map(|store| ExternRef { number, store }))
    }
}
