//! [`HostFunc`]: a closure of the embedder as a wasm function, not yet in any store; and [`IntoFunc`], which makes one of any
//! closure over wasm types. A linker keeps these and puts them into stores ([`Func::from_host`](crate::Func)).

use stilt_artifact::crossing;
use stilt_artifact::types::ValueType;
use stilt_collections::{Source, TryArc, TryVec};
use stilt_vm::{HostCode, InstancePtr, Words};

use crate::registry::RegisteredType;
use crate::slots::{SlotReader, SlotWriter};
use crate::store::StoreInner;
use crate::wasm_ty::for_each_arity;
use crate::{Caller, Engine, FuncType, Result, Val, WasmRet, WasmTy};

/// A host function for stores with data `T`.
pub struct HostFunc<T: 'static> {
    ty: RegisteredType,
    crossing: u32,
    code: HostCode<StoreInner<T>>,
}

impl<T: 'static> HostFunc<T> {
    /// A function of type `ty` that does `func`, with values whose types are checked at run time.
    pub(crate) fn new(
        engine: &Engine,
        ty: &FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
        source: Source<'_>,
    ) -> Result<HostFunc<T>> {
        let signature = ty.signature()?.clone();
        let (params, results) = (ty.param_bytes(), ty.result_bytes());
        let call = move |caller: Caller<'_, T>, slots: &mut [u64]| dynamic(&func, &signature, caller, slots);
        if crossing::slots(params, results) == 0 {
            HostFunc::in_registers(engine, params, results, call, source)
        } else {
            HostFunc::in_slots(engine, params, results, call, source)
        }
    }

    /// A function of these types, whose values cross in registers, that does `code`: arguments are in front of the slots, and the
    /// result goes to the first.
    pub(crate) fn in_registers(
        engine: &Engine,
        params: &[u8],
        results: &[u8],
        code: impl Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
        source: Source<'_>,
    ) -> Result<HostFunc<T>> {
        let closure = move |host: &mut StoreInner<T>, caller: Option<InstancePtr>, mut words: Words| {
            let called = code(Caller::new(host, caller), &mut words);
            let [first, ..] = words;
            match called {
                Ok(()) => Some(first),
                Err(error) => {
                    host.opaque.stop(error);
                    None
                }
            }
        };
        let (ty, code) = (RegisteredType::of(engine, params, results)?, TryArc::new_in(closure, source)?);
        Ok(HostFunc { ty, crossing: crossing::slots(params, results), code: HostCode::in_registers(code) })
    }

    /// The same for values that cross in slots: results go there from the first on.
    pub(crate) fn in_slots(
        engine: &Engine,
        params: &[u8],
        results: &[u8],
        code: impl Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
        source: Source<'_>,
    ) -> Result<HostFunc<T>> {
        let closure = move |host: &mut StoreInner<T>, caller: Option<InstancePtr>, slots: &mut [u64]| {
            let called = code(Caller::new(host, caller), slots);
            match called {
                Ok(()) => true,
                Err(error) => {
                    host.opaque.stop(error);
                    false
                }
            }
        };
        let (ty, code) = (RegisteredType::of(engine, params, results)?, TryArc::new_in(closure, source)?);
        Ok(HostFunc { ty, crossing: crossing::slots(params, results), code: HostCode::in_slots(code) })
    }

    /// Its type.
    pub(crate) const fn ty(&self) -> &RegisteredType {
        &self.ty
    }

    /// Slots that its parameters or results take, whichever are more, or 0 if they cross in registers.
    pub(crate) const fn crossing(&self) -> u32 {
        self.crossing
    }

    /// What it does.
    pub(crate) const fn code(&self) -> &HostCode<StoreInner<T>> {
        &self.code
    }
}

impl<T: 'static> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        HostFunc { ty: self.ty.clone(), crossing: self.crossing, code: self.code.clone() }
    }
}

impl<T: 'static> core::fmt::Debug for HostFunc<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("HostFunc").field(&self.ty).finish()
    }
}

/// Values that need no allocation.
const INLINE: usize = 16;

fn dynamic<T>(
    func: &impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()>,
    signature: &crate::types::Signature,
    mut caller: Caller<'_, T>,
    slots: &mut [u64],
) -> Result<()> {
    let count = signature.params().len().saturating_add(signature.results().len());
    let mut few = [const { Val::I32(0) }; INLINE];
    let mut many = TryVec::new();
    let values = match few.get_mut(..count) {
        Some(few) => few,
        None => {
            many.try_resize(count, Val::I32(0))?;
            &mut *many
        }
    };
    let Some((params, results)) = values.split_at_mut_checked(signature.params().len()) else { return Ok(()) };
    let mut reader = SlotReader::new(slots);
    for (param, ty) in params.iter_mut().zip(value_types(signature.params())) {
        *param = Val::load(ty, caller.opaque_mut(), &mut reader)?;
    }
    for (result, ty) in results.iter_mut().zip(value_types(signature.results())) {
        *result = Val::zero(ty);
    }
    func(caller.reborrow(), params, results)?;
    let mut writer = SlotWriter::new(slots);
    for (result, ty) in results.iter().zip(value_types(signature.results())) {
        result.store(ty, caller.opaque_mut(), &mut writer)?;
    }
    Ok(())
}

pub(crate) fn value_types(bytes: &[u8]) -> impl ExactSizeIterator<Item = ValueType> + '_ {
    bytes.iter().map(|byte| ValueType::from_u8(*byte).unwrap_or(ValueType::I32))
}

/// Closures that are host functions: of up to 17 parameters that are each a [`WasmTy`], optionally a [`Caller`] before them, and
/// a result that is a [`WasmRet`].
pub trait IntoFunc<T: 'static, Params, Results>: Send + Sync + 'static {
    #[doc(hidden)]
    fn into_func(self, engine: &Engine, source: Source<'_>) -> Result<HostFunc<T>>;
}

macro_rules! into_func {
    (@impl [$($with_caller:ty)?] [$params:ty] ($($name:ident)*) $f:ident, $caller:ident => $call:expr) => {
        #[allow(non_snake_case, unused_mut, unused_variables, reason = "type parameters lend their names to values; there may be none")]
        impl<T, F, R, $($name),*> IntoFunc<T, $params, R> for F
        where
            T: 'static,
            F: Fn($($with_caller,)? $($name),*) -> R + Send + Sync + 'static,
            R: WasmRet,
            $($name: WasmTy,)*
        {
            fn into_func(self, engine: &Engine, source: Source<'_>) -> Result<HostFunc<T>> {
                let $f = self;
                let call = move |mut $caller: Caller<'_, T>, slots: &mut [u64]| {
                    let mut reader = SlotReader::new(slots);
                    $( let $name = $name::load($caller.opaque_mut(), &mut reader)?; )*
                    let result = $call;
                    result.store($caller.opaque_mut(), &mut SlotWriter::new(slots))
                };
                let params = &[$($name::TYPE as u8),*];
                if const { crossing::slots(&[$($name::TYPE as u8),*], R::TYPES) == 0 } {
                    HostFunc::in_registers(engine, params, R::TYPES, call, source)
                } else {
                    HostFunc::in_slots(engine, params, R::TYPES, call, source)
                }
            }
        }
    };
    () => {
        into_func!(@impl [] [()] () f, caller => f());
        into_func!(@impl [Caller<'_, T>] [(Caller<'_, T>,)] () f, caller => f(caller.reborrow()));
    };
    ($one:ident) => {
        into_func!(@impl [] [$one] ($one) f, caller => f($one));
        into_func!(@impl [Caller<'_, T>] [(Caller<'_, T>, $one)] ($one) f, caller => f(caller.reborrow(), $one));
    };
    ($($name:ident)*) => {
        into_func!(@impl [] [($($name,)*)] ($($name)*) f, caller => f($($name),*));
        into_func!(@impl [Caller<'_, T>] [(Caller<'_, T>, $($name),*)] ($($name)*) f, caller => f(caller.reborrow(), $($name),*));
    };
}
for_each_arity!(into_func);
