//! The group that is always there: raising and growing memory.

use stilt_artifact::builtins::{Builtin, Group};

use super::{Builtin1, Builtin2, caller, low};
use crate::activation::Stop;
use crate::id::MemoryPtr;
use crate::raise;
use crate::structs::VmContext;

#[repr(C)]
struct Table {
    raise: Builtin1,
    memory_grow: Builtin2,
}

static TABLE: Table = Table { raise: raise::raise, memory_grow };

const _: () = {
    assert!(Builtin::Raise.number() == 0 && Builtin::Raise.arguments() == 1, "raise");
    assert!(Builtin::MemoryGrow.number() == 1 && Builtin::MemoryGrow.arguments() == 2, "memory_grow");
    assert!(Group::Core as u8 == 0, "group");
};

pub(crate) fn table() -> *const u8 {
    (&raw const TABLE).cast()
}

/// `(delta in pages, memory index)`: the old size in pages, or `u64::MAX`.
unsafe extern "C" fn memory_grow(context: *mut VmContext, delta: u64, memory: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let Some(view) = (unsafe { caller(context) }) else { return u64::MAX };
    let store = view.store();
    let (Some(memory), Some(hooks)) = (view.memory(low(memory)), store.hooks.get()) else { return u64::MAX };
    // SAFETY: an activation runs, and these are its host and its hooks (INV-HOST).
    let grown = unsafe { (hooks.grow_memory)(store.host.get(), MemoryPtr::new(memory, store.id), delta) };
    match grown {
        Ok(old) => old.unwrap_or(u64::MAX),
        // SAFETY: this is a builtin, with nothing left to drop.
        Err(Stop) => unsafe { raise::raise(context, 0) },
    }
}
