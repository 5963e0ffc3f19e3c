//! Host functions: a context of their own whose code is a shim that calls the embedder's closure.
//!
//! INV-KIND: a context's `kind` says what it is the head of: [`CONTEXT_INSTANCE`](stilt_artifact::layout::CONTEXT_INSTANCE)
//! an instance's context, [`CONTEXT_HOST`] a [`HostHead`]. It is written once, when the context is made.

use core::alloc::Layout;
use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::NonNull;

use stilt_artifact::layout::CONTEXT_HOST;
use stilt_collections::Storage;

use crate::activation::{Host, HostFn, is_host};
use crate::block::Block;
use crate::error::VmError;
use crate::id::{FuncPtr, InstancePtr};
use crate::store::{Store, StoreBlock};
use crate::structs::{VmContext, VmFuncRef};

/// What a host function's context pointer points to.
#[repr(C)]
pub(crate) struct HostHead {
    pub(crate) context: VmContext,
    pub(crate) func_ref: VmFuncRef,
    pub(crate) code: HostFn,
    /// Slots that arguments or results need.
    pub(crate) slots: u32,
    /// In the store's list of those that wait for a trampoline.
    pub(crate) waiting: Cell<bool>,
    pub(crate) next_waiting: Cell<Option<NonNull<HostHead>>>,
}

#[repr(C)]
struct HostBlock<F> {
    block: Block,
    head: HostHead,
    closure: F,
}

/// The storage that [`Store::add_host_func`] takes for a closure of type `F`.
#[must_use]
pub const fn host_layout<F>() -> Layout {
    Layout::new::<HostBlock<F>>()
}

impl Store {
    /// Makes a host function of a type with this id, whose arguments or results take at most `slots` slots. It is called
    /// with the host, the instance that called it (`None`: the host did) and the slots; whether it succeeded.
    ///
    /// # Errors
    /// The storage is not of [`host_layout`], or the store is used with another host.
    pub fn add_host_func<S, F>(
        &mut self,
        storage: Storage,
        type_id: u32,
        slots: u32,
        closure: F,
    ) -> Result<FuncPtr, VmError>
    where
        S: Host,
        F: Fn(&mut S, Option<InstancePtr>, &mut [u64]) -> bool + Send + Sync + 'static,
    {
        let layout = host_layout::<F>();
        if storage.len() < layout.size() || storage.align() < layout.align() {
            return Err(VmError::mismatch("the storage of a host function is too small"));
        }
        if !is_host::<S>(self.block()) {
            return Err(VmError::mismatch("the store is used with another host"));
        }
        let place = storage.as_ptr().cast::<HostBlock<F>>();
        let code: HostFn = shim::<S, F>;
        let value = HostBlock {
            block: Block::new(storage, drop_closure::<F>),
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
                    reserved: Cell::new(0),
                },
                code,
                slots,
                waiting: Cell::new(false),
                next_waiting: Cell::new(None),
            },
            closure,
        };
        // SAFETY: the storage is long enough and aligned, as compared, and ours.
        unsafe { place.write(value) };
        // SAFETY: the head lies within the block.
        let head = unsafe { place.byte_add(offset_of!(HostBlock<F>, head)) }.cast::<HostHead>();
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
/// `block` is a `HostBlock<F>` that is not used again.
unsafe fn drop_closure<F>(block: NonNull<Block>) {
    // SAFETY: the closure lies at this place of the block.
    let closure = unsafe { block.byte_add(offset_of!(HostBlock<F>, closure)) }.cast::<F>();
    // SAFETY: it is dropped once: with its block. It knows no pointers into the store.
    unsafe { closure.drop_in_place() };
}

/// What compiled code, or its trampoline, calls.
///
/// # Safety
/// `context` is that of a host function made with these `S` and `F`; `caller` is null or an instance's context of the same
/// store; `values` are as many slots as the function's type needs, which nobody else uses meanwhile; an activation of the
/// store runs (INV-HOST).
unsafe extern "C" fn shim<S, F>(context: *mut VmContext, caller: *mut VmContext, values: *mut u64) -> u64
where
    S: Host,
    F: Fn(&mut S, Option<InstancePtr>, &mut [u64]) -> bool + Send + Sync + 'static,
{
    // SAFETY: this context lies at this place of its block.
    let block = unsafe { context.byte_sub(offset_of!(HostBlock<F>, head)) }.cast::<HostBlock<F>>();
    // SAFETY: the block lives as long as its store, in which wasm runs; shared references to it are all there are.
    let block = unsafe { &*block };
    // SAFETY: every context points to its store's block (INV-STORE).
    let store = unsafe { &*block.head.context.store.get().cast::<StoreBlock>() };
    let caller = NonNull::new(caller).map(|caller| InstancePtr::new(caller, store.id));
    // SAFETY: by the caller's promise there are as many slots, ours while we run.
    let values = unsafe { core::slice::from_raw_parts_mut(values, block.head.slots as usize) };
    // SAFETY: INV-HOST: the innermost activation's host, an `S` as this store is used with no other (`is_host`), which
    // nothing else uses while compiled code runs.
    let host = unsafe { &mut *store.host.get().cast::<S>() };
    if (block.closure)(host, caller, values) { 0 } else { 1 }
}
