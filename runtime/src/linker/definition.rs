//! What a linker has under a name: something of a store, or a host function that goes into any store.

use crate::host_func::HostFunc;
use crate::link_error::ImportTypeError;
use crate::{Extern, ExternType, Func, ImportType, Result, StoreContextMut};

pub(super) enum Definition<T: 'static> {
    Extern(Extern),
    Host(HostFunc<T>),
}

impl<T: 'static> Definition<T> {
    /// It, in this store. Something of another store is found out by whoever uses it.
    pub(super) fn to_extern(&self, store: &mut StoreContextMut<'_, T>) -> Result<Extern> {
        match self {
            Definition::Extern(item) => Ok(*item),
            Definition::Host(func) => Ok(Func::from_host(store, func)?.into()),
        }
    }

    /// As far as no store is needed for it, whether it has the type of an import.
    pub(super) fn check(&self, import: &ImportType<'_>) -> Result<()> {
        let Definition::Host(func) = self else { return Ok(()) };
        let found = func.ty().func_type();
        if let ExternType::Func(expected) = import.ty() {
            // A long type that there is no memory for is like none.
            expected.signature()?;
            if found == expected {
                return Ok(());
            }
        }
        Err(ImportTypeError::of(import, found.into()))
    }
}

impl<T: 'static> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Extern(item) => Definition::Extern(*item),
            Definition::Host(func) => Definition::Host(func.clone()),
        }
    }
}

impl<T: 'static> core::fmt::Debug for Definition<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Definition::Extern(item) => item.fmt(f),
            Definition::Host(func) => func.fmt(f),
        }
    }
}
