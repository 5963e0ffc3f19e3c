//! Numbers of stores, and pointers that know their store.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::num::NonZeroUsize;
use core::ptr::NonNull;

use stilt_collections::atomic::Sequence;

use crate::structs::{VmContext, VmFuncRef, VmGlobal, VmMemory, VmTable};

static NUMBERS: Sequence = Sequence::new();

/// The number of a store, never given twice in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId(NonZeroUsize);

impl StoreId {
    /// The next number, or `None` when all have been given.
    #[must_use]
    pub fn new() -> Option<StoreId> {
        NUMBERS.give().map(StoreId)
    }
}

/// A pointer to something of a store.
///
/// INV-HANDLE: what it points to is of type `P` and lives as long as the store with this number: blocks go only with
/// their store. Since numbers are not given twice, whoever holds a store with this number may follow the pointer.
pub(crate) struct InStore<P> {
    ptr: NonNull<P>,
    store: StoreId,
}

impl<P> InStore<P> {
    /// Only for what fulfils INV-HANDLE.
    pub(crate) const fn new(ptr: NonNull<P>, store: StoreId) -> Self {
        InStore { ptr, store }
    }

    /// The number of the store that it belongs to.
    pub(crate) const fn store(self) -> StoreId {
        self.store
    }

    /// The pointer, whoever may follow it.
    pub(crate) const fn ptr(self) -> NonNull<P> {
        self.ptr
    }

    /// The address, which identifies it.
    pub(crate) fn address(self) -> usize {
        self.ptr.as_ptr().addr()
    }
}

impl<P> Clone for InStore<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for InStore<P> {}
impl<P> PartialEq for InStore<P> {
    fn eq(&self, other: &Self) -> bool {
        self.ptr == other.ptr && self.store == other.store
    }
}
impl<P> Eq for InStore<P> {}
impl<P> Hash for InStore<P> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.ptr.hash(state);
    }
}
impl<P> fmt::Debug for InStore<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:p} in store {}", self.ptr, self.store.0)
    }
}

// SAFETY: the pointer is followed only by who holds the store, which is itself `Send` (INV-HANDLE).
unsafe impl<P> Send for InStore<P> {}
// SAFETY: as above; a shared `InStore` gives only copies.
unsafe impl<P> Sync for InStore<P> {}

macro_rules! pointers {
    ($( $(#[$meta:meta])* $name:ident = $vm:ident; )*) => {
        $( $(#[$meta])* #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)] pub struct $name(pub(crate) InStore<$vm>);
        impl $name {
            /// The number of the store that it belongs to.
            #[must_use]
            pub const fn store(self) -> StoreId { self.0.store() }
            /// Its address, which identifies it.
            #[must_use]
            pub fn address(self) -> usize { self.0.address() }
            pub(crate) const fn new(ptr: NonNull<$vm>, store: StoreId) -> Self { $name(InStore::new(ptr, store)) }
            #[allow(dead_code, reason = "not every kind needs it")]
            pub(crate) const fn ptr(self) -> NonNull<$vm> { self.0.ptr() }
        } )*
    };
}

pointers! {
    /// A function: a non-null funcref.
    FuncPtr = VmFuncRef;
    /// A memory.
    MemoryPtr = VmMemory;
    /// A table.
    TablePtr = VmTable;
    /// A global's value.
    GlobalPtr = VmGlobal;
    /// An instance.
    InstancePtr = VmContext;
}
