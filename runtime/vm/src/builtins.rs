//! What compiled code may ask for: a table of functions per group, each with the signature that the contract gives it.
//! A group whose feature is off has no table; the loader refuses images that need it.
//!
//! Safety of all of them: compiled code calls them through a trampoline of its image with its own instance's context
//! (INV-CODE), while an activation of the store runs (INV-HOST). Those of outcome "nothing" it calls itself, with addresses
//! and lengths that it has tested (INV-CODE); those of outcome "pure" too, which are safe.

mod core_group;
#[cfg_attr(not(feature = "soft-float"), path = "builtins/float_group_disabled.rs")]
mod float_group;
#[cfg_attr(not(feature = "bulk-memory"), path = "builtins/memory_group_disabled.rs")]
mod memory_group;
#[cfg_attr(not(feature = "tables"), path = "builtins/table_group_disabled.rs")]
mod table_group;

use core::ptr::NonNull;

use stilt_artifact::trap::TrapCode;

use crate::instance::View;
use crate::structs::VmContext;

pub(crate) use core_group::table as core_table;
pub(crate) use float_group::table as float_table;
pub(crate) use memory_group::table as memory_table;
pub(crate) use table_group::table as table_table;

pub(crate) type Builtin1 = unsafe extern "C" fn(*mut VmContext, u64) -> u64;
pub(crate) type Builtin2 = unsafe extern "C" fn(*mut VmContext, u64, u64) -> u64;
#[allow(dead_code, reason = "not every group is linked")]
pub(crate) type Builtin3 = unsafe extern "C" fn(*mut VmContext, u64, u64, u64) -> u64;
#[allow(dead_code, reason = "not every group is linked")]
pub(crate) type Builtin4 = unsafe extern "C" fn(*mut VmContext, u64, u64, u64, u64) -> u64;
/// Of outcome "nothing": the address that it writes to stands where the others have their context.
#[allow(dead_code, reason = "not every group is linked")]
pub(crate) type Leaf2 = unsafe extern "C" fn(*mut u8, u64, u64) -> u64;

/// The instance that calls, or nothing, which compiled code never passes.
///
/// # Safety
/// The context is that of an instance that lives for `'a`.
unsafe fn caller<'a>(context: *mut VmContext) -> Option<View<'a>> {
    // SAFETY: the caller's promise.
    NonNull::new(context).map(|context| unsafe { View::new(context) })
}

/// What a builtin of outcome "status" returns.
#[allow(dead_code, reason = "not every group is linked")]
fn status(result: Result<(), TrapCode>) -> u64 {
    match result {
        Ok(()) => 0,
        Err(code) => code as u64,
    }
}

/// An index in the low half of an argument.
#[expect(clippy::cast_possible_truncation, reason = "takes the low half")]
const fn low(argument: u64) -> u32 {
    argument as u32
}

/// An index in the high half of an argument.
#[allow(dead_code, reason = "not every group is linked")]
const fn high(argument: u64) -> u32 {
    low(argument >> 32)
}
