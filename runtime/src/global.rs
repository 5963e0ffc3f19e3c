//! [`Global`]: a global variable.

use stilt_artifact::types::ValueType;
use stilt_vm::GlobalPtr;

use crate::module::vm_error;
use crate::slots::{SlotReader, SlotWriter};
use crate::store::StoreOpaque;
use crate::{AsContext, AsContextMut, Error, GlobalType, Mutability, Result, Val, ValType};

/// A global of a store. A handle: with another store its functions fail, or find nothing where they cannot fail.
#[derive(Clone, Copy, Debug)]
pub struct Global {
    ptr: GlobalPtr,
    ty: ValueType,
    mutability: Mutability,
}

impl Global {
    /// A global of this type with this value.
    ///
    /// # Errors
    /// The value is of another type, or of another store; memory is lacking.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let mutability = ty.mutability();
        let ty = ty.content().value_type();
        let ty = ty.ok_or(Error::fixed(&"a global of a reference that is not nullable is not supported"))?;
        let slots = slots(opaque, ty, &value)?;
        let (vm, mut rooms) = opaque.parts()?;
        let ptr = vm.add_global(ty, slots, &mut rooms).map_err(vm_error)?;
        Ok(Global { ptr, ty, mutability })
    }

    /// A global of a module, with its type there.
    pub(crate) const fn from_ptr(ptr: GlobalPtr, ty: &GlobalType) -> Option<Global> {
        match ty.content().value_type() {
            Some(value_type) => Some(Global { ptr, ty: value_type, mutability: ty.mutability() }),
            None => None,
        }
    }

    pub(crate) const fn ptr(&self) -> GlobalPtr {
        self.ptr
    }

    #[cfg(feature = "given-storage")]
    pub(crate) const fn value_type(&self) -> ValueType {
        self.ty
    }

    /// Its type.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let _ = store;
        self.global_type()
    }

    pub(crate) const fn global_type(&self) -> GlobalType {
        GlobalType::new(ValType::of(self.ty), self.mutability)
    }

    /// Its value. With another store, zero or null.
    pub fn get(&self, mut store: impl AsContextMut) -> Val {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let slots = opaque.vm().and_then(|vm| vm.global_read(self.ptr, self.ty));
        let value = slots.and_then(|slots| Val::load(self.ty, opaque, &mut SlotReader::new(&slots)).ok());
        value.unwrap_or(Val::zero(self.ty))
    }

    /// Changes its value.
    ///
    /// # Errors
    /// It cannot be changed; the value is of another type, or of another store; or the global is.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        if self.mutability.is_const() {
            return Err(Error::fixed(&"immutable global cannot be set"));
        }
        let slots = slots(opaque, self.ty, &value)?;
        opaque.vm_mut()?.global_write(self.ptr, self.ty, slots).ok_or_else(StoreOpaque::foreign)
    }
}

fn slots(store: &mut StoreOpaque, ty: ValueType, value: &Val) -> Result<[u64; 2]> {
    let mut slots = [0; 2];
    value.store(ty, store, &mut SlotWriter::new(&mut slots))?;
    Ok(slots)
}
