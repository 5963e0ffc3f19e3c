//! What the hand-made code reads: a VM context, the store behind it, and a table of function references.

use std::mem::offset_of;

/// The part of a store that compiled code reads.
#[repr(C)]
#[derive(Debug, Default)]
pub struct Store {
    /// The lowest address the stack pointer may have, for the variants that reach it through the store.
    pub stack_limit: usize,
    /// Where a raise or a fault goes.
    pub activation: Activation,
}

/// What the entry trampoline leaves for whoever ends the activation early.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Activation {
    /// Stack pointer at the landing pad.
    pub sp: usize,
    /// Frame pointer at the landing pad.
    pub fp: usize,
    /// Address of the landing pad.
    pub pc: usize,
}

/// What `call_indirect` finds in a table: code, the context it belongs to, and its type.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FuncRef {
    /// Entry of the code.
    pub code: *const u8,
    /// Context that the code runs in.
    pub context: *mut Context,
    /// Exact type of the function.
    pub type_id: u32,
}

/// The VM context of one instance.
#[repr(C)]
#[derive(Debug)]
pub struct Context {
    /// The store it belongs to.
    pub store: *mut Store,
    /// The context that called last into this one, where the convention passes no caller.
    pub caller: *mut Context,
    /// The lowest address the stack pointer may have, one load away.
    pub stack_limit: usize,
    /// Builtin called when the stack ends; does not return.
    pub stack_overflow: *const u8,
    /// Elements of the table.
    pub table: *const *const FuncRef,
    /// Number of elements.
    pub table_len: usize,
    /// The type that `call_indirect` expects.
    pub type_id: u32,
    /// What a call through the switching thunk is to call.
    pub callee: *const FuncRef,
}

/// Offset of [`Context::store`].
pub const STORE: i32 = field(offset_of!(Context, store));
/// Offset of [`Context::caller`].
pub const CALLER: i32 = field(offset_of!(Context, caller));
/// Offset of [`Context::stack_limit`].
pub const STACK_LIMIT: i32 = field(offset_of!(Context, stack_limit));
/// Offset of [`Context::stack_overflow`].
pub const STACK_OVERFLOW: i32 = field(offset_of!(Context, stack_overflow));
/// Offset of [`Context::table`].
pub const TABLE: i32 = field(offset_of!(Context, table));
/// Offset of [`Context::table_len`].
pub const TABLE_LEN: i32 = field(offset_of!(Context, table_len));
/// Offset of [`Context::type_id`].
pub const TYPE_ID: i32 = field(offset_of!(Context, type_id));
/// Offset of [`Context::callee`].
pub const CALLEE: i32 = field(offset_of!(Context, callee));
/// Offset of [`Store::stack_limit`].
pub const STORE_STACK_LIMIT: i32 = field(offset_of!(Store, stack_limit));
/// Offset of [`FuncRef::code`].
pub const FUNCREF_CODE: i32 = field(offset_of!(FuncRef, code));
/// Offset of [`FuncRef::context`].
pub const FUNCREF_CONTEXT: i32 = field(offset_of!(FuncRef, context));
/// Offset of [`FuncRef::type_id`].
pub const FUNCREF_TYPE_ID: i32 = field(offset_of!(FuncRef, type_id));
/// Offset of [`Activation::sp`].
pub const ACTIVATION_SP: i32 = field(offset_of!(Activation, sp));
/// Offset of [`Activation::fp`].
pub const ACTIVATION_FP: i32 = field(offset_of!(Activation, fp));
/// Offset of [`Activation::pc`].
pub const ACTIVATION_PC: i32 = field(offset_of!(Activation, pc));

#[expect(clippy::cast_possible_truncation, reason = "fields of small structs, checked")]
const fn field(offset: usize) -> i32 {
    assert!(offset < 4096);
    offset as i32
}
