//! Entering compiled code, from any depth: host calls wasm calls host and so on.
//!
//! The store's block has the record of the activation that runs. An activation within another first saves that one's record as a
//! whole, on its own stack ([`Activation`]), and puts it back after; the outermost has nothing to save.
//!
//! INV-HOST: while compiled code of a store runs, `StoreBlock::host` is the `&mut S` that [`call`] was given by its
//! innermost activation, as a pointer, and nothing else uses that reference; `hooks` fits `S`. A host function, or a
//! builtin that needs the crate above, takes the `&mut S` back from there for as long as it runs.
//!
//! INV-ACTIVATION: while compiled code runs, `entry_fp`, `entry_sp` and `entry_pc` are those of the entry trampoline
//! that the innermost activation called, and between its frame and here are only frames of compiled code and of this
//! crate's functions that have nothing to drop. While none is being unwound, `trap` and `exit_pc` are 0.

use core::any::TypeId;
use core::marker::PhantomData;
use core::mem::transmute;
use core::ptr::NonNull;

use stilt_artifact::crossing::VALUES;
use stilt_artifact::trap::TrapCode;
use stilt_platform_abi::tls;

use crate::func::{Callee, Entry};
use crate::id::{MemoryPtr, TablePtr};
use crate::interpreter;
use crate::raise;
use crate::signals;
use crate::store::{Store, StoreBlock};
use crate::structs::{VmContext, VmTarget};

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

/// The functions of a [`Host`], for a pointer to one; and which `S` it is, so that those of two are never one and the same
/// constant.
pub(crate) struct Hooks {
    of: TypeId,
    pub(crate) grow_memory: unsafe fn(*mut (), MemoryPtr, u64) -> Grown,
    #[allow(dead_code, reason = "the group of tables may not be linked")]
    pub(crate) grow_table: unsafe fn(*mut (), TablePtr, u64, u64) -> Grown,
}

struct HooksOf<S>(PhantomData<S>);

impl<S: Host> HooksOf<S> {
    const HOOKS: &'static Hooks =
        &Hooks { of: TypeId::of::<S>(), grow_memory: grow_memory::<S>, grow_table: grow_table::<S> };
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

/// The record of an activation that waits for one within it: on the stack of [`nested`], and a link in the chain of those that
/// wait, which backtraces follow.
pub(crate) struct Activation {
    pub(crate) outer: *const Activation,
    host: *mut (),
    /// Where the machine's own stack was.
    here: usize,
    /// The bound of the machine's own stack, which the interpreter's is not.
    native_limit: usize,
    stack_limit: usize,
    pub(crate) entry_fp: usize,
    entry_sp: usize,
    entry_pc: usize,
    pub(crate) exit_fp: usize,
}

/// An entry trampoline: see [`stilt_artifact::crossing`].
type EntryFn = unsafe extern "C" fn(*const VmTarget, u64, u64, u64, u64) -> u64;
/// A host function's code: see there, too.
pub(crate) type HostFn = unsafe extern "C" fn(*mut VmContext, u64, u64, u64, u64) -> u64;

/// What crosses in registers.
pub type Words = [u64; VALUES];

/// Room that an entry needs for itself above the limit of the stack, next to its values.
const ENTRY_ROOM: usize = 1024;

/// In [`StoreBlock::trap`]: a host function reported an error.
pub(crate) const HOST_ERROR: u8 = 0xff;
const _: () = assert!(TrapCode::from_u8(HOST_ERROR).is_none() && TrapCode::from_u8(0).is_none(), "no trap's");

/// Calls a function. `values` holds the arguments in slots, and then the results; it has at least
/// [`Callee::slots`] of them. The slots have the wasm types of the callee's parameters (INV-TYPES).
///
/// # Errors
/// The call trapped, a host function reported an error, or the callee is not of this store.
pub fn call<S: Host>(host: &mut S, callee: &Callee, values: &mut [u64]) -> Result<(), Exit> {
    if callee.crossing != 0 {
        if values.len() < callee.crossing as usize {
            return Err(Exit::Misuse);
        }
        let slots = values.as_mut_ptr().expose_provenance() as u64;
        return activate(host, callee, [slots, 0, 0, 0]).map(|_| ());
    }
    let Some(words) = values.first_chunk_mut::<VALUES>() else { return Err(Exit::Misuse) };
    let result = activate(host, callee, *words)?;
    // It means nothing where the type has none.
    let [first, ..] = words;
    *first = result;
    Ok(())
}

/// Calls a function whose values cross in registers: `words` are the arguments, 0 behind the last. The result is the one that
/// its type has, if any.
///
/// # Errors
/// As [`call`]; or its values cross in slots.
#[inline]
pub fn call_in_registers<S: Host>(host: &mut S, callee: &Callee, words: Words) -> Result<u64, Exit> {
    if callee.crossing != 0 {
        return Err(Exit::Misuse);
    }
    activate(host, callee, words)
}

/// Calls with words that are as the callee's type wants them. What every call does stands in its caller.
#[inline(always)]
fn activate<S: Host>(host: &mut S, callee: &Callee, words: Words) -> Result<u64, Exit> {
    let Some(store) = host.store() else { return Err(Exit::Misuse) };
    let store = store.block_ptr();
    // SAFETY: the host has the store, and keeps it while this borrow of the host lasts (INV-STORE).
    let block: &StoreBlock = unsafe { store.as_ref() };
    if block.id != callee.store || !is_host::<S>(block) {
        return Err(Exit::Misuse);
    }
    let host = (&raw mut *host).cast();
    let here = raise::stack_pointer();
    if cfg!(feature = "small") || block.here.get() != 0 {
        return nested(block, host, callee, words, here);
    }
    begin(block, host, callee, here, here.saturating_sub(block.limits.get().wasm_stack).max(block.floor.get()))?;
    let result = enter(block, callee, words);
    block.here.set(0);
    if block.trap.get() == 0 { Ok(result) } else { Err(unwound(block)) }
}

/// The same within an activation that waits, and for small images also within none. `here` is the caller's.
#[cfg_attr(not(feature = "small"), inline(never))]
fn nested(block: &StoreBlock, host: *mut (), callee: &Callee, words: Words, here: usize) -> Result<u64, Exit> {
    let context = &block.context;
    let saved = Activation {
        outer: block.activation.get(),
        host: block.host.get(),
        here: block.here.get(),
        native_limit: block.native_limit.get(),
        stack_limit: context.stack_limit.get(),
        entry_fp: context.entry_fp.get(),
        entry_sp: context.entry_sp.get(),
        entry_pc: context.entry_pc.get(),
        exit_fp: context.exit_fp.get(),
    };
    let floor = block.floor.get();
    // Above the outer activation's place lies another stack: a host function has gone to another thread, or a fiber. (Below
    // it, too, but there the outer bound keeps guests from running at all.)
    let limit = if here <= saved.here {
        saved.native_limit.max(floor)
    } else {
        here.saturating_sub(block.limits.get().wasm_stack).max(floor)
    };
    begin(block, host, callee, here, limit)?;
    if saved.here != 0 {
        block.activation.set(&raw const saved);
    }
    let result = enter(block, callee, words);
    block.activation.set(saved.outer);
    block.host.set(saved.host);
    block.here.set(saved.here);
    block.native_limit.set(saved.native_limit);
    context.stack_limit.set(saved.stack_limit);
    context.entry_fp.set(saved.entry_fp);
    context.entry_sp.set(saved.entry_sp);
    context.entry_pc.set(saved.entry_pc);
    context.exit_fp.set(saved.exit_fp);
    if block.trap.get() == 0 { Ok(result) } else { Err(unwound(block)) }
}

/// Starts the record of an activation, if there is room for it on the stack; otherwise nothing has changed.
#[inline(always)]
fn begin(block: &StoreBlock, host: *mut (), callee: &Callee, here: usize, limit: usize) -> Result<(), Exit> {
    // Arguments, results and copies of them lie side by side in the trampoline's frame: three words for a slot, and one for the callee.
    let room = (callee.crossing as usize).saturating_mul(32).saturating_add(ENTRY_ROOM);
    if here < limit.saturating_add(room) {
        return Err(overflow(block));
    }
    block.here.set(here);
    block.host.set(host);
    block.native_limit.set(limit);
    Ok(())
}

/// The stack ends before anything was called.
#[cold]
fn overflow(block: &StoreBlock) -> Exit {
    block.frames_len.set(0);
    Exit::Trap(TrapCode::StackOverflow)
}

/// Why an activation was unwound, which is over with it.
#[cold]
fn unwound(block: &StoreBlock) -> Exit {
    block.context.exit_pc.set(0);
    TrapCode::from_u8(block.trap.replace(0)).map_or(Exit::Host, Exit::Trap)
}

/// Whether the store is used with this `S`, which its first use decides.
#[inline]
pub(crate) fn is_host<S: Host>(block: &StoreBlock) -> bool {
    let hooks = HooksOf::<S>::HOOKS;
    match block.hooks.get() {
        // There may be several constants for one `S`, but none for two, as each holds its type.
        Some(known) if core::ptr::eq(known, hooks) => true,
        known => is_host_at_last(block, known, hooks),
    }
}

#[cold]
fn is_host_at_last(block: &StoreBlock, known: Option<&Hooks>, hooks: &'static Hooks) -> bool {
    match known {
        Some(known) => known.of == hooks.of,
        None => {
            block.hooks.set(Some(hooks));
            true
        }
    }
}

/// Calls; what comes back means nothing if the activation was unwound.
#[inline(always)]
fn enter(block: &StoreBlock, callee: &Callee, words: Words) -> u64 {
    let Entry::Native { entry } = callee.entry else { return enter_other(block, callee, words) };
    block.context.stack_limit.set(block.native_limit.get());
    // Whatever the callee is, it may call code that relies on hardware traps, also such that comes into the store only
    // while it runs. The handler finds the store through the thread's slot.
    if !signals::SUPPORTED || !block.limits.get().hardware {
        // SAFETY: the caller's arguments are as the callee's type wants them.
        return unsafe { enter_native(callee, entry, words) };
    }
    let this: *mut u8 = (&raw const *block).cast_mut().cast();
    let outer = tls::load();
    if outer != this {
        tls::store(this);
    }
    // SAFETY: as above.
    let result = unsafe { enter_native(callee, entry, words) };
    if outer != this {
        tls::store(outer);
    }
    result
}

/// The same for what is not native code.
#[inline(never)]
fn enter_other(block: &StoreBlock, callee: &Callee, words: Words) -> u64 {
    match callee.entry {
        Entry::Native { .. } => 0,
        Entry::Interpreted { way } => interpreter::run(block, callee, way, words),
        Entry::Host { code } => {
            // No frames of a guest: those that the outer record tells are not this activation's.
            block.context.exit_fp.set(0);
            let context = callee.target.context;
            // SAFETY: a host function's context (INV-CALLEE), which lives as long as its store.
            unsafe { context.as_ref() }.caller.set(core::ptr::null_mut());
            let [a, b, c, d] = words;
            // SAFETY: the context is a host function's, whose code this is (INV-CALLEE); the words are as its type wants them, and
            // the host pointer was just set (INV-HOST).
            unsafe { code(context.as_ptr(), a, b, c, d) }
        }
    }
}

/// # Safety
/// `entry` is the callee's, and the words are as its type wants them; an activation was begun.
#[inline(always)]
unsafe fn enter_native(callee: &Callee, entry: NonNull<u8>, words: Words) -> u64 {
    // SAFETY: `Entry::Native` is made of the code offset of an entry trampoline of a native image only (INV-CODE),
    // and this is the type that the contract gives those.
    let entry: EntryFn = unsafe { transmute::<NonNull<u8>, EntryFn>(entry) };
    let [a, b, c, d] = words;
    // SAFETY: trampoline, code and context belong together (INV-CALLEE); the words are as the type wants them. Compiled code
    // keeps to its image's contract (INV-CODE).
    unsafe { entry(&raw const callee.target, a, b, c, d) }
}
