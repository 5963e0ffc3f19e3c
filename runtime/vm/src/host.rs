//! Host functions: a context of their own whose code is a shim that calls the embedder's closure. There is a shim for each
//! closure, so that calling one from compiled code is a jump through a pointer, and the closure's code stands there.
//!
//! INV-KIND: a context's `kind` says what it is the head of: [`CONTEXT_INSTANCE`](stilt_artifact::layout::CONTEXT_INSTANCE)
//! an instance's context, [`CONTEXT_HOST`] a [`HostHead`]. It is written once, when the context is made.

use core::alloc::Layout;
use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::ptr::NonNull;

use stilt_artifact::NONE;
use stilt_artifact::layout::CONTEXT_HOST;
use stilt_collections::{Storage, TryArc};

use crate::activation::{HOST_ERROR, Host, HostFn, Words, is_host};
use crate::block::Block;
use crate::error::VmError;
use crate::id::{FuncPtr, InstancePtr};
use crate::raise;
use crate::store::{Store, StoreBlock};
use crate::structs::{VmContext, VmFuncRef};

/// What a host function's context pointer points to.
#[repr(C)]
pub(crate) struct HostHead {
    pub(crate) context: VmContext,
    pub(crate) func_ref: VmFuncRef,
    pub(crate) code: HostFn,
    /// The closure that `code` is for.
    closure: NonNull<()>,
    /// Slots that arguments or results need, or 0 if they cross in registers.
    pub(crate) crossing: u32,
    /// In the store's list of those that wait for a trampoline.
    pub(crate) waiting: Cell<bool>,
    pub(crate) next_waiting: Cell<Option<NonNull<HostHead>>>,
}

#[repr(C)]
struct HostBlock<O> {
    block: Block,
    head: HostHead,
    _owner: O,
}

/// The closure, and what the crate above wants to be kept with it.
type Owners<O> = (TryArc<dyn Send + Sync>, O);

/// The storage that [`Store::add_host_func`] takes with an owner of type `O`.
#[must_use]
pub const fn host_layout<O>() -> Layout {
    Layout::new::<HostBlock<Owners<O>>>()
}

/// A closure with the code that calls it, for stores of `S`.
///
/// INV-CLOSURE: `code` is the shim for `S` and the type of the closure, for values that cross in registers or in slots as
/// `in_registers` says.
pub struct HostCode<S> {
    closure: TryArc<dyn Send + Sync>,
    code: HostFn,
    in_registers: bool,
    host: PhantomData<fn(&mut S)>,
}

/// Turns a shared closure into one of a type that is not known.
macro_rules! forget {
    ($closure:expr) => {
        stilt_collections::unsize_arc!($closure => dyn Send + Sync)
    };
}

impl<S: Host> HostCode<S> {
    /// For values that cross in registers: the closure gets them as words, and gives the result's; `None` if the guest is to
    /// be stopped with the error that the host has kept. The second argument is the instance that called; `None`: the host did.
    #[must_use]
    pub fn in_registers<F>(closure: TryArc<F>) -> HostCode<S>
    where
        F: Fn(&mut S, Option<InstancePtr>, Words) -> Option<u64> + Send + Sync + 'static,
    {
        HostCode { closure: forget!(closure), code: shim::<S, F>, in_registers: true, host: PhantomData }
    }

    /// For values that cross in slots, likewise; whether it succeeded.
    #[must_use]
    pub fn in_slots<F>(closure: TryArc<F>) -> HostCode<S>
    where
        F: Fn(&mut S, Option<InstancePtr>, &mut [u64]) -> bool + Send + Sync + 'static,
    {
        HostCode { closure: forget!(closure), code: shim_in_slots::<S, F>, in_registers: false, host: PhantomData }
    }
}

impl<S> Clone for HostCode<S> {
    fn clone(&self) -> Self {
        HostCode { closure: self.closure.clone(), code: self.code, in_registers: self.in_registers, host: PhantomData }
    }
}

impl Store {
    /// Makes a host function of a type with this id, whose values cross as [`stilt_artifact::crossing::slots`] says: in so many
    /// slots, or in registers if that is 0. The store keeps `owner`.
    ///
    /// # Errors
    /// The storage is not of [`host_layout`], the code is for the other way of crossing, or the store is used with another host.
    pub fn add_host_func<S: Host, O: Send + Sync + 'static>(
        &mut self,
        storage: Storage,
        type_id: u32,
        crossing: u32,
        code: &HostCode<S>,
        owner: O,
    ) -> Result<FuncPtr, VmError> {
        let layout = host_layout::<O>();
        if storage.len() < layout.size() || storage.align() < layout.align() {
            return Err(VmError::mismatch("the storage of a host function is too small"));
        }
        if !is_host::<S>(self.block()) {
            return Err(VmError::mismatch("the store is used with another host"));
        }
        if code.in_registers != (crossing == 0) {
            return Err(VmError::mismatch("the host function takes its values in another way than its type has them"));
        }
        let closure = TryArc::as_ptr(&code.closure).cast::<()>().cast_mut();
        let closure = NonNull::new(closure).unwrap_or(NonNull::dangling());
        let owner = (code.closure.clone(), owner);
        let code = code.code;
        let place = storage.as_ptr().cast::<HostBlock<Owners<O>>>();
        let value = HostBlock {
            block: Block::new(storage, drop_owner::<Owners<O>>),
            head: HostHead {
                context: VmContext {
                    store: Cell::new(self.block_ptr().as_ptr().cast()),
                    caller: Cell::new(core::ptr::null_mut()),
                    types_or_code: Cell::new((code as *const ()).cast()),
                    kind: Cell::new(CONTEXT_HOST),
                    index: Cell::new(0),
                },
                func_ref: VmFuncRef {
                    code: Cell::new(core::ptr::null()),
                    context: Cell::new(core::ptr::null_mut()),
                    type_id: Cell::new(type_id),
                    type_index: Cell::new(NONE),
                },
                code,
                closure,
                crossing,
                waiting: Cell::new(false),
                next_waiting: Cell::new(None),
            },
            _owner: owner,
        };
        // SAFETY: the storage is long enough and aligned, as compared, and ours.
        unsafe { place.write(value) };
        // SAFETY: the head lies within the block.
        let head = unsafe { place.byte_add(offset_of!(HostBlock<Owners<O>>, head)) }.cast::<HostHead>();
        // SAFETY: the reference lies within the head.
        let reference = unsafe { head.byte_add(offset_of!(HostHead, func_ref)) }.cast::<VmFuncRef>();
        // SAFETY: it was just written.
        let func = unsafe { reference.as_ref() };
        func.context.set(head.as_ptr().cast());
        // SAFETY: the block was just made, with the drop that fits it (INV-BLOCK), and is in no list.
        unsafe { self.block().blocks.push(place.cast()) };
        Ok(FuncPtr::new(reference, self.id()))
    }
}

/// # Safety
/// `block` is a `HostBlock<O>` that is not used again.
unsafe fn drop_owner<O>(block: NonNull<Block>) {
    // SAFETY: the owner lies at this place of the block.
    let owner = unsafe { block.byte_add(offset_of!(HostBlock<O>, _owner)) }.cast::<O>();
    // SAFETY: it is dropped once: with its block. It knows no pointers into the store.
    unsafe { owner.drop_in_place() };
}

/// What a shim finds: the store, who called, and the host.
///
/// # Safety
/// `head` is a host function's of a store that is used with `S`; an activation of it runs (INV-HOST). The host is not used longer than
/// the host function runs.
#[inline(always)]
#[expect(clippy::mut_from_ref, reason = "the host is no part of the head: a pointer of its store leads there")]
unsafe fn found<S: Host>(head: &HostHead) -> (&StoreBlock, Option<InstancePtr>, &mut S) {
    // SAFETY: every context points to its store's block (INV-STORE).
    let store = unsafe { &*head.context.store.get().cast::<StoreBlock>() };
    let caller = NonNull::new(head.context.caller.get()).map(|caller| InstancePtr::new(caller, store.id));
    // SAFETY: INV-HOST: the innermost activation's host, an `S` as this store is used with no other (`is_host`), which
    // nothing else uses while compiled code runs.
    let host = unsafe { &mut *store.host.get().cast::<S>() };
    (store, caller, host)
}

/// The code of host functions whose values cross in registers.
///
/// # Safety
/// `context` is that of a host function made with these `S` and `F`, with its caller just written: null or an instance's context of
/// the same store; the words are as the function's type has them; an activation of the store runs (INV-HOST).
unsafe extern "C" fn shim<S, F>(context: *mut VmContext, a: u64, b: u64, c: u64, d: u64) -> u64
where
    S: Host,
    F: Fn(&mut S, Option<InstancePtr>, Words) -> Option<u64> + Send + Sync + 'static,
{
    // SAFETY: a host function's context is the front of its head (INV-KIND), which lives as long as its store, in which wasm runs.
    let head = unsafe { &*context.cast::<HostHead>() };
    // SAFETY: this is the shim for closures of this type (INV-CLOSURE), and the block's owner keeps the closure.
    let closure = unsafe { &*head.closure.as_ptr().cast::<F>() };
    // SAFETY: the caller's promise.
    let (store, caller, host) = unsafe { found::<S>(head) };
    match closure(host, caller, [a, b, c, d]) {
        Some(word) => word,
        // SAFETY: nothing is left to drop.
        None => unsafe { fail(store, caller, context) },
    }
}

/// The code of host functions whose values cross in slots.
///
/// # Safety
/// As for [`shim`]; `slots` is the address of as many slots as the function's type needs, which nobody else uses meanwhile.
unsafe extern "C" fn shim_in_slots<S, F>(context: *mut VmContext, slots: u64, _: u64, _: u64, _: u64) -> u64
where
    S: Host,
    F: Fn(&mut S, Option<InstancePtr>, &mut [u64]) -> bool + Send + Sync + 'static,
{
    // SAFETY: as for `shim`, and below.
    let head = unsafe { &*context.cast::<HostHead>() };
    // SAFETY: as for `shim`.
    let closure = unsafe { &*head.closure.as_ptr().cast::<F>() };
    // SAFETY: the caller's promise.
    let (store, caller, host) = unsafe { found::<S>(head) };
    #[expect(clippy::cast_possible_truncation, reason = "a pointer in a word is zero-extended")]
    let slots = core::ptr::with_exposed_provenance_mut::<u64>(slots as usize);
    // SAFETY: by the caller's promise there are as many slots, ours while we run.
    let slots = unsafe { core::slice::from_raw_parts_mut(slots, head.crossing as usize) };
    if closure(host, caller, slots) {
        return 0;
    }
    // SAFETY: nothing is left to drop.
    unsafe { fail(store, caller, context) }
}

/// The end of a host function that reported an error, which the crate above has kept: it returns only where no native code is to be
/// left.
///
/// # Safety
/// As for the shims, whose frame has nothing left to drop.
#[cold]
unsafe fn fail(store: &StoreBlock, caller: Option<InstancePtr>, context: *mut VmContext) -> u64 {
    if caller.is_none() {
        // The host has called: there is nothing between it and here.
        store.trap.set(HOST_ERROR);
        store.frames_len.set(0);
        return 0;
    }
    // SAFETY: compiled code called, whose trampoline has recorded where it was left; nothing is left to drop.
    unsafe { raise::raise(context, 0) }
}
