//! What compiled code asks of the runtime. Builtins come in groups, a table of function pointers each, so that an embedding
//! links only the groups it wants and the loader can name a missing one. Numbers only grow at the end.
//!
//! Every builtin is `extern "C" fn(context, u64 × arguments) -> u64`, so that native code passes everything in registers
//! and an interpreter needs one shape per number of arguments. Narrower integers and pointers are zero-extended.
//! Compiled code reaches a builtin through a trampoline of its image, which records where wasm was left; one of
//! [`Outcome::Nothing`] or [`Outcome::Pure`] it calls itself.

/// A group of builtins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Group {
    /// Raising a trap and growing memory: always there.
    Core = 0,
    /// Bulk memory.
    Memory = 1,
    /// Tables.
    Table = 2,
    /// Float operations, for code without float registers.
    Float = 3,
}

impl Group {
    /// Every group, in the order of their numbers.
    pub const ALL: &'static [Group] = &[Group::Core, Group::Memory, Group::Table, Group::Float];

    /// The group's bit in [`crate::header::ImageHeader::builtin_groups`].
    pub const fn bit(self) -> u32 {
        1 << (self as u32)
    }

    /// Its name: also that of the runtime's feature which links it.
    pub const fn name(self) -> &'static str {
        match self {
            Group::Core => "core",
            Group::Memory => "bulk-memory",
            Group::Table => "tables",
            Group::Float => "soft-float",
        }
    }
}

/// What a builtin's result means to the trampoline that called it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It does not return.
    Never,
    /// A value for the guest. The builtin cannot trap.
    Value,
    /// 0, or the [`crate::trap::TrapCode`] to raise.
    Status,
    /// A value for the guest that depends on the arguments alone. It cannot trap and looks at no context, so that compiled code calls
    /// it without a trampoline.
    Pure,
    /// Nothing: it cannot trap and knows no context. The address that it writes to comes in the context's place, and what it
    /// returns means nothing. Compiled code has tested all that could fail, and calls it without a trampoline.
    Nothing,
}

macro_rules! builtins {
    ($( $(#[$meta:meta])* $name:ident = $group:ident[$number:literal], $args:literal, $outcome:ident; )*) => {
        /// A builtin function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Builtin { $( $(#[$meta])* $name, )* }

        impl Builtin {
            /// Every builtin.
            pub const ALL: &'static [Builtin] = &[$( Builtin::$name, )*];

            /// Their declarations, as [`crate::contract::FINGERPRINT`] reads them.
            pub(crate) const SHAPE: &'static str = concat!($(
                stringify!($name), "=", stringify!($group), stringify!($number), "/", stringify!($args), stringify!($outcome), " ",
            )*);

            /// The group it belongs to.
            pub const fn group(self) -> Group {
                match self { $( Builtin::$name => Group::$group, )* }
            }
            /// Its place in the group's table.
            pub const fn number(self) -> u8 {
                match self { $( Builtin::$name => $number, )* }
            }
            /// How many `u64` arguments follow the context.
            pub const fn arguments(self) -> u8 {
                match self { $( Builtin::$name => $args, )* }
            }
            /// What its result means.
            pub const fn outcome(self) -> Outcome {
                match self { $( Builtin::$name => Outcome::$outcome, )* }
            }
            /// Its name, as symbols and listings show it.
            pub const fn name(self) -> &'static str {
                match self { $( Builtin::$name => stringify!($name), )* }
            }
        }
    };
}

builtins! {
    /// `(trap code)`: unwinds to the host.
    Raise = Core[0], 1, Never;
    /// `(delta in pages, memory index)`: the old size in pages, or `u64::MAX`.
    MemoryGrow = Core[1], 2, Value;
    /// `(destination; source, length)`, addresses of ranges that may overlap and lie within memories.
    MemoryCopy = Memory[0], 2, Nothing;
    /// `(destination; byte, length)`, the address of a range within a memory.
    MemoryFill = Memory[1], 2, Nothing;
    /// `(destination, source, length, memory | data segment << 32)`.
    MemoryInit = Memory[2], 4, Status;
    /// `(data segment)`.
    DataDrop = Memory[3], 1, Value;
    /// `(delta, initial value, table)`: the old size, or `u64::MAX`.
    TableGrow = Table[0], 3, Value;
    /// `(destination, value, length, table)`.
    TableFill = Table[1], 4, Status;
    /// `(destination, source, length, destination table | source table << 32)`.
    TableCopy = Table[2], 4, Status;
    /// `(destination, source, length, table | element segment << 32)`.
    TableInit = Table[3], 4, Status;
    /// `(element segment)`.
    ElemDrop = Table[4], 1, Value;
    /// `(a, b)`, bits of floats of 32 bits, as is the result; one that is no number is the canonical NaN. So are all below.
    F32Add = Float[0], 2, Pure;
    /// `(a, b)`.
    F32Sub = Float[1], 2, Pure;
    /// `(a, b)`.
    F32Mul = Float[2], 2, Pure;
    /// `(a, b)`.
    F32Div = Float[3], 2, Pure;
    /// `(a, b)`.
    F32Min = Float[4], 2, Pure;
    /// `(a, b)`.
    F32Max = Float[5], 2, Pure;
    /// `(a)`.
    F32Sqrt = Float[6], 1, Pure;
    /// `(a)`.
    F32Ceil = Float[7], 1, Pure;
    /// `(a)`.
    F32Floor = Float[8], 1, Pure;
    /// `(a)`.
    F32Trunc = Float[9], 1, Pure;
    /// `(a)`: ties to even.
    F32Nearest = Float[10], 1, Pure;
    /// `(a, b)`, bits of floats of 64 bits, as is the result; one that is no number is the canonical NaN. So are all below.
    F64Add = Float[11], 2, Pure;
    /// `(a, b)`.
    F64Sub = Float[12], 2, Pure;
    /// `(a, b)`.
    F64Mul = Float[13], 2, Pure;
    /// `(a, b)`.
    F64Div = Float[14], 2, Pure;
    /// `(a, b)`.
    F64Min = Float[15], 2, Pure;
    /// `(a, b)`.
    F64Max = Float[16], 2, Pure;
    /// `(a)`.
    F64Sqrt = Float[17], 1, Pure;
    /// `(a)`.
    F64Ceil = Float[18], 1, Pure;
    /// `(a)`.
    F64Floor = Float[19], 1, Pure;
    /// `(a)`.
    F64Trunc = Float[20], 1, Pure;
    /// `(a)`: ties to even.
    F64Nearest = Float[21], 1, Pure;
    /// `(a)`: 64 bits to 32, rounded to the nearest.
    F32DemoteF64 = Float[22], 1, Pure;
    /// `(a)`: 32 bits to 64.
    F64PromoteF32 = Float[23], 1, Pure;
    /// `(an integer with a sign)`, rounded to the nearest.
    F32ConvertI64S = Float[24], 1, Pure;
    /// `(an integer)`, rounded to the nearest.
    F32ConvertI64U = Float[25], 1, Pure;
    /// `(an integer with a sign)`, rounded to the nearest.
    F64ConvertI64S = Float[26], 1, Pure;
    /// `(an integer)`, rounded to the nearest.
    F64ConvertI64U = Float[27], 1, Pure;
    /// `(a)`: the closest integer towards zero, 0 for what is no number.
    I64TruncF32S = Float[28], 1, Pure;
    /// `(a)`: likewise, without a sign.
    I64TruncF32U = Float[29], 1, Pure;
    /// `(a)`: likewise.
    I64TruncF64S = Float[30], 1, Pure;
    /// `(a)`: likewise, without a sign.
    I64TruncF64U = Float[31], 1, Pure;
}

/// The most arguments a builtin has, after the context.
pub const MAX_ARGUMENTS: u8 = 4;

/// The id of an interpreter's host call: that of a builtin is its number of arguments.
pub const HOST_CALL_BUILTIN_MAX: u8 = MAX_ARGUMENTS;

/// The id of an interpreter's host call of a host function with its values in slots: `(code, context, slots) -> u64`.
pub const HOST_CALL_FUNCTION: u8 = 5;

/// The id of an interpreter's host call of a host function with its values in registers: see [`crate::bytecode`].
pub const HOST_CALL_REGISTERS: u8 = 6;
