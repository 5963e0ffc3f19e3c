//! Value types and function types as an image stores them. A function type is identified by its exact bytes: one
//! byte for each parameter and result.

/// A value type. The number is its byte in the WebAssembly binary format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum ValueType {
    /// 32-bit integer.
    I32 = 0x7f,
    /// 64-bit integer.
    I64 = 0x7e,
    /// 32-bit float.
    F32 = 0x7d,
    /// 64-bit float.
    F64 = 0x7c,
    /// 128-bit vector.
    V128 = 0x7b,
    /// Nullable reference to a function: a pointer to [`crate::layout::FuncRefLayout`], or null.
    FuncRef = 0x70,
    /// Nullable reference to something of the host: a 32-bit handle, 0 for null.
    ExternRef = 0x6f,
}

impl ValueType {
    /// The type with this byte.
    pub const fn from_u8(byte: u8) -> Option<ValueType> {
        Some(match byte {
            0x7f => ValueType::I32,
            0x7e => ValueType::I64,
            0x7d => ValueType::F32,
            0x7c => ValueType::F64,
            0x7b => ValueType::V128,
            0x70 => ValueType::FuncRef,
            0x6f => ValueType::ExternRef,
            _ => return None,
        })
    }

    /// Bytes that a global, or an element of a table, of this type takes.
    pub const fn size(self, pointer_width: u8) -> u32 {
        match self {
            ValueType::I32 | ValueType::F32 | ValueType::ExternRef => 4,
            ValueType::I64 | ValueType::F64 => 8,
            ValueType::V128 => 16,
            ValueType::FuncRef => pointer_width as u32,
        }
    }

    /// 64-bit slots that a value of this type takes where values cross between compiled code and the host: the
    /// `values` array of trampolines. A value shorter than a slot is zero-extended to 64 bits, so that its place does not
    /// depend on the byte order; `v128` takes two slots, lanes 0 and 1 of its `i64x2` view.
    pub const fn slots(self) -> u32 {
        match self {
            ValueType::V128 => 2,
            _ => 1,
        }
    }

    /// Its name in the text format.
    pub const fn name(self) -> &'static str {
        match self {
            ValueType::I32 => "i32",
            ValueType::I64 => "i64",
            ValueType::F32 => "f32",
            ValueType::F64 => "f64",
            ValueType::V128 => "v128",
            ValueType::FuncRef => "funcref",
            ValueType::ExternRef => "externref",
        }
    }
}

/// What an import or an export is. The number is its byte in the WebAssembly binary format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExternKind {
    /// A function.
    Func = 0,
    /// A table.
    Table = 1,
    /// A linear memory.
    Memory = 2,
    /// A global.
    Global = 3,
}

impl ExternKind {
    /// The kind with this number.
    pub const fn from_u8(byte: u8) -> Option<ExternKind> {
        Some(match byte {
            0 => ExternKind::Func,
            1 => ExternKind::Table,
            2 => ExternKind::Memory,
            3 => ExternKind::Global,
            _ => return None,
        })
    }

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            ExternKind::Func => "function",
            ExternKind::Table => "table",
            ExternKind::Memory => "memory",
            ExternKind::Global => "global",
        }
    }
}
