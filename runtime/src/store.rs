//! [`Store`]: what instances live in, with the embedder's data; and the ways to refer to one.
//!
//! A store allocates nothing before something is put into it, so that [`Store::new`] cannot fail. Everything in a store
//! lives as long as the store. Handles know their store and are compared with the one they are used with.

mod context;
mod host;

use core::any::Any;
use core::fmt;

use stilt_collections::{OutOfMemory, Storage, TryArc, TryBox, TryVec, unsize_box};
use stilt_vm::{Exit, InstancePtr, InterruptHandle, Limits, Pool, Rooms, Stop, StoreId};

use crate::backtrace::{FrameInfo, WasmBacktrace};
use crate::module::vm_error;
use crate::{Engine, Error, Module, ResourceLimiter, Result, Trap};

pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};

/// Bytes above the lowest address of a stack that guests leave to host functions and builtins.
const STACK_RESERVE: usize = 16 * 1024;
/// The interpreter's stack where [`Config::max_wasm_stack`](crate::Config::max_wasm_stack) was not given.
const INTERPRETER_STACK: usize = 64 * 1024;

/// Instances, what belongs to them, and the embedder's data.
pub struct Store<T: 'static> {
    pub(crate) inner: StoreInner<T>,
}

/// What every reference to a store leads to.
pub(crate) struct StoreInner<T: 'static> {
    pub(crate) opaque: StoreOpaque,
    pub(crate) limiter: Limiter<T>,
    pub(crate) data: T,
}

pub(crate) type LimiterFn<T> = dyn (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync;

/// Who is asked before something grows.
pub(crate) enum Limiter<T> {
    None,
    Some(TryBox<LimiterFn<T>>),
    /// There was no memory for it: nothing may grow.
    Lost,
}

/// What does not depend on the embedder's data.
#[doc(hidden)]
pub struct StoreOpaque {
    engine: Engine,
    id: Option<StoreId>,
    vm: Option<stilt_vm::Store>,
    /// By the number of the instance.
    modules: TryVec<Module>,
    externs: TryVec<TryBox<dyn Any + Send + Sync>>,
    /// The error that a host function has returned, while the guest is unwound.
    pending: Option<Error>,
    lowest_stack: usize,
    pub(crate) memories: usize,
    pub(crate) tables: usize,
}

impl<T> Store<T> {
    /// A store with this data. Nothing is allocated yet.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        let opaque = StoreOpaque {
            engine: engine.clone(),
            id: StoreId::new(),
            vm: None,
            modules: TryVec::new(),
            externs: TryVec::new(),
            pending: None,
            lowest_stack: 0,
            memories: 0,
            tables: 0,
        };
        Store { inner: StoreInner { opaque, limiter: Limiter::None, data } }
    }

    /// A store with this data, with what it needs before its first instance.
    ///
    /// # Errors
    /// Out of memory.
    pub fn try_new(engine: &Engine, data: T) -> Result<Store<T>> {
        let mut store = Store::new(engine, data);
        store.inner.opaque.vm_mut()?;
        Ok(store)
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.inner.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.inner.data
    }

    /// Ends the store and gives its data back.
    pub fn into_data(self) -> T {
        self.inner.data
    }

    /// The engine it was made for.
    pub fn engine(&self) -> &Engine {
        &self.inner.opaque.engine
    }

    /// Asks `limiter` before something grows.
    pub fn limiter(&mut self, limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static) {
        self.inner.limiter = match TryBox::new(limiter) {
            Ok(limiter) => Limiter::Some(unsize_box!(limiter => LimiterFn<T>)),
            Err(_) => Limiter::Lost,
        };
    }

    /// What stops the store's guests from another thread, if their images were compiled to test for it: they trap with
    /// [`Trap::Interrupt`].
    ///
    /// # Errors
    /// Out of memory.
    pub fn interrupt_handle(&mut self) -> Result<InterruptHandle> {
        Ok(self.inner.opaque.vm_mut()?.interrupt_handle())
    }

    /// Tells the lowest address of the stack that the store's functions will be called on, for embedders that know it: guests
    /// trap before they reach it, with room left for host functions. It holds together with
    /// [`Config::max_wasm_stack`](crate::Config::max_wasm_stack); 0 takes it back.
    pub fn set_stack_limit(&mut self, lowest: usize) {
        self.inner.opaque.lowest_stack = lowest;
        let limits = self.inner.opaque.limits();
        if let Some(vm) = &mut self.inner.opaque.vm {
            vm.set_limits(limits);
        }
    }
}

impl StoreOpaque {
    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The part below, if anything was put into the store yet.
    pub(crate) const fn vm(&self) -> Option<&stilt_vm::Store> {
        self.vm.as_ref()
    }

    /// The part below, for changing, if anything was put into the store yet.
    pub(crate) const fn vm_if_any(&mut self) -> Option<&mut stilt_vm::Store> {
        self.vm.as_mut()
    }

    /// The part below; made now if need be.
    pub(crate) fn vm_mut(&mut self) -> Result<&mut stilt_vm::Store> {
        if self.vm.is_none() {
            let id = self.id.ok_or(Error::fixed(&"this process has used up all numbers of stores"))?;
            if self.engine.config().stack().is_none() && self.lowest_stack == 0 {
                return Err(Error::fixed(
                    &"the stack has no bound here: Config::max_wasm_stack or Store::set_stack_limit must give one",
                ));
            }
            let frames = self.engine.config().backtrace_frames();
            let layout = stilt_vm::Store::layout(frames).ok_or(OutOfMemory::new(usize::MAX))?;
            let storage = TryArc::new(Storage::try_new(layout)?)?;
            self.vm = Some(stilt_vm::Store::new(storage, frames, id, self.limits()).map_err(vm_error)?);
        }
        self.vm.as_mut().ok_or(Error::fixed(&"the store is empty"))
    }

    fn limits(&self) -> Limits {
        let stack = self.engine.config().stack();
        Limits {
            wasm_stack: stack.unwrap_or(usize::MAX),
            lowest: self.lowest_stack,
            reserve: if self.lowest_stack == 0 { 0 } else { STACK_RESERVE },
            interpreter_stack: u32::try_from(stack.unwrap_or(INTERPRETER_STACK)).unwrap_or(u32::MAX),
            hardware: self.engine.config().signals(),
        }
    }

    /// Whether something with this number belongs here.
    pub(crate) fn owns(&self, id: StoreId) -> bool {
        self.id == Some(id)
    }

    /// The error for something of another store.
    #[cold]
    pub(crate) const fn foreign() -> Error {
        Error::fixed(&"an object of one store was used with another")
    }

    /// How many instances there are.
    pub(crate) fn instance_count(&self) -> usize {
        self.modules.len()
    }

    /// Counts an instance, and returns its number.
    pub(crate) fn push_module(&mut self, module: Module) -> Result<u32> {
        let number = u32::try_from(self.modules.len()).map_err(|_| OutOfMemory::new(usize::MAX))?;
        self.modules.try_push(module)?;
        Ok(number)
    }

    /// Takes the last instance back, which was not made after all.
    pub(crate) fn pop_module(&mut self) {
        self.modules.pop();
    }

    /// The module of an instance of this store.
    pub(crate) fn module_of(&self, instance: InstancePtr) -> Option<&Module> {
        self.modules.get(self.vm.as_ref()?.instance_index(instance)? as usize)
    }

    /// Keeps something of the host; its handle.
    pub(crate) fn push_extern(&mut self, value: TryBox<dyn Any + Send + Sync>) -> Result<(u32, StoreId)> {
        let id = self.id.ok_or(Error::fixed(&"this process has used up all numbers of stores"))?;
        let number = u32::try_from(self.externs.len()).ok().and_then(|len| len.checked_add(1));
        let number = number.ok_or(OutOfMemory::new(usize::MAX))?;
        self.externs.try_push(value)?;
        Ok((number, id))
    }

    /// Something of the host, by its handle.
    pub(crate) fn extern_at(&self, number: u32) -> Option<&(dyn Any + Send + Sync)> {
        let place = number.checked_sub(1)?;
        Some(&**self.externs.get(place as usize)?)
    }

    /// Something of the host, by its handle.
    pub(crate) fn extern_at_mut(&mut self, number: u32) -> Option<&mut (dyn Any + Send + Sync)> {
        let place = number.checked_sub(1)?;
        Some(&mut **self.externs.get_mut(place as usize)?)
    }

    pub(crate) const fn id(&self) -> Option<StoreId> {
        self.id
    }

    /// Keeps an error while the guest is unwound.
    pub(crate) fn stop(&mut self, error: Error) -> Stop {
        self.pending = Some(error);
        Stop
    }

    /// The error of a call that did not return.
    #[cold]
    pub(crate) fn failed(&mut self, exit: Exit) -> Error {
        let error = match exit {
            Exit::Trap(code) => Error::from(Trap::from(code)),
            Exit::Host => self.pending.take().unwrap_or(Error::fixed(&"a host function failed without an error")),
            Exit::Misuse => return StoreOpaque::foreign(),
        };
        match self.backtrace(matches!(exit, Exit::Trap(_))) {
            Some(backtrace) => error.with_backtrace(backtrace),
            None => error,
        }
    }

    /// The frames that were recorded when the guest was stopped. The innermost is that of a trapping instruction if `trap`;
    /// all others wait for a call to return.
    fn backtrace(&self, trap: bool) -> Option<WasmBacktrace> {
        if !cfg!(feature = "backtraces") {
            return None;
        }
        let mut frames = TryVec::new();
        let most = self.engine.config().backtrace_frames();
        for (depth, address) in self.vm.as_ref()?.frames().enumerate() {
            if frames.len() >= most {
                break;
            }
            let found = self.modules.iter().find_map(|module| Some((module, module.vm().offset_of(address)?)));
            let Some((module, offset)) = found else { continue };
            let Some(func) = module.image().func_at(offset) else { continue };
            let sites = module.image().sites();
            let trapped = if trap && depth == 0 { sites.find_trap(offset) } else { None };
            let site = trapped.or_else(|| sites.find_call(offset));
            let Some(site) = site else {
                frames.try_push(FrameInfo::new(module.clone(), func, None)).ok()?;
                continue;
            };
            // A frame for each function that was inlined there, and one for the function whose code it is.
            let image = module.image();
            let callers = image.sites().callers(&site);
            for wasm in core::iter::once(site.wasm).chain(callers).take(most.saturating_sub(frames.len())) {
                let func = image.func_of(wasm).unwrap_or(func);
                frames.try_push(FrameInfo::new(module.clone(), func, Some(wasm))).ok()?;
            }
        }
        if frames.is_empty() { None } else { Some(WasmBacktrace::new(frames)) }
    }
}

/// Where storage comes from.
pub(crate) struct Heap;

impl Rooms for Heap {
    fn room(&mut self, layout: core::alloc::Layout) -> Result<Storage, OutOfMemory> {
        Storage::try_new(layout)
    }

    fn resize(&mut self, storage: &mut Storage, size: usize) -> Result<(), OutOfMemory> {
        storage.try_resize(size)
    }
}

/// The same, with the engine's pool for memories.
pub(crate) struct Pooled<'a>(pub(crate) &'a Engine);

impl Rooms for Pooled<'_> {
    fn room(&mut self, layout: core::alloc::Layout) -> Result<Storage, OutOfMemory> {
        Heap.room(layout)
    }

    fn resize(&mut self, storage: &mut Storage, size: usize) -> Result<(), OutOfMemory> {
        Heap.resize(storage, size)
    }

    fn pool(&self) -> Option<&TryArc<Pool>> {
        self.0.pool()
    }
}

impl<T: Default> Default for Store<T> {
    fn default() -> Self {
        Store::new(&Engine::default(), T::default())
    }
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("data", &self.inner.data).finish_non_exhaustive()
    }
}

const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Store<()>>();
};
