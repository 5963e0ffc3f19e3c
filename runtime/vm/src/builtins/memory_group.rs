//! Bulk memory: feature `bulk-memory`. Every check comes before the first byte is written.

use stilt_artifact::builtins::{Builtin, Group};
use stilt_artifact::trap::TrapCode;

use super::{Builtin1, Builtin4, caller, high, low, status};
use crate::init;
use crate::structs::VmContext;

#[repr(C)]
struct Table {
    copy: Builtin4,
    fill: Builtin4,
    init: Builtin4,
    data_drop: Builtin1,
}

static TABLE: Table = Table { copy, fill, init, data_drop };

const _: () = {
    assert!(Builtin::MemoryCopy.number() == 0 && Builtin::MemoryCopy.arguments() == 4, "copy");
    assert!(Builtin::MemoryFill.number() == 1 && Builtin::MemoryFill.arguments() == 4, "fill");
    assert!(Builtin::MemoryInit.number() == 2 && Builtin::MemoryInit.arguments() == 4, "init");
    assert!(Builtin::DataDrop.number() == 3 && Builtin::DataDrop.arguments() == 1, "data_drop");
    assert!(Group::Memory as u8 == 1, "group");
};

pub(crate) fn table() -> *const u8 {
    (&raw const TABLE).cast()
}

const OUT: TrapCode = TrapCode::MemoryOutOfBounds;

/// `(destination, source, length, destination memory | source memory << 32)`.
unsafe extern "C" fn copy(context: *mut VmContext, to: u64, from: u64, len: u64, memories: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let Some(view) = (unsafe { caller(context) }) else { return TrapCode::Internal as u64 };
    let copy = || {
        let target = view.memory(low(memories)).ok_or(TrapCode::Internal)?;
        let source = view.memory(high(memories)).ok_or(TrapCode::Internal)?;
        // SAFETY: the memories of a living instance live.
        let to = init::range(unsafe { target.as_ref() }, to, len).ok_or(OUT)?;
        // SAFETY: as above.
        let from = init::range(unsafe { source.as_ref() }, from, len).ok_or(OUT)?;
        let len = usize::try_from(len).map_err(|_| OUT)?;
        // SAFETY: so many bytes lie at both places (INV-MEMORY); `copy` allows them to overlap.
        unsafe { to.copy_from(from, len) };
        Ok(())
    };
    status(copy())
}

/// `(destination, byte, length, memory)`.
unsafe extern "C" fn fill(context: *mut VmContext, to: u64, byte: u64, len: u64, memory: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let Some(view) = (unsafe { caller(context) }) else { return TrapCode::Internal as u64 };
    let fill = || {
        let memory = view.memory(low(memory)).ok_or(TrapCode::Internal)?;
        // SAFETY: the memories of a living instance live.
        let to = init::range(unsafe { memory.as_ref() }, to, len).ok_or(OUT)?;
        let len = usize::try_from(len).map_err(|_| OUT)?;
        let [byte, ..] = byte.to_le_bytes();
        // SAFETY: so many bytes lie there (INV-MEMORY).
        unsafe { to.write_bytes(byte, len) };
        Ok(())
    };
    status(fill())
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
