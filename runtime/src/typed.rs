//! [`TypedFunc`]: a function whose type was checked once, so that calling it is only the call.

use core::fmt;
use core::marker::PhantomData;

use stilt_artifact::crossing;
use stilt_vm::Callee;

use crate::func::call_slots;
use crate::slots::{SlotReader, SlotWriter};
use crate::{AsContextMut, Func, Result, StoreContextMut, WasmParams, WasmResults};

/// A function of the store with parameters `Params` and results `Results`; made by [`Func::typed`] and
/// [`Instance::get_typed_func`](crate::Instance::get_typed_func).
pub struct TypedFunc<Params, Results> {
    func: Func,
    callee: Callee,
    ty: PhantomData<fn(Params) -> Results>,
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// The caller has compared the type of `func`, whose `callee` this is.
    pub(crate) const fn new(func: Func, callee: Callee) -> Self {
        TypedFunc { func, callee, ty: PhantomData }
    }

    /// The function.
    pub const fn func(&self) -> &Func {
        &self.func
    }

    /// Calls the function.
    ///
    /// # Errors
    /// The guest trapped: a [`Trap`](crate::Trap), with a [`WasmBacktrace`](crate::WasmBacktrace). A host function that it called
    /// returned an error: that one. The function, or a reference in `params`, is of another store.
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: Params) -> Result<Results> {
        let mut store = store.as_context_mut();
        // In a small image all calls go through one place.
        if const { !cfg!(feature = "small") && crossing::slots(Params::TYPES, <Results as WasmParams>::TYPES) == 0 } {
            let mut words = [0; crossing::VALUES];
            params.store(store.opaque_mut(), &mut SlotWriter::new(&mut words))?;
            return match stilt_vm::call_in_registers(&mut *store.0, &self.callee, words) {
                Ok(result) => Results::load(store.opaque_mut(), &mut SlotReader::new(&[result])),
                Err(exit) => Err(store.opaque_mut().failed(exit)),
            };
        }
        // Few slots cost little to clear; which of these it is, is known at compile time.
        match const { if Params::SLOTS > Results::SLOTS { Params::SLOTS } else { Results::SLOTS } } {
            0..=4 => self.call_in(store, params, &mut [0; 4]),
            5..=12 => self.call_in(store, params, &mut [0; 12]),
            _ => self.call_in(store, params, &mut [0; 34]),
        }
    }

    #[inline]
    fn call_in<T>(&self, mut store: StoreContextMut<'_, T>, params: Params, slots: &mut [u64]) -> Result<Results> {
        params.store(store.opaque_mut(), &mut SlotWriter::new(slots))?;
        call_slots(&mut store, &self.callee, slots)?;
        Results::load(store.opaque_mut(), &mut SlotReader::new(slots))
    }
}

impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Params, Results> Copy for TypedFunc<Params, Results> {}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}
