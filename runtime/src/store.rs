//! [`Store`]: what instances live in, with the embedder's data; and the ways to refer to one.
//!
//! A store allocates nothing before something is put into it, so that [`Store::new`] cannot fail. Everything in a store
//! lives as long as the store. Handles know their store and are compared with the one they are used with.

mod context;
mod host;
mod rooms;

use core::any::Any;
use core::fmt;

use stilt_collections::{OutOfMemory, Source, Storage, TryArc, TryBox, TryVec, unsize_box};
use stilt_vm::{Exit, InstancePtr, InterruptHandle, Limits, Stop, StoreId};

#[cfg(feature = "given-storage")]
use stilt_artifact::target::Architecture;

use crate::backtrace::{FrameInfo, WasmBacktrace};
use crate::module::vm_error;
use crate::{Engine, Error, Module, ResourceLimiter, Result, Trap};

pub use context::{AsContext, AsContextMut, StoreContext, StoreContextMut};
pub(crate) use rooms::{Given, StoreRooms};

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
    /// The bound of a guest's stack: at first the engine's.
    stack: Option<usize>,
    /// Where all that belongs to the store comes from, if not from the allocator.
    given: Option<Given>,
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
            stack: engine.config().stack(),
            given: None,
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
        self.inner.opaque.set_limits();
    }

    /// How many bytes of stack the store's guests may use from the next call on, in place of
    /// [`Config::max_wasm_stack`](crate::Config::max_wasm_stack). The interpreter's stack has the size that was set before the first
    /// instance of bytecode.
    pub fn set_max_wasm_stack(&mut self, size: usize) {
        self.inner.opaque.stack = Some(size);
        self.inner.opaque.set_limits();
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
            if self.stack().is_none() && self.lowest_stack == 0 {
                return Err(Error::fixed(
                    &"the stack has no bound here: Config::max_wasm_stack or Store::set_stack_limit must give one",
                ));
            }
            let frames = self.engine.config().backtrace_frames();
            let layout = stilt_vm::Store::layout(frames).ok_or(OutOfMemory::new(usize::MAX))?;
            let storage = Storage::try_new_in(layout, self.source())?;
            let storage = TryArc::new_in(storage, self.source())?;
            self.vm = Some(stilt_vm::Store::new(storage, frames, id, self.limits()).map_err(vm_error)?);
        }
        self.vm.as_mut().ok_or(Error::fixed(&"the store is empty"))
    }

    /// The part below, made now if need be, and where storage comes from.
    #[inline]
    pub(crate) fn parts(&mut self) -> Result<(&mut stilt_vm::Store, StoreRooms<'_>)> {
        self.vm_mut()?;
        self.parts_if_any().ok_or(Error::fixed(&"the store is empty"))
    }

    /// The same, if anything was put into the store yet.
    #[inline(always)]
    pub(crate) fn parts_if_any(&mut self) -> Option<(&mut stilt_vm::Store, StoreRooms<'_>)> {
        let StoreOpaque { vm, given, engine, .. } = self;
        let vm = vm.as_mut()?;
        let (arena, memories) = match given {
            Some(Given { arena, memories }) => (Some(arena), memories.as_mut()),
            None => (None, None),
        };
        Some((vm, StoreRooms { source: Source::of(arena), memories: Source::of(memories), engine }))
    }

    /// Bytes that are left of what was given to the store, and to its memories.
    #[cfg(feature = "given-storage")]
    pub(crate) fn storage_left(&self) -> (usize, usize) {
        let memories = self.given.as_ref().and_then(|given| given.memories.as_ref());
        (self.given.as_ref().map_or(0, |given| given.arena.left()), memories.map_or(0, stilt_collections::Arena::left))
    }

    /// Bounds of the stack, where they are not 0.
    #[cfg(feature = "given-storage")]
    pub(crate) fn set_bounds(&mut self, stack: usize, lowest: usize) {
        if stack != 0 {
            self.stack = Some(stack);
        }
        if lowest != 0 {
            self.lowest_stack = lowest;
        }
        self.set_limits();
    }

    /// What was given to the store.
    #[cfg(feature = "given-storage")]
    pub(crate) const fn given(&self) -> Option<&Given> {
        self.given.as_ref()
    }

    /// What was given to the store, for changing.
    #[cfg(feature = "given-storage")]
    pub(crate) const fn given_mut(&mut self) -> Option<&mut Given> {
        self.given.as_mut()
    }

    /// The bytes of the interpreter's stack, if the store has none yet and a module needs it.
    #[cfg(feature = "given-storage")]
    pub(crate) fn needs_interpreter(&self, module: &Module) -> Option<usize> {
        let bytecode = module.image().image().fields().architecture() == Architecture::Pulley as u8;
        let has_one = self.vm.as_ref().is_some_and(stilt_vm::Store::has_interpreter);
        (bytecode && !has_one).then_some(self.limits().interpreter_stack as usize)
    }

    /// Gives storage to a store that has nothing yet.
    #[cfg(feature = "given-storage")]
    pub(crate) fn give(&mut self, given: Given) {
        self.given = Some(given);
    }

    /// Where what belongs to the store comes from.
    pub(crate) fn source(&mut self) -> Source<'_> {
        Source::of(self.given.as_mut().map(|given| &mut given.arena))
    }

    fn stack(&self) -> Option<usize> {
        self.stack
    }

    fn set_limits(&mut self) {
        let limits = self.limits();
        if let Some(vm) = &mut self.vm {
            vm.set_limits(limits);
        }
    }

    fn limits(&self) -> Limits {
        let stack = self.stack();
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
        let StoreOpaque { modules, given, .. } = self;
        modules.try_reserve_in(1, Source::of(given.as_mut().map(|given| &mut given.arena)))?;
        modules.push_within_capacity(module).map_err(|_| OutOfMemory::new(usize::MAX))?;
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
        let mut complete = true;
        self.visit_frames(trap, &mut |module, func, offset| {
            complete = frames.try_push(FrameInfo::new(module.clone(), func, offset)).is_ok();
            complete
        });
        if frames.is_empty() || !complete { None } else { Some(WasmBacktrace::new(frames)) }
    }

    /// Shows the frames that were recorded when the guest was stopped, the innermost first, until `see` says that it is enough:
    /// module, function, and the offset in the wasm file if it is known.
    pub(crate) fn visit_frames(&self, trap: bool, see: &mut dyn FnMut(&Module, u32, Option<u32>) -> bool) {
        let mut left = self.engine.config().backtrace_frames();
        let Some(vm) = &self.vm else { return };
        for (depth, address) in vm.frames().enumerate() {
            let found = self.modules.iter().find_map(|module| Some((module, module.vm().offset_of(address)?)));
            let Some((module, offset)) = found else { continue };
            let Some(func) = module.image().func_at(offset) else { continue };
            let sites = module.image().sites();
            let trapped = if trap && depth == 0 { sites.find_trap(offset) } else { None };
            let site = trapped.or_else(|| sites.find_call(offset));
            let Some(site) = site else {
                if left == 0 || !see(module, func, None) {
                    return;
                }
                left = left.saturating_sub(1);
                continue;
            };
            // A frame for each function that was inlined there, and one for the function whose code it is.
            let image = module.image();
            let callers = image.sites().callers(&site);
            for wasm in core::iter::once(site.wasm).chain(callers) {
                if left == 0 || !see(module, image.func_of(wasm).unwrap_or(func), Some(wasm)) {
                    return;
                }
                left = left.saturating_sub(1);
            }
        }
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
