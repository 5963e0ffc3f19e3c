//! The structures that compiled code reads and writes, as Rust sees them; `stilt_artifact::layout` is what they follow, and
//! each is compared with it at compile time, on every target.
//!
//! INV-CELL: compiled code, builtins and trap handlers change these structures while Rust holds shared references to
//! them. So every field is a cell or an atomic, and nobody makes a `&mut` to one.

use core::cell::Cell;
use core::mem::{align_of, offset_of, size_of};
use core::ptr::NonNull;
use core::sync::atomic::AtomicUsize;

use stilt_artifact::layout::{
    ContextLayout, FuncImportLayout, FuncRefLayout, MemoryLayout, StoreContextLayout, TableLayout,
};

/// Pointer width of this target in bytes.
pub(crate) const WIDTH: u8 = {
    assert!(size_of::<usize>() == 4 || size_of::<usize>() == 8, "pointers are 32 or 64 bits wide");
    if size_of::<usize>() == 4 { 4 } else { 8 }
};

/// A `u64` that is aligned to 8 bytes on every target.
#[repr(C, align(8))]
pub(crate) struct Aligned64(pub(crate) Cell<u64>);

/// What all instances of a store share and compiled code sees.
#[repr(C)]
pub(crate) struct VmStoreContext {
    pub(crate) stack_limit: Cell<usize>,
    pub(crate) interrupt: AtomicUsize,
    pub(crate) fuel: Aligned64,
    pub(crate) entry_fp: Cell<usize>,
    pub(crate) entry_sp: Cell<usize>,
    pub(crate) entry_pc: Cell<usize>,
    pub(crate) exit_fp: Cell<usize>,
    pub(crate) exit_pc: Cell<usize>,
    pub(crate) group_core: Cell<*const u8>,
    pub(crate) group_memory: Cell<*const u8>,
    pub(crate) group_table: Cell<*const u8>,
    pub(crate) group_float: Cell<*const u8>,
}

/// The head of every context.
#[repr(C)]
pub(crate) struct VmContext {
    /// To the store's block, which starts with its [`VmStoreContext`].
    pub(crate) store: Cell<*mut VmStoreContext>,
    pub(crate) caller: Cell<*mut VmContext>,
    pub(crate) types_or_code: Cell<*const u8>,
    pub(crate) kind: Cell<u32>,
    pub(crate) index: Cell<u32>,
}

/// An imported function.
#[repr(C)]
pub(crate) struct VmFuncImport {
    pub(crate) code: Cell<*const u8>,
    pub(crate) context: Cell<*mut VmContext>,
}

/// What an entry trampoline is to call: as an imported function.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct VmTarget {
    pub(crate) code: *const u8,
    pub(crate) context: NonNull<VmContext>,
}

/// A function that is referred to.
#[repr(C)]
pub(crate) struct VmFuncRef {
    pub(crate) code: Cell<*const u8>,
    pub(crate) context: Cell<*mut VmContext>,
    pub(crate) type_id: Cell<u32>,
    pub(crate) type_index: Cell<u32>,
}

/// A linear memory. `index` is the distance in bytes from its `MemoryBlock` (INV-BACK).
#[repr(C)]
pub(crate) struct VmMemory {
    pub(crate) base: Cell<*mut u8>,
    pub(crate) len: Cell<usize>,
    pub(crate) capacity: Cell<usize>,
    pub(crate) index: Cell<u32>,
    pub(crate) flags: Cell<u32>,
}

/// A table. `index` is the distance in bytes from its `TableBlock` (INV-BACK).
#[repr(C)]
pub(crate) struct VmTable {
    pub(crate) base: Cell<*mut u8>,
    pub(crate) len: Cell<usize>,
    pub(crate) capacity: Cell<usize>,
    pub(crate) index: Cell<u32>,
    pub(crate) flags: Cell<u32>,
}

/// The value of a global: 4, 8 or 16 bytes, as its type has it.
#[repr(C)]
pub(crate) struct VmGlobal {
    first: Cell<u32>,
}

macro_rules! agrees {
    ($vm:ty, $layout:ty, $($field:ident),*) => {
        const _: () = {
            assert!(size_of::<$vm>() == <$layout>::size(WIDTH) as usize, "size");
            assert!(align_of::<$vm>() == <$layout>::align(WIDTH) as usize, "alignment");
            $( assert!(offset_of!($vm, $field) == <$layout>::$field(WIDTH) as usize, stringify!($field)); )*
        };
    };
}

agrees!(
    VmStoreContext,
    StoreContextLayout,
    stack_limit,
    interrupt,
    fuel,
    entry_fp,
    entry_sp,
    entry_pc,
    exit_fp,
    exit_pc,
    group_core,
    group_memory,
    group_table,
    group_float
);
agrees!(VmContext, ContextLayout, store, caller, types_or_code, kind, index);
agrees!(VmFuncImport, FuncImportLayout, code, context);
agrees!(VmTarget, FuncImportLayout, code, context);
agrees!(VmFuncRef, FuncRefLayout, code, context, type_id, type_index);
agrees!(VmMemory, MemoryLayout, base, len, capacity, index, flags);
agrees!(VmTable, TableLayout, base, len, capacity, index, flags);

/// Steps `offset` bytes from `base`.
///
/// # Safety
/// Both ends lie within one allocation.
#[inline]
pub(crate) unsafe fn at<T>(base: NonNull<VmContext>, offset: u32) -> NonNull<T> {
    // SAFETY: the caller promises that the step stays within the allocation.
    unsafe { base.byte_add(offset as usize) }.cast()
}
