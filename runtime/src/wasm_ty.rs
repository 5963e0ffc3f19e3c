//! Rust types that are wasm types: [`WasmTy`] one value, [`WasmParams`] the parameters of a function that the host calls,
//! [`WasmResults`] its results, [`WasmRet`] what a host function may return.
//!
//! All is known at compile time: a signature is a constant, a conversion inlines to moves.

use stilt_artifact::types::ValueType;

use crate::slots::{SlotReader, SlotWriter};
use crate::store::StoreOpaque;
use crate::{ExternRef, Func, Result, Rooted, V128, ValType};

/// A Rust type that is a wasm type: integers and floats of 32 and 64 bits, [`V128`], `Option<Func>` and
/// `Option<Rooted<ExternRef>>`.
///
/// Unsigned integers are the same bits as signed ones.
pub trait WasmTy: Sized + Send {
    #[doc(hidden)]
    const TYPE: ValueType;

    #[doc(hidden)]
    fn valtype() -> ValType {
        ValType::of(Self::TYPE)
    }

    #[doc(hidden)]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()>;

    #[doc(hidden)]
    fn load(store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Self>;
}

macro_rules! wasm_types {
    ($( $ty:ty = $value_type:ident, $value:ident, $write:ident($to:expr), $read:ident => $from:expr; )*) => {
        $( impl WasmTy for $ty {
            const TYPE: ValueType = ValueType::$value_type;

            #[inline]
            fn store(self, _store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
                let $value = self;
                slots.$write($to);
                Ok(())
            }

            #[inline]
            fn load(_store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Self> {
                let $value = slots.$read();
                Ok($from)
            }
        } )*
    };
}

wasm_types! {
    i32 = I32, value, half(value.cast_unsigned()), half => value.cast_signed();
    u32 = I32, value, half(value), half => value;
    i64 = I64, value, slot(value.cast_unsigned()), slot => value.cast_signed();
    u64 = I64, value, slot(value), slot => value;
    f32 = F32, value, half(value.to_bits()), half => f32::from_bits(value);
    f64 = F64, value, slot(value.to_bits()), slot => f64::from_bits(value);
    V128 = V128, value, pair(value.as_u128()), pair => value.into();
}

impl WasmTy for Option<Func> {
    const TYPE: ValueType = ValueType::FuncRef;

    #[inline]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
        slots.slot(store.func_to_raw(self.as_ref())?);
        Ok(())
    }

    #[inline]
    fn load(store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Self> {
        store.func_from_raw(slots.slot())
    }
}

impl WasmTy for Option<Rooted<ExternRef>> {
    const TYPE: ValueType = ValueType::ExternRef;

    #[inline]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
        slots.slot(store.externref_to_raw(self.as_ref())?);
        Ok(())
    }

    #[inline]
    fn load(store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Self> {
        store.externref_from_raw(slots.slot())
    }
}

/// Parameters of a function that the host calls: one [`WasmTy`], or a tuple of up to 17.
pub trait WasmParams: Send {
    /// Their [`ValueType`] bytes.
    #[doc(hidden)]
    const TYPES: &'static [u8];

    /// How many slots they take.
    #[doc(hidden)]
    const SLOTS: usize;

    #[doc(hidden)]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()>;
}

/// Results of a function that the host calls: one [`WasmTy`], or a tuple of up to 17.
pub trait WasmResults: WasmParams + Sized {
    #[doc(hidden)]
    fn load(store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Self>;
}

/// What a host function may return: a [`WasmTy`], a tuple of up to 17, or a [`Result`] of these.
pub trait WasmRet {
    /// The [`ValueType`] bytes of its wasm results.
    #[doc(hidden)]
    const TYPES: &'static [u8];

    /// How many slots they take.
    #[doc(hidden)]
    const SLOTS: usize;

    #[doc(hidden)]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()>;
}

impl<T: WasmTy> WasmParams for T {
    const TYPES: &'static [u8] = &[T::TYPE as u8];
    const SLOTS: usize = T::TYPE.slots() as usize;

    #[inline]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
        WasmTy::store(self, store, slots)
    }
}

impl<T: WasmTy> WasmResults for T {
    #[inline]
    fn load(store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Self> {
        WasmTy::load(store, slots)
    }
}

impl<T: WasmTy> WasmRet for T {
    const TYPES: &'static [u8] = &[T::TYPE as u8];
    const SLOTS: usize = T::TYPE.slots() as usize;

    #[inline]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
        WasmTy::store(self, store, slots)
    }
}

impl<R: WasmRet> WasmRet for Result<R> {
    const TYPES: &'static [u8] = R::TYPES;
    const SLOTS: usize = R::SLOTS;

    #[inline]
    fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
        self?.store(store, slots)
    }
}

/// Calls the macro `$with` for every number of values from 0 to 17, with so many names.
macro_rules! for_each_arity {
    ($with:ident) => {
        $with!();
        $with!(A1);
        $with!(A1 A2);
        $with!(A1 A2 A3);
        $with!(A1 A2 A3 A4);
        $with!(A1 A2 A3 A4 A5);
        $with!(A1 A2 A3 A4 A5 A6);
        $with!(A1 A2 A3 A4 A5 A6 A7);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16);
        $with!(A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 A17);
    };
}
pub(crate) use for_each_arity;

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: WasmTy),*> WasmParams for ($($name,)*) {
            const TYPES: &'static [u8] = &[$($name::TYPE as u8),*];
            const SLOTS: usize = 0 $( + $name::TYPE.slots() as usize )*;

            #[inline]
            #[allow(non_snake_case, unused_variables, reason = "type parameters lend their names to values; there may be none")]
            fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
                let ($($name,)*) = self;
                $( WasmTy::store($name, store, slots)?; )*
                Ok(())
            }
        }

        impl<$($name: WasmTy),*> WasmResults for ($($name,)*) {
            #[inline]
            #[allow(unused_variables, reason = "there may be no values")]
            fn load(store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Self> {
                Ok(($( <$name as WasmTy>::load(store, slots)?, )*))
            }
        }

        impl<$($name: WasmTy),*> WasmRet for ($($name,)*) {
            const TYPES: &'static [u8] = &[$($name::TYPE as u8),*];
            const SLOTS: usize = 0 $( + $name::TYPE.slots() as usize )*;

            #[inline]
            fn store(self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
                WasmParams::store(self, store, slots)
            }
        }
    };
}
for_each_arity!(tuples);
