//! Types of values and references.

use core::fmt;

use stilt_artifact::types::ValueType;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// A reference.
    Ref(RefType),
}

impl ValType {
    /// Nullable reference to something of the host.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);
    /// Nullable reference to a function.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);

    /// Whether it is an integer or a float.
    pub const fn is_num(&self) -> bool {
        matches!(self, ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64)
    }

    /// Whether it is `i32`.
    pub const fn is_i32(&self) -> bool {
        matches!(self, ValType::I32)
    }

    /// Whether it is `i64`.
    pub const fn is_i64(&self) -> bool {
        matches!(self, ValType::I64)
    }

    /// Whether it is `f32`.
    pub const fn is_f32(&self) -> bool {
        matches!(self, ValType::F32)
    }

    /// Whether it is `f64`.
    pub const fn is_f64(&self) -> bool {
        matches!(self, ValType::F64)
    }

    /// Whether it is `v128`.
    pub const fn is_v128(&self) -> bool {
        matches!(self, ValType::V128)
    }

    /// Whether it is a reference.
    pub const fn is_ref(&self) -> bool {
        matches!(self, ValType::Ref(_))
    }

    /// Whether it is `funcref`.
    pub const fn is_funcref(&self) -> bool {
        matches!(self, ValType::Ref(RefType { nullable: true, heap_type: HeapType::Func }))
    }

    /// Whether it is `externref`.
    pub const fn is_externref(&self) -> bool {
        matches!(self, ValType::Ref(RefType { nullable: true, heap_type: HeapType::Extern }))
    }

    /// The reference type, if it is one.
    pub const fn as_ref(&self) -> Option<&RefType> {
        match self {
            ValType::Ref(ty) => Some(ty),
            _ => None,
        }
    }

    /// Whether a value of this type can stand where one of `other` is expected.
    pub const fn matches(&self, other: &ValType) -> bool {
        match (self, other) {
            (ValType::Ref(this), ValType::Ref(other)) => this.matches(other),
            (ValType::I32, ValType::I32)
            | (ValType::I64, ValType::I64)
            | (ValType::F32, ValType::F32)
            | (ValType::F64, ValType::F64)
            | (ValType::V128, ValType::V128) => true,
            _ => false,
        }
    }

    /// As an image writes it; `None` for a reference type beyond WebAssembly 2.0.
    pub(crate) const fn value_type(&self) -> Option<ValueType> {
        Some(match self {
            ValType::I32 => ValueType::I32,
            ValType::I64 => ValueType::I64,
            ValType::F32 => ValueType::F32,
            ValType::F64 => ValueType::F64,
            ValType::V128 => ValueType::V128,
            ValType::Ref(ty) => return ty.value_type(),
        })
    }

    /// The type with this byte.
    pub(crate) const fn from_byte(byte: u8) -> Option<ValType> {
        match ValueType::from_u8(byte) {
            Some(ty) => Some(ValType::of(ty)),
            None => None,
        }
    }

    pub(crate) const fn of(ty: ValueType) -> ValType {
        match ty {
            ValueType::I32 => ValType::I32,
            ValueType::I64 => ValType::I64,
            ValueType::F32 => ValType::F32,
            ValueType::F64 => ValType::F64,
            ValueType::V128 => ValType::V128,
            ValueType::FuncRef => ValType::FUNCREF,
            // The enumeration can grow; images of this ABI have no other type.
            _ => ValType::EXTERNREF,
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(ty) => fmt::Display::fmt(ty, f),
        }
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> ValType {
        ValType::Ref(ty)
    }
}

/// The type of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    nullable: bool,
    heap_type: HeapType,
}

impl RefType {
    /// Nullable reference to something of the host.
    pub const EXTERNREF: RefType = RefType { nullable: true, heap_type: HeapType::Extern };
    /// Nullable reference to a function.
    pub const FUNCREF: RefType = RefType { nullable: true, heap_type: HeapType::Func };

    /// A reference to `heap_type`, or null if `is_nullable`. What is not nullable belongs to WebAssembly 3.0, and is refused
    /// where it is used.
    pub const fn new(is_nullable: bool, heap_type: HeapType) -> RefType {
        RefType { nullable: is_nullable, heap_type }
    }

    /// Whether it may be null.
    pub const fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// What it refers to.
    pub const fn heap_type(&self) -> &HeapType {
        &self.heap_type
    }

    /// Whether a reference of this type can stand where one of `other` is expected.
    pub const fn matches(&self, other: &RefType) -> bool {
        (other.nullable || !self.nullable) && self.heap_type.matches(&other.heap_type)
    }

    pub(crate) const fn value_type(&self) -> Option<ValueType> {
        match self {
            RefType { nullable: true, heap_type: HeapType::Func } => Some(ValueType::FuncRef),
            RefType { nullable: true, heap_type: HeapType::Extern } => Some(ValueType::ExternRef),
            _ => None,
        }
    }

    /// The reference type with this byte.
    pub(crate) const fn from_byte(byte: u8) -> Option<RefType> {
        match ValueType::from_u8(byte) {
            Some(ValueType::FuncRef) => Some(RefType::FUNCREF),
            Some(ValueType::ExternRef) => Some(RefType::EXTERNREF),
            _ => None,
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RefType { nullable: true, heap_type: HeapType::Func } => "funcref",
            RefType { nullable: true, heap_type: HeapType::Extern } => "externref",
            RefType { nullable: false, heap_type: HeapType::Func } => "(ref func)",
            RefType { nullable: false, heap_type: HeapType::Extern } => "(ref extern)",
        })
    }
}

/// What a reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeapType {
    /// Something of the host.
    Extern,
    /// A function.
    Func,
}

impl HeapType {
    /// Whether it is [`HeapType::Extern`].
    pub const fn is_extern(&self) -> bool {
        matches!(self, HeapType::Extern)
    }

    /// Whether it is [`HeapType::Func`].
    pub const fn is_func(&self) -> bool {
        matches!(self, HeapType::Func)
    }

    /// Whether a reference to this can stand where one to `other` is expected.
    pub const fn matches(&self, other: &HeapType) -> bool {
        self.is_func() == other.is_func()
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Extern => "extern",
            HeapType::Func => "func",
        })
    }
}
