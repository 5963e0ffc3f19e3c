//! [`Func`]: a function of a store, compiled or the host's; and [`Caller`], what a host function sees.

use stilt_artifact::crossing::VALUES;
use stilt_artifact::types::ValueType;
use stilt_vm::{Callee, FuncPtr, InstancePtr};

use crate::host_func::HostFunc;
use crate::instance::Instance;
use crate::module::vm_error;
use crate::registry::RegisteredType;
use crate::slots::{SlotReader, SlotWriter};
use crate::store::{StoreInner, StoreOpaque};
use crate::{
    AsContext, AsContextMut, Engine, Error, Extern, FuncType, IntoFunc, Result, StoreContextMut, TypedFunc, Val,
    WasmParams, WasmResults,
};
use stilt_vm::Rooms;

/// A function of a store. A handle: using it with another store is an error.
#[derive(Clone, Copy, Debug)]
pub struct Func {
    /// `None`: it could not be made ([`Func::new`] and [`Func::wrap`] cannot say so).
    ptr: Option<FuncPtr>,
}

impl Func {
    /// A host function with values whose types are known at run time. If it cannot be made, every use of it says so;
    /// [`Func::try_new`] says why, at once.
    pub fn new<T: 'static>(
        store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Func {
        Func::try_new(store, ty, func).unwrap_or(Func { ptr: None })
    }

    /// A host function with values whose types are known at run time.
    ///
    /// # Errors
    /// Out of memory; a type that is not of WebAssembly 2.0; too many types in the engine.
    pub fn try_new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Func> {
        let mut store = store.as_context_mut();
        let engine = store.engine().clone();
        let func = HostFunc::new(&engine, &ty, func, store.opaque_mut().source())?;
        Func::from_host(&mut store, &func)
    }

    /// A closure as a host function. If it cannot be made, every use of it says so; [`Func::try_wrap`] says why, at once.
    pub fn wrap<T: 'static, Params, Results>(
        store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Func {
        Func::try_wrap(store, func).unwrap_or(Func { ptr: None })
    }

    /// A closure as a host function.
    ///
    /// # Errors
    /// Out of memory; too many types in the engine.
    pub fn try_wrap<T: 'static, Params, Results>(
        mut store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<Func> {
        let mut store = store.as_context_mut();
        let engine = store.engine().clone();
        let func = func.into_func(&engine, store.opaque_mut().source())?;
        Func::from_host(&mut store, &func)
    }

    /// Puts a host function into a store.
    pub(crate) fn from_host<T: 'static>(store: &mut StoreContextMut<'_, T>, func: &HostFunc<T>) -> Result<Func> {
        if !Engine::same(store.engine(), func.ty().engine()) {
            return Err(Error::fixed(&"the host function belongs to another engine than the store"));
        }
        // The type's number is held as long as the function is there.
        let (ty, type_id) = (func.ty().clone(), func.ty().id());
        let (vm, mut rooms) = store.opaque_mut().parts()?;
        let storage = rooms.room(stilt_vm::host_layout::<RegisteredType>())?;
        let ptr = vm.add_host_func(storage, type_id, func.crossing(), func.code(), ty).map_err(vm_error)?;
        Ok(Func { ptr: Some(ptr) })
    }

    pub(crate) const fn from_ptr(ptr: FuncPtr) -> Func {
        Func { ptr: Some(ptr) }
    }

    /// The pointer, if the function is of this store.
    #[inline]
    pub(crate) fn ptr(&self, store: &StoreOpaque) -> Result<FuncPtr> {
        let ptr = self
            .ptr
            .ok_or(Error::fixed(&"this host function could not be made: Func::try_new and Func::try_wrap say why"))?;
        if store.owns(ptr.store()) { Ok(ptr) } else { Err(StoreOpaque::foreign()) }
    }

    /// Whether it may be used with this store. (A function that could not be made can be used with any: it says so.)
    pub(crate) fn comes_from(&self, store: &StoreOpaque) -> bool {
        self.ptr.is_none_or(|ptr| store.owns(ptr.store()))
    }

    /// The number of its type.
    pub(crate) fn type_id(&self, store: &StoreOpaque) -> Result<u32> {
        let ptr = self.ptr(store)?;
        store.vm().and_then(|vm| vm.func_type(ptr)).ok_or_else(StoreOpaque::foreign)
    }

    /// All that calling it needs.
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub(crate) fn resolve(&self, store: &StoreOpaque) -> Result<Callee> {
        let ptr = self.ptr(store)?;
        let callee = store.vm().and_then(|vm| vm.callee(ptr));
        callee.ok_or(Error::fixed(&"the image has no way to enter this function"))
    }

    /// Its type. For a function of another store, one without parameters and results.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.as_context();
        self.try_ty(store.opaque()).unwrap_or_else(|_| FuncType::new(store.engine(), [], []))
    }

    pub(crate) fn try_ty(&self, store: &StoreOpaque) -> Result<FuncType> {
        let id = self.type_id(store)?;
        let engine = store.engine();
        engine.registry().func_type(engine, id).ok_or(Error::fixed(&"the function's type is not registered"))
    }

    /// Whether it is of this type.
    pub fn matches_ty(&self, store: impl AsContext, ty: &FuncType) -> bool {
        self.try_ty(store.as_context().opaque()).is_ok_and(|found| found.matches(ty))
    }

    /// Calls the function. `results` has as many values as it returns; their old values do not matter.
    ///
    /// # Errors
    /// The values are not of the function's type, or of another store. The guest trapped: a [`Trap`](crate::Trap). A host function
    /// that it called returned an error: that one.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<()> {
        let mut store = store.as_context_mut();
        let callee = self.resolve(store.opaque())?;
        // In a small image all calls go through one place.
        if !cfg!(feature = "small")
            && let Some((words, result_type)) = numbers(store.opaque(), &callee, params, results.len())
        {
            let word = match stilt_vm::call_in_registers(&mut *store.0, &callee, words) {
                Ok(word) => word,
                Err(exit) => return Err(store.opaque_mut().failed(exit)),
            };
            if let (Some(place), Some(ty)) = (results.first_mut(), result_type) {
                *place = match Val::from_number(ty, word) {
                    Some(value) => value,
                    None => Val::load(ty, store.opaque_mut(), &mut SlotReader::new(&[word]))?,
                };
            }
            return Ok(());
        }
        self.call_any(&mut store, &callee, params, results)
    }

    /// Calls with values of any type.
    fn call_any<T: 'static>(
        &self,
        store: &mut StoreContextMut<'_, T>,
        callee: &Callee,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<()> {
        // A compiled function's types stand in its image, a host function's in the registry.
        let held = if callee.is_host() { Some(self.try_ty(store.opaque())?) } else { None };
        check(params, results, types(&held, store.opaque(), callee))?;
        let slots = callee.slots();
        if slots <= VALUES {
            return call_values(store, callee, &held, params, results, &mut [0; VALUES]);
        }
        let mut many = stilt_collections::TryVec::new();
        many.try_resize(slots, 0)?;
        call_values(store, callee, &held, params, results, &mut many)
    }

    /// The function with a type that is known at compile time.
    ///
    /// # Errors
    /// It is of another type, or of another store.
    pub fn typed<Params, Results>(&self, store: impl AsContext) -> Result<TypedFunc<Params, Results>>
    where
        Params: WasmParams,
        Results: WasmResults,
    {
        let store = store.as_context();
        let id = self.type_id(store.opaque())?;
        let (params, results) = (<Params as WasmParams>::TYPES, <Results as WasmParams>::TYPES);
        if !store.engine().registry().is(id, params, results) {
            return Err(Error::fixed(&"type mismatch: the function is of another type"));
        }
        Ok(TypedFunc::new(*self, self.resolve(store.opaque())?))
    }
}

/// The types of parameters and results of a function that is to be called, by their bytes.
#[inline]
fn types<'a>(held: &'a Option<FuncType>, store: &'a StoreOpaque, callee: &Callee) -> (&'a [u8], &'a [u8]) {
    match held {
        Some(ty) => (ty.param_bytes(), ty.result_bytes()),
        None => store.vm().and_then(|vm| vm.callee_types(callee)).unwrap_or_default(),
    }
}

/// For a compiled function whose values cross in registers, if the arguments are numbers and all is as its type wants it: the words of
/// the arguments, and the type of its result.
#[inline]
fn numbers(
    store: &StoreOpaque,
    callee: &Callee,
    params: &[Val],
    results: usize,
) -> Option<([u64; VALUES], Option<ValueType>)> {
    if !callee.in_registers() {
        return None;
    }
    let (param_types, result_types) = store.vm()?.callee_types(callee)?;
    if params.len() != param_types.len() || results != result_types.len() {
        return None;
    }
    let mut words = [0; VALUES];
    for ((word, value), expected) in words.iter_mut().zip(params).zip(param_types) {
        let (found, bits) = value.number()?;
        if found as u8 != *expected {
            return None;
        }
        *word = bits;
    }
    Some((words, result_types.first().copied().map(value_type)))
}

/// Whether values are as many as the types, and the arguments of them.
#[inline]
fn check(params: &[Val], results: &[Val], types: (&[u8], &[u8])) -> Result<()> {
    if params.len() != types.0.len() {
        return Err(Error::fixed(&"the number of arguments is not that of the function's parameters"));
    }
    if results.len() != types.1.len() {
        return Err(Error::fixed(&"the number of places for results is not that of the function's results"));
    }
    params.iter().zip(types.0).try_for_each(|(value, ty)| value.is(value_type(*ty)))
}

/// Calls with values that were checked, through slots that are enough.
#[inline]
fn call_values<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    callee: &Callee,
    held: &Option<FuncType>,
    params: &[Val],
    results: &mut [Val],
    slots: &mut [u64],
) -> Result<()> {
    store_values(params, store, slots)?;
    call_slots(store, callee, slots)?;
    load_values(results, held, store, callee, slots)
}

/// Writes arguments.
#[inline]
fn store_values<T: 'static>(params: &[Val], store: &mut StoreContextMut<'_, T>, slots: &mut [u64]) -> Result<()> {
    let mut writer = SlotWriter::new(slots);
    params.iter().try_for_each(|value| value.write(store.opaque_mut(), &mut writer))
}

/// Reads results.
#[inline]
fn load_values<T: 'static>(
    results: &mut [Val],
    held: &Option<FuncType>,
    store: &mut StoreContextMut<'_, T>,
    callee: &Callee,
    slots: &[u64],
) -> Result<()> {
    let mut reader = SlotReader::new(slots);
    for (place, result) in results.iter_mut().enumerate() {
        let ty = types(held, store.opaque(), callee).1.get(place).copied().unwrap_or_default();
        *result = Val::load(value_type(ty), store.opaque_mut(), &mut reader)?;
    }
    Ok(())
}

/// The value type with this byte, which has one.
#[inline]
fn value_type(byte: u8) -> ValueType {
    ValueType::from_u8(byte).unwrap_or(ValueType::I32)
}

/// Calls through slots, which hold the arguments and then the results.
#[inline]
pub(crate) fn call_slots<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    callee: &Callee,
    values: &mut [u64],
) -> Result<()> {
    match stilt_vm::call(&mut *store.0, callee, values) {
        Ok(()) => Ok(()),
        Err(exit) => Err(store.opaque_mut().failed(exit)),
    }
}

impl StoreOpaque {
    /// A function as compiled code takes it.
    pub(crate) fn func_to_raw(&mut self, func: Option<&Func>) -> Result<u64> {
        let Some(func) = func else { return Ok(0) };
        let ptr = func.ptr(self)?;
        self.vm_if_any().and_then(|vm| vm.func_to_raw(ptr)).ok_or_else(StoreOpaque::foreign)
    }

    /// A function from what compiled code has.
    #[expect(clippy::unnecessary_wraps, reason = "as its counterparts")]
    pub(crate) fn func_from_raw(&self, raw: u64) -> Result<Option<Func>> {
        Ok(self.vm().and_then(|vm| vm.func_from_raw(raw)).map(Func::from_ptr))
    }
}

/// What a host function sees of its store, and who called it.
pub struct Caller<'a, T: 'static> {
    pub(crate) store: StoreContextMut<'a, T>,
    caller: Option<Instance>,
}

impl<'a, T: 'static> Caller<'a, T> {
    #[inline]
    pub(crate) fn new(host: &'a mut StoreInner<T>, caller: Option<InstancePtr>) -> Caller<'a, T> {
        Caller { store: StoreContextMut(host), caller: caller.map(Instance::new_ptr) }
    }
}

impl<T: 'static> Caller<'_, T> {
    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The engine of the store.
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// The instance that called; `None` if the host did.
    pub const fn instance(&self) -> Option<Instance> {
        self.caller
    }

    /// What the instance that called exports under this name. `None` also if the host called.
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        self.caller?.export(self.store.opaque(), name)
    }

    pub(crate) fn opaque_mut(&mut self) -> &mut StoreOpaque {
        self.store.opaque_mut()
    }

    /// The same for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Caller<'_, T> {
        Caller { store: StoreContextMut(&mut *self.store.0), caller: self.caller }
    }
}
