//! Functions as the host sees them: references, and callees ready to be called.

use core::ptr::NonNull;

use stilt_artifact::NONE;
use stilt_artifact::crossing::VALUES;
use stilt_artifact::layout::CONTEXT_HOST;
use stilt_artifact::target::Architecture;

use crate::activation::HostFn;
use crate::host::HostHead;
use crate::id::{FuncPtr, InstancePtr, StoreId};
use crate::instance::View;
use crate::interpreter::Way;
use crate::store::{Store, StoreBlock};
use crate::structs::{VmContext, VmFuncRef, VmTarget};

/// A function with all that calling it needs.
///
/// INV-CALLEE: code, context and trampoline belong together, are of the store with this number, and `crossing` is what
/// [`stilt_artifact::crossing::slots`] says of its type, whose bytes `types` points to, in its image.
#[derive(Clone, Copy, Debug)]
pub struct Callee {
    pub(crate) target: VmTarget,
    pub(crate) entry: Entry,
    /// Slots that its values take, or 0 if they cross in registers.
    pub(crate) crossing: u32,
    /// Parameters, and results; none of a host function.
    pub(crate) params: u16,
    pub(crate) results: u16,
    pub(crate) types: NonNull<u8>,
    pub(crate) store: StoreId,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry {
    Native { entry: NonNull<u8> },
    Interpreted { way: Way },
    Host { code: HostFn },
}

// SAFETY: its pointers are followed only by who has the store (INV-HANDLE).
unsafe impl Send for Callee {}
// SAFETY: as above; a shared callee gives only copies.
unsafe impl Sync for Callee {}

impl Callee {
    /// How many slots a caller has to have for arguments and results.
    #[must_use]
    pub const fn slots(&self) -> usize {
        if self.crossing == 0 { VALUES } else { self.crossing as usize }
    }

    /// Whether its values cross in registers.
    #[must_use]
    pub const fn in_registers(&self) -> bool {
        self.crossing == 0
    }

    /// The bytes of its types, parameters and then results.
    ///
    /// # Safety
    /// Its store lives for `'a`.
    #[inline]
    pub(crate) unsafe fn types<'a>(&self) -> (&'a [u8], &'a [u8]) {
        let count = usize::from(self.params).wrapping_add(self.results.into());
        // SAFETY: there are as many, in the image of a module of its store, which keeps it (INV-CALLEE, INV-IMAGE).
        let types = unsafe { core::slice::from_raw_parts(self.types.as_ptr(), count) };
        types.split_at_checked(self.params.into()).unwrap_or_default()
    }

    /// Whether it is the host's.
    #[must_use]
    pub const fn is_host(&self) -> bool {
        matches!(self.entry, Entry::Host { .. })
    }

    /// The number of its store.
    #[must_use]
    pub const fn store(&self) -> StoreId {
        self.store
    }
}

impl Store {
    fn func(&self, func: FuncPtr) -> Option<&VmFuncRef> {
        if func.store() != self.id() {
            return None;
        }
        // SAFETY: it is of this store, which lives (INV-HANDLE).
        Some(unsafe { func.ptr().as_ref() })
    }

    /// The engine-wide id of a function's type; `None` for a function of another store.
    #[must_use]
    pub fn func_type(&self, func: FuncPtr) -> Option<u32> {
        Some(self.func(func)?.type_id.get())
    }

    /// All that calling the function needs; `None` for a function of another store, or one that its image has no entry for.
    #[must_use]
    #[cfg_attr(not(feature = "small"), inline(always))]
    pub fn callee(&self, func: FuncPtr) -> Option<Callee> {
        let func = self.func(func)?;
        self.resolve(func.code.get(), func.context.get(), func.type_index.get())
    }

    /// The bytes of the function's types, parameters and then results; `None` for a function of another store, and for one of the
    /// host's.
    #[must_use]
    #[inline]
    pub fn callee_types(&self, callee: &Callee) -> Option<(&[u8], &[u8])> {
        if callee.store != self.id() || callee.is_host() {
            return None;
        }
        // SAFETY: it is of this store, which lives.
        Some(unsafe { callee.types() })
    }

    /// All that calling function `index` of an instance needs, whether it can be referred to or not; `None` for an instance of
    /// another store, or a function that its image has no entry for.
    #[must_use]
    pub fn instance_callee(&self, instance: InstancePtr, index: u32) -> Option<Callee> {
        let view = self.view(instance)?;
        let (code, context) = view.code(index)?;
        self.resolve(code, context, NONE)
    }

    /// Finds the way to enter a function of this store, by its code and context, and, if it is known, the number of its type in the
    /// context's module.
    // A callee that is handed on through memory is read back before it is written.
    #[cfg_attr(not(feature = "small"), inline(always))]
    fn resolve(&self, code: *const u8, context: *mut VmContext, type_index: u32) -> Option<Callee> {
        let context = NonNull::new(context)?;
        let target = VmTarget { code, context };
        // SAFETY: the context of a function is that of an instance or of a host function of the same store.
        let head = unsafe { context.as_ref() };
        if head.kind.get() == CONTEXT_HOST {
            // SAFETY: this kind says so (INV-KIND).
            let host = unsafe { context.cast::<HostHead>().as_ref() };
            // A host function called by the host needs no code in wasm convention.
            let (entry, crossing) = (Entry::Host { code: host.code }, host.crossing);
            return Some(Callee {
                target,
                entry,
                crossing,
                params: 0,
                results: 0,
                types: NonNull::dangling(),
                store: self.id(),
            });
        }
        // SAFETY: the context is not a host function's, so it is an instance's (INV-KIND).
        let view = unsafe { View::new(context) };
        let module = view.module();
        let type_index = if type_index == NONE {
            let index = module.image().func_at(module.offset_of(code.addr())?)?;
            module.image().funcs().get(index.checked_sub(module.image().fields().imported_funcs())?)?.ty
        } else {
            type_index
        };
        let ty = module.image().types().get(type_index)?;
        let (params, results) = module.image().type_bytes(ty)?;
        let entry = module.code_at(ty.entry);
        let entry = if module.ground().architecture == Architecture::Pulley {
            Entry::Interpreted { way: Way::of(params, results, entry)? }
        } else {
            Entry::Native { entry: entry? }
        };
        let types = NonNull::from(params).cast();
        let (params, results) = (ty.params, ty.results);
        Some(Callee { target, entry, crossing: ty.slots, params, results, types, store: self.id() })
    }

    /// A function as compiled code takes it: the address of its reference. Finds a trampoline for a host function that
    /// has none yet. `None` for a function of another store.
    pub fn func_to_raw(&mut self, func: FuncPtr) -> Option<u64> {
        let reference = self.func(func)?;
        if reference.code.get().is_null() {
            self.find_trampoline(func);
        }
        Some(func.address() as u64)
    }

    /// A function from what compiled code has: the address of a reference in this store, or null (INV-TYPES).
    #[must_use]
    pub fn func_from_raw(&self, raw: u64) -> Option<FuncPtr> {
        func_from_raw(self.block(), raw)
    }

    fn find_trampoline(&self, func: FuncPtr) {
        let block = self.block();
        let Some(reference) = self.func(func) else { return };
        let type_id = reference.type_id.get();
        let mut next = block.instances.get();
        while let Some(head) = next {
            // SAFETY: instances in the list are alive (INV-BLOCK).
            let head = unsafe { head.as_ref() };
            if let Some(code) = head.host_trampoline(type_id) {
                reference.code.set(code.as_ptr());
                return;
            }
            next = head.next.get();
        }
        let Some(context) = NonNull::new(reference.context.get()) else { return };
        // SAFETY: only references of host functions have no code, so the context is one's (INV-KIND).
        let host = unsafe { context.cast::<HostHead>().as_ref() };
        if !host.waiting.replace(true) {
            host.next_waiting.set(block.waiting.get());
            block.waiting.set(Some(context.cast()));
        }
    }
}

/// See [`Store::func_from_raw`].
pub(crate) fn func_from_raw(block: &StoreBlock, raw: u64) -> Option<FuncPtr> {
    let address = usize::try_from(raw).ok()?;
    let ptr = NonNull::new(core::ptr::with_exposed_provenance_mut::<VmFuncRef>(address))?;
    Some(FuncPtr::new(ptr, block.id))
}
