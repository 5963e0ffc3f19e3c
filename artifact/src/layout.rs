//! The structures that compiled code reads and writes at run time, for each pointer width.
//!
//! The precompiler takes offsets from here (never `size_of` of a host type); the runtime declares `#[repr(C)]` structs and
//! asserts at compile time that they agree. `P` below is the pointer width of the target in bytes, 4 or 8.

/// What a field of a VM structure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmField {
    /// A pointer or a pointer-wide integer.
    Word,
    /// 32 bits.
    U32,
    /// 64 bits, 8-byte aligned on every target.
    U64,
}

impl VmField {
    /// Size and alignment in bytes.
    pub const fn size(self, pointer_width: u8) -> u32 {
        match self {
            VmField::Word => pointer_width as u32,
            VmField::U32 => 4,
            VmField::U64 => 8,
        }
    }
}

const fn align_up(offset: u32, align: u32) -> u32 {
    offset.wrapping_add(align.wrapping_sub(1)) & !align.wrapping_sub(1)
}

/// The offset of field `index`, or, for `index == fields.len()`, the end.
const fn offset_in(fields: &[VmField], index: usize, pointer_width: u8) -> u32 {
    let mut rest = fields;
    let mut left = index;
    let mut offset = 0;
    while let Some((first, tail)) = rest.split_first() {
        let size = first.size(pointer_width);
        offset = align_up(offset, size);
        if left == 0 {
            return offset;
        }
        left = left.wrapping_sub(1);
        offset = offset.wrapping_add(size);
        rest = tail;
    }
    offset
}

const fn align_of(fields: &[VmField], pointer_width: u8) -> u32 {
    let mut rest = fields;
    let mut align = 1;
    while let Some((first, tail)) = rest.split_first() {
        if first.size(pointer_width) > align {
            align = first.size(pointer_width);
        }
        rest = tail;
    }
    align
}

macro_rules! vm_struct {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $( $(#[$field_meta:meta])* $field:ident : $kind:ident, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name;

        #[allow(non_camel_case_types, dead_code, reason = "field names become indexes")]
        const _: () = {
            enum Index { $( $field, )* }
            impl $name {
                const FIELDS: &'static [VmField] = &[$( VmField::$kind, )*];
                /// Its declaration, as [`crate::contract::FINGERPRINT`] reads it.
                pub(crate) const SHAPE: &'static str =
                    concat!(stringify!($name), $( " ", stringify!($field), ":", stringify!($kind), )* );
                $( $(#[$field_meta])* pub const fn $field(pointer_width: u8) -> u32 {
                    offset_in(Self::FIELDS, Index::$field as usize, pointer_width)
                } )*
                /// Alignment in bytes.
                pub const fn align(pointer_width: u8) -> u32 {
                    align_of(Self::FIELDS, pointer_width)
                }
                /// Size in bytes, a multiple of the alignment.
                pub const fn size(pointer_width: u8) -> u32 {
                    align_up(offset_in(Self::FIELDS, Self::FIELDS.len(), pointer_width), Self::align(pointer_width))
                }
            }
        };
    };
}

vm_struct! {
    /// One per store: what all its instances share. Every context points to it.
    pub struct StoreContextLayout {
        /// The lowest stack pointer that compiled code may reach. Compared with the stack pointer, unsigned, once a
        /// function has taken its frame: below it is a stack overflow.
        stack_limit: Word,
        /// 0, or all ones to ask the guest to stop: more than any address is. Another core or an interrupt handler sets it with one
        /// store.
        interrupt: Word,
        /// Remaining fuel, for images compiled to count it.
        fuel: U64,
        /// Frame pointer of the entry trampoline of the innermost activation.
        entry_fp: Word,
        /// Its stack pointer, as its landing pad needs it.
        entry_sp: Word,
        /// The address of its landing pad.
        entry_pc: Word,
        /// Where wasm was left for the host: the frame pointer of the trampoline (`exit_pc` = 0), or of the wasm function
        /// that took a hardware trap (`exit_pc` != 0).
        exit_fp: Word,
        /// 0, or the address of the instruction that took a hardware trap. Compiled code does not write it.
        exit_pc: Word,
        /// Table of function pointers of builtin group 0, [`crate::builtins::Group::Core`].
        group_core: Word,
        /// Of group 1, bulk memory.
        group_memory: Word,
        /// Of group 2, tables.
        group_table: Word,
        /// Of group 3, floats.
        group_float: Word,
    }
}

impl StoreContextLayout {
    /// The offset of the pointer to the table of group number `group`.
    pub const fn group(pointer_width: u8, group: u8) -> u32 {
        StoreContextLayout::group_core(pointer_width).wrapping_add((group as u32).wrapping_mul(pointer_width as u32))
    }
}

vm_struct! {
    /// The head of every context: what the context pointer of a call points to, of an instance or of a host function.
    pub struct ContextLayout {
        /// To the store's context.
        store: Word,
        /// Written by whoever calls into this context from another: the caller's own context, or null if it is the host. A
        /// host function reads it at once.
        caller: Word,
        /// Of an instance: to the engine-wide type ids (`u32`) of its module's types. Of a host function: to its code, as
        /// [`crate::crossing`] has it.
        types_or_code: Word,
        /// [`CONTEXT_INSTANCE`] or [`CONTEXT_HOST`].
        kind: U32,
        /// Of an instance: its number in the store. Of a host function: likewise.
        index: U32,
    }
}

/// [`ContextLayout::kind`] of an instance.
pub const CONTEXT_INSTANCE: u32 = 0x5714_0001;
/// [`ContextLayout::kind`] of a host function.
pub const CONTEXT_HOST: u32 = 0x5714_0002;

vm_struct! {
    /// An imported function: what a direct call of it needs.
    pub struct FuncImportLayout {
        /// Code in wasm convention.
        code: Word,
        /// The context to call it with.
        context: Word,
    }
}

vm_struct! {
    /// A function that is referred to: what a non-null `funcref` points to.
    pub struct FuncRefLayout {
        /// Code in wasm convention; 0 for a host function for whose type no module of the store has a trampoline.
        code: Word,
        /// The context to call it with.
        context: Word,
        /// Its engine-wide type id.
        type_id: U32,
        /// The runtime's own: of a function of the context's module, the number of its type in that module.
        type_index: U32,
    }
}

vm_struct! {
    /// A linear memory.
    pub struct MemoryLayout {
        /// Address of byte 0.
        base: Word,
        /// Bytes that are accessible.
        len: Word,
        /// Bytes from `base` that it can grow to without moving.
        capacity: Word,
        /// Its number in the store.
        index: U32,
        /// The runtime's own.
        flags: U32,
    }
}

vm_struct! {
    /// A table.
    pub struct TableLayout {
        /// Address of element 0: pointers for `funcref`, 32-bit handles for `externref`.
        base: Word,
        /// Elements.
        len: Word,
        /// Elements that it can grow to without moving.
        capacity: Word,
        /// Its number in the store.
        index: U32,
        /// The runtime's own.
        flags: U32,
    }
}

/// How many of each thing a module has: what the layout of its context follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextCounts {
    /// Imported functions.
    pub imported_funcs: u32,
    /// Imported tables.
    pub imported_tables: u32,
    /// Imported memories.
    pub imported_memories: u32,
    /// Imported globals.
    pub imported_globals: u32,
    /// Tables of its own.
    pub tables: u32,
    /// Memories of its own.
    pub memories: u32,
    /// Bytes of its own globals, each aligned to its size (16-byte ones to 16).
    pub global_bytes: u32,
    /// Functions that can be referred to.
    pub func_refs: u32,
    /// Data and element segments that can be dropped: one bit each.
    pub segments: u32,
}

/// Offsets within an instance's context. Written into the image's module header, which is what the runtime goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceLayout {
    /// First own memory ([`MemoryLayout`]).
    pub memories: u32,
    /// First byte of own globals.
    pub globals: u32,
    /// First own table ([`TableLayout`]).
    pub tables: u32,
    /// First imported function ([`FuncImportLayout`]).
    pub imported_funcs: u32,
    /// Pointers to imported memories.
    pub imported_memories: u32,
    /// Pointers to imported globals' values.
    pub imported_globals: u32,
    /// Pointers to imported tables.
    pub imported_tables: u32,
    /// First [`FuncRefLayout`].
    pub func_refs: u32,
    /// Bit set of dropped segments, in 32-bit words: element segments first, then data segments.
    pub dropped: u32,
    /// Size in bytes, a multiple of [`INSTANCE_ALIGN`].
    pub size: u32,
}

/// Alignment of an instance's context in bytes.
pub const INSTANCE_ALIGN: u32 = 16;

/// The largest context: 1 GiB. Together with 32-bit counts this keeps all sums below within 64 bits.
pub const MAX_CONTEXT: u64 = 1 << 30;

impl InstanceLayout {
    /// Lays out a context, or `None` if it would be larger than [`MAX_CONTEXT`].
    pub fn new(counts: &ContextCounts, pointer_width: u8) -> Option<InstanceLayout> {
        let word = u32::from(pointer_width);
        let mut end = u64::from(ContextLayout::size(pointer_width));
        let mut place = |count: u32, size: u32, align: u32| -> Option<u32> {
            let mask = u64::from(align).wrapping_sub(1);
            let start = end.wrapping_add(mask) & !mask;
            end = start.checked_add(u64::from(count).checked_mul(u64::from(size))?)?;
            if end > MAX_CONTEXT {
                return None;
            }
            u32::try_from(start).ok()
        };
        let memories = place(counts.memories, MemoryLayout::size(pointer_width), word)?;
        let globals = place(counts.global_bytes, 1, if counts.global_bytes == 0 { 1 } else { 16 })?;
        let tables = place(counts.tables, TableLayout::size(pointer_width), word)?;
        let imported_funcs = place(counts.imported_funcs, FuncImportLayout::size(pointer_width), word)?;
        let imported_memories = place(counts.imported_memories, word, word)?;
        let imported_globals = place(counts.imported_globals, word, word)?;
        let imported_tables = place(counts.imported_tables, word, word)?;
        let func_refs = place(counts.func_refs, FuncRefLayout::size(pointer_width), word)?;
        let dropped = place(counts.segments.div_ceil(32), 4, 4)?;
        let size = place(0, 0, INSTANCE_ALIGN)?;
        Some(InstanceLayout {
            memories,
            globals,
            tables,
            imported_funcs,
            imported_memories,
            imported_globals,
            imported_tables,
            func_refs,
            dropped,
            size,
        })
    }
}
