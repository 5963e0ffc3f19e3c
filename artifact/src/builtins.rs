//! What compiled code asks of the runtime. Builtins come in groups, a table of function pointers each, so that an embedding
//! links only the groups it wants and the loader can name a missing one. Numbers only grow at the end.
//!
//! Every builtin is `extern "C" fn(context, u64 × arguments) -> u64`, so that native code passes everything in registers
//! and an interpreter needs one shape per number of arguments. Narrower integers and pointers are zero-extended.
//! Compiled code reaches a builtin through a trampoline of its image, which records where wasm was left; one of
//! [`Outcome::Nothing`] it calls itself.

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
    /// Float operations for targets that have none of their own.
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
            Group::Float => "floats",
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
}

/// The most arguments a builtin has, after the context.
pub const MAX_ARGUMENTS: u8 = 4;

/// The id of an interpreter's host call: that of a builtin is its number of arguments.
pub const HOST_CALL_BUILTIN_MAX: u8 = MAX_ARGUMENTS;

/// The id of an interpreter's host call of a host function: `(code, context, caller context, values) -> u64`.
pub const HOST_CALL_FUNCTION: u8 = 5;

/// The id of an interpreter's host call of a host function with its values in registers: see [`crate::bytecode`].
pub const HOST_CALL_REGISTERS: u8 = 6;
