//! [`Val`] and [`Ref`]: values whose type is known at run time.

use stilt_artifact::types::ValueType;

use crate::slots::{SlotReader, SlotWriter};
use crate::store::StoreOpaque;
use crate::{AsContext, Error, ExternRef, Func, HeapType, RefType, Result, Rooted, V128, ValType};

/// A value. Floats are their bits, so that NaNs stay as they are.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// Bits of a 32-bit float.
    F32(u32),
    /// Bits of a 64-bit float.
    F64(u64),
    /// Vector.
    V128(V128),
    /// A function, or null.
    FuncRef(Option<Func>),
    /// Something of the host, or null.
    ExternRef(Option<Rooted<ExternRef>>),
}

macro_rules! accessors {
    ($( $variant:ident($bind:ident) $ty:ty, $get:ident, $unwrap:ident = $value:expr; )*) => {
        impl Val {
            $(
                #[doc = concat!("The value, if it is of type `", stringify!($get), "`.")]
                pub const fn $get(&self) -> Option<$ty> {
                    match self {
                        Val::$variant($bind) => Some($value),
                        _ => None,
                    }
                }

                #[doc = concat!("The value, which is of type `", stringify!($get), "`.")]
                ///
                /// # Panics
                /// It is of another type.
                #[track_caller]
                pub const fn $unwrap(&self) -> $ty {
                    match self.$get() {
                        Some(value) => value,
                        None => panic!(concat!("the value is not of type ", stringify!($get))),
                    }
                }
            )*
        }
    };
}

accessors! {
    I32(value) i32, i32, unwrap_i32 = *value;
    I64(value) i64, i64, unwrap_i64 = *value;
    F32(bits) f32, f32, unwrap_f32 = f32::from_bits(*bits);
    F64(bits) f64, f64, unwrap_f64 = f64::from_bits(*bits);
    V128(value) V128, v128, unwrap_v128 = *value;
    FuncRef(func) Option<&Func>, funcref, unwrap_funcref = func.as_ref();
    ExternRef(value) Option<&Rooted<ExternRef>>, externref, unwrap_externref = value.as_ref();
}

impl Val {
    /// The null reference of a hierarchy.
    pub const fn null_ref(heap_type: &HeapType) -> Val {
        match heap_type {
            HeapType::Extern => Val::ExternRef(None),
            HeapType::Func => Val::FuncRef(None),
        }
    }

    /// Null for a function.
    pub const fn null_func_ref() -> Val {
        Val::FuncRef(None)
    }

    /// Null for something of the host.
    pub const fn null_extern_ref() -> Val {
        Val::ExternRef(None)
    }

    /// Zero or null; `None` for a type that has no default.
    pub const fn default_for_ty(ty: &ValType) -> Option<Val> {
        match ty.value_type() {
            Some(ty) => Some(Val::zero(ty)),
            None => None,
        }
    }

    pub(crate) const fn zero(ty: ValueType) -> Val {
        match ty {
            ValueType::I32 => Val::I32(0),
            ValueType::I64 => Val::I64(0),
            ValueType::F32 => Val::F32(0),
            ValueType::F64 => Val::F64(0),
            ValueType::V128 => Val::V128(V128::ZERO),
            ValueType::FuncRef => Val::FuncRef(None),
            // The enumeration can grow; images of this ABI have no other type.
            _ => Val::ExternRef(None),
        }
    }

    /// The value's type.
    ///
    /// # Errors
    /// None today.
    pub fn ty(&self, store: impl AsContext) -> Result<ValType> {
        let _ = store;
        Ok(ValType::of(self.value_type()))
    }

    /// Whether it can stand where a value of type `ty` is expected.
    ///
    /// # Errors
    /// None today.
    pub fn matches_ty(&self, store: impl AsContext, ty: &ValType) -> Result<bool> {
        Ok(self.ty(store)?.matches(ty))
    }

    /// The reference, if it is one.
    pub const fn ref_(self) -> Option<Ref> {
        match self {
            Val::FuncRef(func) => Some(Ref::Func(func)),
            Val::ExternRef(value) => Some(Ref::Extern(value)),
            _ => None,
        }
    }

    pub(crate) const fn value_type(&self) -> ValueType {
        match self {
            Val::I32(_) => ValueType::I32,
            Val::I64(_) => ValueType::I64,
            Val::F32(_) => ValueType::F32,
            Val::F64(_) => ValueType::F64,
            Val::V128(_) => ValueType::V128,
            Val::FuncRef(_) => ValueType::FuncRef,
            Val::ExternRef(_) => ValueType::ExternRef,
        }
    }

    /// Type and slot of a value that is a number, and no vector.
    #[inline]
    pub(crate) fn number(&self) -> Option<(ValueType, u64)> {
        Some(match self {
            Val::I32(value) => (ValueType::I32, value.cast_unsigned().into()),
            Val::I64(value) => (ValueType::I64, value.cast_unsigned()),
            Val::F32(bits) => (ValueType::F32, (*bits).into()),
            Val::F64(bits) => (ValueType::F64, *bits),
            _ => return None,
        })
    }

    /// The value in a slot, if the type is that of numbers, and not of vectors.
    #[inline]
    pub(crate) fn from_number(ty: ValueType, slot: u64) -> Option<Val> {
        #[expect(clippy::cast_possible_truncation, reason = "the value is zero-extended")]
        let half = slot as u32;
        Some(match ty {
            ValueType::I32 => Val::I32(half.cast_signed()),
            ValueType::I64 => Val::I64(slot.cast_signed()),
            ValueType::F32 => Val::F32(half),
            ValueType::F64 => Val::F64(slot),
            _ => return None,
        })
    }

    /// Whether it is of type `ty`.
    ///
    /// # Errors
    /// It is not.
    #[inline]
    pub(crate) fn is(&self, ty: ValueType) -> Result<()> {
        if self.value_type() == ty { Ok(()) } else { Err(mismatch(ty, self.value_type())) }
    }

    /// Writes the value, which must be of type `ty`.
    ///
    /// # Errors
    /// It is of another type, or of another store.
    #[inline]
    pub(crate) fn store(&self, ty: ValueType, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
        self.is(ty)?;
        self.write(store, slots)
    }

    /// Writes the value, whatever its type.
    ///
    /// # Errors
    /// It is of another store.
    #[inline]
    pub(crate) fn write(&self, store: &mut StoreOpaque, slots: &mut SlotWriter<'_>) -> Result<()> {
        match self {
            Val::I32(value) => slots.half(value.cast_unsigned()),
            Val::I64(value) => slots.slot(value.cast_unsigned()),
            Val::F32(bits) => slots.half(*bits),
            Val::F64(bits) => slots.slot(*bits),
            Val::V128(value) => slots.pair(value.as_u128()),
            Val::FuncRef(func) => slots.slot(store.func_to_raw(func.as_ref())?),
            Val::ExternRef(value) => slots.slot(store.externref_to_raw(value.as_ref())?),
        }
        Ok(())
    }

    /// Reads a value of type `ty`.
    #[inline]
    pub(crate) fn load(ty: ValueType, store: &mut StoreOpaque, slots: &mut SlotReader<'_>) -> Result<Val> {
        if ty == ValueType::V128 {
            return Ok(Val::V128(slots.pair().into()));
        }
        let slot = slots.slot();
        if let Some(number) = Val::from_number(ty, slot) {
            return Ok(number);
        }
        Ok(match ty {
            ValueType::FuncRef => Val::FuncRef(store.func_from_raw(slot)?),
            _ => Val::ExternRef(store.externref_from_raw(slot)?),
        })
    }
}

#[cold]
fn mismatch(expected: ValueType, found: ValueType) -> Error {
    TypeMismatch { expected, found }.into()
}

/// A value of another type than the one expected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeMismatch {
    pub(crate) expected: ValueType,
    pub(crate) found: ValueType,
}

impl core::fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "type mismatch: expected a value of type {}, found {}", self.expected.name(), self.found.name())
    }
}

impl core::error::Error for TypeMismatch {}

// An error is boxed as `dyn Error`, which links both of its texts: one serves for both.
impl core::fmt::Debug for TypeMismatch {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

macro_rules! conversions {
    ($( $ty:ty, $value:ident => $val:expr; )*) => {
        $( impl From<$ty> for Val {
            fn from($value: $ty) -> Val {
                $val
            }
        } )*
    };
}

conversions! {
    i32, value => Val::I32(value);
    i64, value => Val::I64(value);
    f32, value => Val::F32(value.to_bits());
    f64, value => Val::F64(value.to_bits());
    V128, value => Val::V128(value);
    u128, value => Val::V128(value.into());
    Func, func => Val::FuncRef(Some(func));
    Option<Func>, func => Val::FuncRef(func);
    Rooted<ExternRef>, value => Val::ExternRef(Some(value));
    Option<Rooted<ExternRef>>, value => Val::ExternRef(value);
}

impl From<Ref> for Val {
    fn from(value: Ref) -> Val {
        match value {
            Ref::Func(func) => Val::FuncRef(func),
            Ref::Extern(value) => Val::ExternRef(value),
        }
    }
}

/// A reference.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Ref {
    /// A function, or null.
    Func(Option<Func>),
    /// Something of the host, or null.
    Extern(Option<Rooted<ExternRef>>),
}

impl Ref {
    /// The null reference of a hierarchy.
    pub const fn null(heap_type: &HeapType) -> Ref {
        match heap_type {
            HeapType::Extern => Ref::Extern(None),
            HeapType::Func => Ref::Func(None),
        }
    }

    /// Whether it is null.
    pub const fn is_null(&self) -> bool {
        matches!(self, Ref::Func(None) | Ref::Extern(None))
    }

    /// Whether it is not null.
    pub const fn is_non_null(&self) -> bool {
        !self.is_null()
    }

    /// Whether it is of functions.
    pub const fn is_func(&self) -> bool {
        matches!(self, Ref::Func(_))
    }

    /// Whether it is of things of the host.
    pub const fn is_extern(&self) -> bool {
        matches!(self, Ref::Extern(_))
    }

    /// The function (`Some(None)` for null), if it is of functions.
    pub const fn as_func(&self) -> Option<Option<&Func>> {
        match self {
            Ref::Func(func) => Some(func.as_ref()),
            Ref::Extern(_) => None,
        }
    }

    /// The thing of the host (`Some(None)` for null), if it is of those.
    pub const fn as_extern(&self) -> Option<Option<&Rooted<ExternRef>>> {
        match self {
            Ref::Extern(value) => Some(value.as_ref()),
            Ref::Func(_) => None,
        }
    }

    /// The reference's type.
    ///
    /// # Errors
    /// None today.
    pub fn ty(&self, store: impl AsContext) -> Result<RefType> {
        let _ = store;
        Ok(self.ref_type())
    }

    /// Whether it can stand where a reference of type `ty` is expected.
    ///
    /// # Errors
    /// None today.
    pub fn matches_ty(&self, store: impl AsContext, ty: &RefType) -> Result<bool> {
        let _ = store;
        Ok(self.ref_type().heap_type() == ty.heap_type() && (ty.is_nullable() || self.is_non_null()))
    }

    pub(crate) const fn ref_type(&self) -> RefType {
        match self {
            Ref::Func(_) => RefType::FUNCREF,
            Ref::Extern(_) => RefType::EXTERNREF,
        }
    }
}

impl From<Func> for Ref {
    fn from(func: Func) -> Ref {
        Ref::Func(Some(func))
    }
}

impl From<Option<Func>> for Ref {
    fn from(func: Option<Func>) -> Ref {
        Ref::Func(func)
    }
}

impl From<Rooted<ExternRef>> for Ref {
    fn from(value: Rooted<ExternRef>) -> Ref {
        Ref::Extern(Some(value))
    }
}

impl From<Option<Rooted<ExternRef>>> for Ref {
    fn from(value: Option<Rooted<ExternRef>>) -> Ref {
        Ref::Extern(value)
    }
}
