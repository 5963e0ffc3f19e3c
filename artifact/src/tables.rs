//! The records of an image's sections. Offsets into code count from the code base, all others from the image base,
//! unless a field says otherwise. Every record is made of 32-bit or smaller fields in an order without holes.

use crate::NONE;
use crate::record;

record! {
    /// A range of bytes in a module's strings section.
    pub struct StringRef {
        /// Start within the section.
        pub offset: u32,
        /// Bytes. The text is UTF-8.
        pub len: u32,
    }
}

record! {
    /// A function type of the module, by its index in the wasm type section.
    pub struct TypeEntry {
        /// Start of its value types ([`crate::types::ValueType`] bytes, parameters then results) in the type bytes.
        pub offset: u32,
        /// Number of parameters.
        pub params: u16,
        /// Number of results.
        pub results: u16,
        /// How values cross: what [`crate::crossing::slots`] says of this type.
        pub slots: u32,
        /// Code offset of the entry trampoline, host to wasm ([`crate::crossing`]), or [`NONE`] (also where [`crate::bytecode`] says
        /// that there is none).
        pub entry: u32,
        /// Code offset of the trampoline from wasm to a host function, in wasm convention, or [`NONE`].
        pub host: u32,
    }
}

record! {
    /// An import, in the order of the wasm import section.
    pub struct ImportEntry {
        /// Module name.
        pub module: StringRef,
        /// Field name.
        pub name: StringRef,
        /// [`crate::types::ExternKind`].
        pub kind: u8,
        /// Zero.
        pub reserved: [u8; 3],
        /// Of a function: its type index. Else its index in the index space of its kind, which leads to its type.
        pub index: u32,
    }
}

record! {
    /// An export. The section is sorted by the bytes of the names.
    pub struct ExportEntry {
        /// Name.
        pub name: StringRef,
        /// [`crate::types::ExternKind`].
        pub kind: u8,
        /// Zero.
        pub reserved: [u8; 3],
        /// Index in the index space of its kind.
        pub index: u32,
        /// Its place in the wasm export section.
        pub position: u32,
    }
}

record! {
    /// A function of the module's own.
    pub struct FuncEntry {
        /// Code offset.
        pub code: u32,
        /// Bytes of code.
        pub len: u32,
        /// Type index.
        pub ty: u32,
        /// Bytes of stack that a call of it takes, with return address and saved registers, without what it calls.
        pub frame: u32,
        /// Where its body starts in the wasm file: behind the body's size.
        pub wasm: u32,
    }
}

/// A flag of [`TableEntry`] and [`MemoryEntry`]: `max` is given.
pub const FLAG_HAS_MAX: u8 = 1 << 0;
/// A flag of [`TableEntry`] and [`MemoryEntry`]: addresses are 64 bits wide.
pub const FLAG_INDEX64: u8 = 1 << 1;
/// A flag of [`TableEntry`] and [`MemoryEntry`]: shared between threads.
pub const FLAG_SHARED: u8 = 1 << 2;
/// A flag of [`MemoryEntry`]: compiled code took the base address to be constant.
pub const FLAG_FIXED_BASE: u8 = 1 << 3;

record! {
    /// A table, imported ones first.
    pub struct TableEntry {
        /// Type of its elements, [`crate::types::ValueType`].
        pub element: u8,
        /// `FLAG_…`.
        pub flags: u8,
        /// Zero.
        pub reserved: u16,
        /// Where in the context: of an own table its [`crate::layout::TableLayout`], of an imported one the pointer to it.
        pub context: u32,
        /// Elements at first.
        pub min: u64,
        /// Most elements.
        pub max: u64,
    }
}

record! {
    /// A linear memory, imported ones first.
    pub struct MemoryEntry {
        /// `FLAG_…`.
        pub flags: u8,
        /// Base-2 logarithm of the page size: 16, or 0.
        pub page_log2: u8,
        /// Zero.
        pub reserved: u16,
        /// Where in the context: of an own memory its [`crate::layout::MemoryLayout`], of an imported one the pointer to it.
        pub context: u32,
        /// Pages at first.
        pub min: u64,
        /// Most pages.
        pub max: u64,
        /// Bytes of address space that compiled code relies on being the memory's own, accessible or faulting, from
        /// its base; 0 if the code tests every access.
        pub reservation: u64,
        /// Bytes that fault behind the reservation (or behind the accessible bytes, where there is no reservation), and in
        /// front of the base. Compiled code relies on it.
        pub guard: u64,
        /// Not 0: only so many bytes of the first pages are there. An access beyond traps, though `memory.size` says nothing of it,
        /// and the memory never grows. One of the module's own, neither shared nor with a reservation.
        pub backed: u32,
    }
}

impl MemoryEntry {
    /// Bytes that are accessible at first, if 64 bits hold their number.
    pub const fn first_bytes(&self) -> Option<u64> {
        match (self.backed, 1u64.checked_shl(self.page_log2 as u32)) {
            (0, Some(page)) => self.min.checked_mul(page),
            (0, None) => None,
            (backed, _) => Some(backed as u64),
        }
    }
}

record! {
    /// A global, imported ones first.
    pub struct GlobalEntry {
        /// [`crate::types::ValueType`].
        pub ty: u8,
        /// 1 if mutable.
        pub mutable: u8,
        /// Zero.
        pub reserved: u16,
        /// Where in the context: of an own global its value, of an imported one the pointer to it.
        pub context: u32,
        /// Of an own global, its initial value: a [`ConstExpr`]. [`NONE`] for an imported one.
        pub init: u32,
    }
}

/// Operators of [`ConstExpr`].
pub mod const_op {
    /// The bits in `value`.
    pub const VALUE: u32 = 0;
    /// The value of global `index`, which is imported or comes earlier.
    pub const GLOBAL: u32 = 1;
    /// A reference to function `index`.
    pub const FUNC: u32 = 2;
    /// A null reference.
    pub const NULL: u32 = 3;
}

record! {
    /// A constant expression.
    pub struct ConstExpr {
        /// One of [`const_op`].
        pub op: u32,
        /// Operand.
        pub index: u32,
        /// Bits of a constant, the less significant 64 first.
        pub value: [u32; 4],
    }
}

impl ConstExpr {
    /// A constant of at most 128 bits.
    pub const fn bits(value: u128) -> ConstExpr {
        #[expect(clippy::cast_possible_truncation, reason = "cuts the value into its words")]
        let value = [value as u32, (value >> 32) as u32, (value >> 64) as u32, (value >> 96) as u32];
        ConstExpr { op: const_op::VALUE, index: NONE, value }
    }

    /// The two 64-bit slots of a constant ([`crate::types::ValueType::slots`]).
    pub const fn slots(&self) -> [u64; 2] {
        let [a, b, c, d] = self.value;
        [a as u64 | (b as u64) << 32, c as u64 | (d as u64) << 32]
    }
}

/// Modes of [`ElemEntry`] and [`DataEntry`].
pub mod segment_mode {
    /// Copied at instantiation.
    pub const ACTIVE: u8 = 0;
    /// Copied on demand.
    pub const PASSIVE: u8 = 1;
    /// Element segments only: nothing but a declaration; dropped from the start.
    pub const DECLARED: u8 = 2;
}

/// Kinds of items of [`ElemEntry`].
pub mod elem_items {
    /// Entries of the function index section; [`crate::NONE`] is a null reference.
    pub const FUNCS: u8 = 0;
    /// Entries of the constant expression section.
    pub const EXPRS: u8 = 1;
}

record! {
    /// An element segment.
    pub struct ElemEntry {
        /// One of [`segment_mode`].
        pub mode: u8,
        /// Type of its items, [`crate::types::ValueType`].
        pub element: u8,
        /// One of [`elem_items`].
        pub items: u8,
        /// Zero.
        pub reserved: u8,
        /// Of an active segment: its table.
        pub table: u32,
        /// Of an active segment: where it goes, a constant expression. Else [`NONE`].
        pub offset: u32,
        /// First item.
        pub first: u32,
        /// Items.
        pub len: u32,
    }
}

record! {
    /// A data segment.
    pub struct DataEntry {
        /// One of [`segment_mode`].
        pub mode: u8,
        /// Zero.
        pub reserved: [u8; 3],
        /// Of an active segment: its memory.
        pub memory: u32,
        /// Of an active segment: where it goes, a constant expression. Else [`NONE`].
        pub offset: u32,
        /// Start of its bytes in the image's data range.
        pub start: u32,
        /// Bytes.
        pub len: u32,
    }
}

record! {
    /// The initial content of a memory, prepared from all its active segments, which are then no longer applied. It lies in
    /// bounds of the memory's minimal size. What it does not cover is zero.
    pub struct MemoryInit {
        /// The memory, one of the module's own.
        pub memory: u32,
        /// Start of the bytes in the image's data range; a multiple of `align` as counted from the image base.
        pub start: u32,
        /// Bytes; a multiple of `align`.
        pub len: u32,
        /// 1, or the page size that the bytes are aligned for, so that they can be mapped copy-on-write.
        pub align: u32,
        /// Where the bytes go, a multiple of `align`.
        pub destination: u64,
    }
}

record! {
    /// The deepest known path of calls within the module, for people who choose a stack bound. Functions from the outermost
    /// inwards follow as `u32` function indexes in [`crate::header::section::STACK_PATH`].
    pub struct StackPath {
        /// Sum of the frames along the path.
        pub bytes: u32,
        /// Bit 0: some cycle of direct calls exists (recursion). Bit 1: there are indirect calls. Bit 2: there are calls
        /// to imports. None of these is counted in `bytes`.
        pub flags: u32,
    }
}
