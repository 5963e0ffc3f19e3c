//! Entering compiled code, from any depth: host calls wasm calls host and so on.
//!
//! INV-HOST: while compiled code of a store runs, `StoreBlock::host` is the `&mut S` that [`call`] was given by its
//! innermost activation, as a pointer, and nothing else uses that reference; `hooks` fits `S`. A host function, or a
//! builtin that needs the crate above, takes the `&mut S` back from there for as long as it runs.
//!
//! INV-ACTIVATION: while compiled code runs, `entry_fp`, `entry_sp` and `entry_pc` are those of the entry trampoline
//! that the innermost activation called, and between its frame and here are only frames of compiled code and of this
//! crate's builtins that have nothing to drop. [`call`] saves them all before, and restores them after.

use core::any::TypeId;
use core::marker::PhantomData;
use core::mem::transmute;
use core::ptr::NonNull;

use stilt_artifact::trap::TrapCode;
use stilt_platform_abi::tls;

use crate::func::{Callee, Entry};
use crate::id::{MemoryPtr, TablePtr};
use crate::interpreter;
use crate::raise;
use crate::signals;
use crate::store::{Store, StoreBlock};
use crate::structs::{VmContext, VmStoreContext};

/// What the crate above is to this one.
pub trait Host: Sized + 'static {
    /// Its store, once it has one.
    fn store(&mut self) -> Option<&mut Store>;
    /// Makes a memory larger by `delta` pages: its old size in pages, or `None` if it cannot.
    ///
    /// # Errors
    /// The guest is to be stopped, as if by a host function's error, which the implementation keeps.
    fn grow_memory(&mut self, memory: MemoryPtr, delta: u64) -> Result<Option<u64>, Stop>;
    /// Makes a table larger by `delta` elements that are `init`: its old size, or `None` if it cannot.
    ///
    /// # Errors
    /// As [`Host::grow_memory`].
    fn grow_table(&mut self, table: TablePtr, delta: u64, init: u64) -> Result<Option<u64>, Stop>;
}

/// The guest is to be stopped with the error that the host has kept.
#[derive(Clone, Copy, Debug)]
pub struct Stop;

/// Why a call did not return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A trap.
    Trap(TrapCode),
    /// A host function reported an error, which the crate above has kept.
    Host,
    /// The callee belongs to another store, or the values are too few: nothing was called.
    Misuse,
}

/// What growing something comes to: its old size, or `None`.
type Grown = Result<Option<u64>, Stop>;

/// The functions of a [`Host`], for a pointer to one.
pub(crate) struct Hooks {
    pub(crate) grow_memory: unsafe fn(*mut (), MemoryPtr, u64) -> Grown,
    #[allow(dead_code, reason = "the group of tables may not be linked")]
    pub(crate) grow_table: unsafe fn(*mut (), TablePtr, u64, u64) -> Grown,
}

struct HooksOf<S>(PhantomData<S>);

impl<S: Host> HooksOf<S> {
    const HOOKS: &'static Hooks = &Hooks { grow_memory: grow_memory::<S>, grow_table: grow_table::<S> };
}

/// # Safety
/// `host` is the host pointer of a running activation with hooks of `S` (INV-HOST).
unsafe fn grow_memory<S: Host>(host: *mut (), memory: MemoryPtr, delta: u64) -> Grown {
    // SAFETY: the caller promises INV-HOST: it is a `&mut S` that nothing else uses.
    let host = unsafe { &mut *host.cast::<S>() };
    host.grow_memory(memory, delta)
}

/// # Safety
/// As [`grow_memory`].
unsafe fn grow_table<S: Host>(host: *mut (), table: TablePtr, delta: u64, init: u64) -> Grown {
    // SAFETY: the caller promises INV-HOST: it is a `&mut S` that nothing else uses.
    let host = unsafe { &mut *host.cast::<S>() };
    host.grow_table(table, delta, init)
}

/// What one activation finds and puts back: a record on the stack of [`call`], and a link in the chain of the running
/// ones, which backtraces follow.
pub(crate) struct Activation {
    pub(crate) outer: *const Activation,
    host: *mut (),
    hooks: Option<&'static Hooks>,
    stack_limit: usize,
    /// Where the machine's own stack was.
    here: usize,
    /// The bound of the machine's own stack, which the interpreter's is not.
    native_limit: usize,
    pub(crate) entry_fp: usize,
    entry_sp: usize,
    entry_pc: usize,
    pub(crate) exit_fp: usize,
    pub(crate) exit_pc: usize,
}

/// An entry trampoline.
type EntryFn = unsafe extern "C" fn(*mut VmContext, *const u8, *mut u64, *mut VmStoreContext) -> u64;
/// A host function's code.
pub(crate) type HostFn = unsafe extern "C" fn(*mut VmContext, *mut VmContext, *mut u64) -> u64;

/// Room that an entry needs for itself above the limit of the stack, next to its values.
const ENTRY_ROOM: usize = 1024;

/// Calls a function. `values` holds the arguments in slots, and then the results; it has at least
/// [`Callee::slots`] of them. The slots have the wasm types of the callee's parameters (INV-TYPES).
///
/// # Errors
/// The call trapped, a host function reported an error, or the callee is not of this store.
pub fn call<S: Host>(host: &mut S, callee: &Callee, values: &mut [u64]) -> Result<(), Exit> {
    let Some(store) = host.store() else { return Err(Exit::Misuse) };
    let store = store.block_ptr();
    // SAFETY: the host has the store, and keeps it while this borrow of the host lasts (INV-STORE).
    let block: &StoreBlock = unsafe { store.as_ref() };
    if block.id != callee.store || values.len() < callee.slots as usize || !is_host::<S>(block) {
        return Err(Exit::Misuse);
    }
    block.frames_len.set(0);
    let here = raise::stack_pointer();
    let outer = block.activation.get();
    let limits = block.limits.get();
    let floor = limits.lowest.saturating_add(limits.reserve).saturating_add(block.max_frame.get());
    // SAFETY: null, or one of the chain's records, which lie on the stacks of running `call`s that put back what they found.
    let native_limit = match unsafe { outer.as_ref() } {
        // Above the outer activation's place lies another stack: a host function has gone to another thread, or a fiber. (Below
        // it, too, but there the outer bound keeps guests from running at all.)
        Some(outer) if here <= outer.here => outer.native_limit.max(floor),
        _ => here.saturating_sub(limits.wasm_stack).max(floor),
    };
    // Arguments, results and copies of them lie side by side in the trampoline's frame: three words for a slot, and one for the callee.
    let room = (callee.slots as usize).saturating_mul(32).saturating_add(ENTRY_ROOM);
    if here < native_limit.saturating_add(room) {
        return Err(Exit::Trap(TrapCode::StackOverflow));
    }
    let context = &block.context;
    let saved = Activation {
        outer,
        host: block.host.get(),
        hooks: block.hooks.get(),
        stack_limit: context.stack_limit.get(),
        here,
        native_limit,
        entry_fp: context.entry_fp.get(),
        entry_sp: context.entry_sp.get(),
        entry_pc: context.entry_pc.get(),
        exit_fp: context.exit_fp.get(),
        exit_pc: context.exit_pc.get(),
    };
    block.activation.set(&raw const saved);
    block.host.set((&raw mut *host).cast());
    block.hooks.set(Some(HooksOf::<S>::HOOKS));
    block.trap.set(0);
    let returned = enter(block, callee, values, native_limit);
    block.activation.set(saved.outer);
    block.host.set(saved.host);
    block.hooks.set(saved.hooks);
    context.stack_limit.set(saved.stack_limit);
    context.entry_fp.set(saved.entry_fp);
    context.entry_sp.set(saved.entry_sp);
    context.entry_pc.set(saved.entry_pc);
    context.exit_fp.set(saved.exit_fp);
    context.exit_pc.set(saved.exit_pc);
    if returned == 0 {
        return Ok(());
    }
    Err(TrapCode::from_u8(block.trap.replace(0)).map_or(Exit::Host, Exit::Trap))
}

/// Whether the store is used with this `S`, which its first use decides.
pub(crate) fn is_host<S: Host>(block: &StoreBlock) -> bool {
    let this = TypeId::of::<S>();
    match block.host_type.get() {
        Some(known) => known == this,
        None => {
            block.host_type.set(Some(this));
            true
        }
    }
}

/// Calls through the entry trampoline; what it returns.
#[inline]
fn enter(block: &StoreBlock, callee: &Callee, values: &mut [u64], native_limit: usize) -> u64 {
    let store = (&raw const block.context).cast_mut();
    match callee.entry {
        Entry::Native { entry } => {
            block.context.stack_limit.set(native_limit);
            // SAFETY: `Entry::Native` is made of the code offset of an entry trampoline of a native image only (INV-CODE),
            // and this is the type that the contract gives those.
            let entry: EntryFn = unsafe { transmute::<NonNull<u8>, EntryFn>(entry) };
            // Whatever the callee is, it may call code that relies on hardware traps, also such that comes into the store only
            // while it runs.
            let outer = if signals::SUPPORTED && block.limits.get().hardware { Some(tls::load()) } else { None };
            if outer.is_some() {
                tls::store((&raw const *block).cast_mut().cast());
            }
            // SAFETY: trampoline, code and context belong together (INV-CALLEE); there are as many values as the type
            // needs; the store's context is its own. Compiled code keeps to its image's contract (INV-CODE).
            let returned = unsafe { entry(callee.context.as_ptr(), callee.code.as_ptr(), values.as_mut_ptr(), store) };
            if let Some(outer) = outer {
                tls::store(outer);
            }
            returned
        }
        Entry::Interpreted { way } => interpreter::run(block, callee, way, values),
        Entry::Host { code } => {
            // No frames of a guest: those that the outer record tells are not this activation's.
            block.context.exit_fp.set(0);
            block.context.exit_pc.set(0);
            // SAFETY: the context is a host function's, whose code this is (INV-CALLEE); there are as many values as its
            // type needs, and the host pointer was just set (INV-HOST).
            unsafe { code(callee.context.as_ptr(), core::ptr::null_mut(), values.as_mut_ptr()) }
        }
    }
}
