//! Tables: feature `tables`. Every check comes before the first element is written.

use stilt_artifact::builtins::{Builtin, Group};
use stilt_artifact::trap::TrapCode;

use super::{Builtin1, Builtin3, Builtin4, caller, high, low, status};
use crate::activation::Stop;
use crate::id::TablePtr;
use crate::init;
use crate::raise;
use crate::structs::VmContext;

#[repr(C)]
struct Table {
    grow: Builtin3,
    fill: Builtin4,
    copy: Builtin4,
    init: Builtin4,
    elem_drop: Builtin1,
}

static TABLE: Table = Table { grow, fill, copy, init, elem_drop };

const _: () = {
    assert!(Builtin::TableGrow.number() == 0 && Builtin::TableGrow.arguments() == 3, "grow");
    assert!(Builtin::TableFill.number() == 1 && Builtin::TableFill.arguments() == 4, "fill");
    assert!(Builtin::TableCopy.number() == 2 && Builtin::TableCopy.arguments() == 4, "copy");
    assert!(Builtin::TableInit.number() == 3 && Builtin::TableInit.arguments() == 4, "init");
    assert!(Builtin::ElemDrop.number() == 4 && Builtin::ElemDrop.arguments() == 1, "elem_drop");
    assert!(Group::Table as u8 == 2, "group");
};

pub(crate) fn table() -> *const u8 {
    (&raw const TABLE).cast()
}

/// `(delta, initial value, table)`: the old size, or `u64::MAX`.
unsafe extern "C" fn grow(context: *mut VmContext, delta: u64, value: u64, table: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let Some(view) = (unsafe { caller(context) }) else { return u64::MAX };
    let store = view.store();
    let (Some(table), Some(hooks)) = (view.table(low(table)), store.hooks.get()) else { return u64::MAX };
    // SAFETY: an activation runs, and these are its host and its hooks (INV-HOST).
    let grown = unsafe { (hooks.grow_table)(store.host.get(), TablePtr::new(table, store.id), delta, value) };
    match grown {
        Ok(old) => old.unwrap_or(u64::MAX),
        // SAFETY: this is a builtin, with nothing left to drop.
        Err(Stop) => unsafe { raise::raise(context, 0) },
    }
}

/// `(destination, value, length, table)`.
unsafe extern "C" fn fill(context: *mut VmContext, to: u64, value: u64, len: u64, table: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let table = unsafe { caller(context) }.and_then(|view| view.table_view(low(table)));
    status(table.ok_or(TrapCode::Internal).and_then(|table| table.fill(to, value, len)))
}

/// `(destination, source, length, destination table | source table << 32)`.
unsafe extern "C" fn copy(context: *mut VmContext, to: u64, from: u64, len: u64, tables: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let Some(view) = (unsafe { caller(context) }) else { return TrapCode::Internal as u64 };
    match (view.table_view(low(tables)), view.table_view(high(tables))) {
        (Some(target), Some(source)) => status(target.copy(to, source, from, len)),
        _ => TrapCode::Internal as u64,
    }
}

/// `(destination, source, length, table | element segment << 32)`.
unsafe extern "C" fn init(context: *mut VmContext, to: u64, from: u64, len: u64, which: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    let Some(view) = (unsafe { caller(context) }) else { return TrapCode::Internal as u64 };
    status(init::table_init(view, low(which), high(which), to, from, len))
}

/// `(element segment)`.
unsafe extern "C" fn elem_drop(context: *mut VmContext, segment: u64) -> u64 {
    // SAFETY: compiled code passes its own instance's context.
    if let Some(view) = unsafe { caller(context) } {
        view.drop_segment(low(segment));
    }
    0
}
