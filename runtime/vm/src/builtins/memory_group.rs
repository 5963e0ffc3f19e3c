//! Bulk memory: feature `bulk-memory`. Every check comes before the first byte is written.

use stilt_artifact::builtins::{Builtin, Group};
use stilt_artifact::trap::TrapCode;

use super::{Builtin1, Builtin4, Leaf2, caller, high, low, status};
use crate::init;
use crate::structs::VmContext;

#[repr(C)]
struct Table {
    copy: Leaf2,
    fill: Leaf2,
    init: Builtin4,
    data_drop: Builtin1,
}

static TABLE: Table = Table { copy, fill, init, data_drop };

const _: () = {
    assert!(Builtin::MemoryCopy.number() == 0 && Builtin::MemoryCopy.arguments() == 2, "copy");
    assert!(Builtin::MemoryFill.number() == 1 && Builtin::MemoryFill.arguments() == 2, "fill");
    assert!(Builtin::MemoryInit.number() == 2 && Builtin::MemoryInit.arguments() == 4, "init");
    assert!(Builtin::DataDrop.number() == 3 && Builtin::DataDrop.arguments() == 1, "data_drop");
    assert!(Group::Memory as u8 == 1, "group");
};

pub(crate) fn table() -> *const u8 {
    (&raw const TABLE).cast()
}

/// `(destination; source, length)`: compiled code has tested that both ranges lie within memories.
unsafe extern "C" fn copy(to: *mut u8, from: u64, len: u64) -> u64 {
    let (Ok(from), Ok(len)) = (usize::try_from(from), usize::try_from(len)) else { return 0 };
    let from = core::ptr::with_exposed_provenance::<u8>(from);
    // SAFETY: so many bytes lie at both places (INV-CODE, INV-MEMORY); `copy_from` allows them to overlap.
    unsafe { to.copy_from(from, len) };
    // What comes back means nothing. This is what `memmove` has left in the register.
    to.addr() as u64
}

/// `(destination; byte, length)`: compiled code has tested that the range lies within a memory.
unsafe extern "C" fn fill(to: *mut u8, byte: u64, len: u64) -> u64 {
    let Ok(len) = usize::try_from(len) else { return 0 };
    let [byte, ..] = byte.to_le_bytes();
    // SAFETY: so many bytes lie there (INV-CODE, INV-MEMORY).
    unsafe { to.write_bytes(byte, len) };
    // As above.
    to.addr() as u64
}

/// `(destination, source, length, memory | data segment << 32)`.
unsafe extern "C" fn init(context: *mut VmContext, to: u64, from: u64, len: u64, which: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let Some(view) = (unsafe { caller(context) }) else { return TrapCode::Internal as u64 };
    status(init::memory_init(view, low(which), high(which), to, from, len))
}

/// `(data segment)`.
unsafe extern "C" fn data_drop(context: *mut VmContext, segment: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    if let Some(view) = unsafe { caller(context) } {
        view.drop_segment(view.image().elems().len().saturating_add(low(segment)));
    }
    0
}
