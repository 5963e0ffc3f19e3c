//! `stilt_store`: a store of the runtime's, and who uses it now.
//!
//! INV-C-STORE: who sets `state` from idle to busy is the only one to refer to the store until it is idle again; who sets it from host to
//! busy is the only one to refer to the `Caller` that `caller` points to, whose host function waits for C meanwhile.

use core::cell::Cell;
use core::ffi::c_void;

use core::sync::atomic::{AtomicUsize, Ordering};

use stilt::raw;
use stilt::{
    AsContextMut, Caller, Error, InterruptHandle, ResourceLimiter, Result as Made, Store, StoreContextMut, StoreLimits,
    StoreLimitsBuilder, Trap,
};

use crate::engine::EngineObject;
use crate::failure::{ErrorInfo, Failure, Message, UNKNOWN, answer};
use crate::handle::{Handle, InstanceHandle, MemoryHandle};
use crate::object::{Object, Tagged, tag};
use crate::{Status, Text, pointer};

/// `stilt_store`.
pub(crate) type StoreObject = Object<Shared>;

/// `stilt_caller`: the store that a host function was called in.
pub(crate) type CallerObject = StoreObject;

impl Tagged for Shared {
    const TAG: usize = tag(*b"stor");
}

const IDLE: usize = 0;
/// Somebody refers to the store: a guest runs, or a function of this library.
const BUSY: usize = 1;
/// A host function runs: C may use the store through it.
const HOST: usize = 2;

/// A store, and who uses it.
pub(crate) struct Shared {
    control: Control,
    interrupt: InterruptHandle,
    store: core::cell::UnsafeCell<Store<Data>>,
}

/// What is looked at while others refer to the store.
pub(crate) struct Control {
    state: AtomicUsize,
    /// The innermost host function's.
    caller: Cell<*mut Caller<'static, Data>>,
    /// What a host function answered that was not good.
    answered: Cell<Status>,
    /// Whether what stopped a guest last was a trap.
    trapped: Cell<bool>,
    /// What stopped the guest that the innermost host function has called last, for which its STILT_TRAP stands.
    handed: Cell<Option<Stopped>>,
    user: *mut c_void,
}

/// A trap, with function and offset.
type Stopped = (Trap, u32, u32);

/// What the runtime's store keeps of ours.
pub(crate) struct Data {
    control: *const Control,
    limits: StoreLimits,
}

// SAFETY: a store is used by one thread at a time (INV-C-CALLER), and so is what it leads to.
unsafe impl Send for Data {}
// SAFETY: as above.
unsafe impl Sync for Data {}

impl core::fmt::Debug for Shared {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Data {
    pub(crate) fn control(&self) -> &Control {
        // SAFETY: it lies in the store's object, which is alive while its store is.
        unsafe { &*self.control }
    }
}

impl Control {
    /// Notes that a guest was stopped: what C is told of it.
    pub(crate) fn failure(&self, context: StoreContextMut<'_, Data>, error: stilt::Error) -> Failure {
        let answered = self.answered.replace(Status::OK);
        let mut failure = if answered == Status::OK { Failure::from(error) } else { Failure::from(answered) };
        let trap = failure.trap;
        self.trapped.set(trap.is_some());
        if trap.is_some() {
            raw::visit_frames(&context, true, &mut |_, function, offset| {
                failure.function = function;
                failure.offset = offset.unwrap_or(UNKNOWN);
                false
            });
        } else if answered == Status::TRAP
            && let Some((trap, function, offset)) = self.handed.get()
        {
            failure = Failure { trap: Some(trap), function, offset, ..failure };
        }
        self.handed.set(failure.trap.map(|trap| (trap, failure.function, failure.offset)));
        failure
    }

    /// Lets C use the store through the caller of a host function while `run` runs.
    pub(crate) fn lend(&self, caller: &mut Caller<'_, Data>, run: impl FnOnce() -> Status) -> Status {
        let lent: *mut Caller<'_, Data> = caller;
        // The longer lifetime is used by nobody: only what `run` calls follows the pointer.
        let outer = self.caller.replace(lent.cast());
        let state = self.state.swap(HOST, Ordering::Relaxed);
        let handed = self.handed.take();
        let status = run();
        if status != Status::TRAP {
            self.handed.set(handed);
        }
        self.state.store(state, Ordering::Relaxed);
        self.caller.set(outer);
        status
    }

    /// Keeps what a host function answered.
    pub(crate) fn answered(&self, status: Status) {
        self.answered.set(status);
    }
}

impl StoreObject {
    /// Does something with the store, if nobody else does.
    pub(crate) fn with<R>(
        &self,
        action: impl FnOnce(StoreContextMut<'_, Data>) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let shared = self.as_ref();
        let state = shared.control.state.load(Ordering::Relaxed);
        if state == BUSY {
            return Err(Status::BUSY.into());
        }
        shared.control.state.store(BUSY, Ordering::Relaxed);
        let result = if state == IDLE {
            // SAFETY: it was idle, so nobody refers to it (INV-C-STORE).
            let store = unsafe { &mut *shared.store.get() };
            action(store.as_context_mut())
        } else {
            // SAFETY: a host function runs, which waits for C and has lent its caller (INV-C-STORE).
            let caller = unsafe { &mut *shared.control.caller.get() };
            action(caller.as_context_mut())
        };
        shared.control.state.store(state, Ordering::Relaxed);
        result
    }

    /// The same where a status is all that can be told.
    pub(crate) fn status<R>(
        &self,
        action: impl FnOnce(StoreContextMut<'_, Data>) -> Result<R, Status>,
    ) -> Result<R, Status> {
        self.with(|context| action(context).map_err(Failure::from)).map_err(|failure| failure.status)
    }

    pub(crate) fn control(&self) -> &Control {
        &self.as_ref().control
    }

    /// The instance that called the host function that runs; `None`: the host did.
    fn caller(&self) -> Result<Option<stilt::Instance>, Status> {
        let control = self.control();
        if control.state.load(Ordering::Relaxed) != HOST {
            return Err(Status::NOT_ALIVE);
        }
        // SAFETY: a host function runs, which waits for C and has lent its caller (INV-C-STORE).
        let caller = unsafe { &*control.caller.get() };
        Ok(caller.instance())
    }
}

/// The limits of the store's configuration.
impl ResourceLimiter for Data {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Made<bool> {
        self.limits.memory_growing(current, desired, maximum)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Made<bool> {
        self.limits.table_growing(current, desired, maximum)
    }

    fn instances(&self) -> usize {
        self.limits.instances()
    }

    fn tables(&self) -> usize {
        self.limits.tables()
    }

    fn memories(&self) -> usize {
        self.limits.memories()
    }
}

/// `stilt_store_config`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct StoreConfig {
    user: *mut c_void,
    stack_size: usize,
    stack_lowest: usize,
    most_memory_size: usize,
    most_table_elements: usize,
    most_instances: usize,
    most_memories: usize,
    most_tables: usize,
    memory_storage: *mut c_void,
    memory_storage_size: usize,
}

impl StoreConfig {
    const NONE: StoreConfig = StoreConfig {
        user: core::ptr::null_mut(),
        stack_size: 0,
        stack_lowest: 0,
        most_memory_size: 0,
        most_table_elements: 0,
        most_instances: 0,
        most_memories: 0,
        most_tables: 0,
        memory_storage: core::ptr::null_mut(),
        memory_storage_size: 0,
    };

    fn limits(&self) -> StoreLimits {
        let mut limits = StoreLimitsBuilder::new();
        if self.most_memory_size != 0 {
            limits = limits.memory_size(self.most_memory_size);
        }
        if self.most_table_elements != 0 {
            limits = limits.table_elements(self.most_table_elements);
        }
        let count = |most: usize| if most == 0 { 10_000 } else { most };
        limits = limits.instances(count(self.most_instances)).memories(count(self.most_memories));
        limits.tables(count(self.most_tables)).build()
    }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_store_new(
    engine: *const EngineObject,
    storage: *mut c_void,
    size: usize,
    config: *const StoreConfig,
    store: *mut *const StoreObject,
    error: *mut ErrorInfo,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let made = unsafe { new(engine, storage, size, config, store) };
    // SAFETY: INV-C-CALLER.
    unsafe { answer(made, error) }
}

/// # Safety
/// INV-C-CALLER.
unsafe fn new(
    engine: *const EngineObject,
    storage: *mut c_void,
    size: usize,
    config: *const StoreConfig,
    out: *mut *const StoreObject,
) -> Result<(), Failure> {
    // SAFETY: INV-C-CALLER.
    let owner = unsafe { Object::alive(engine) }?;
    let engine = owner.engine();
    pointer::place(out)?;
    let config = if config.is_null() {
        StoreConfig::NONE
    } else {
        // SAFETY: INV-C-CALLER.
        *unsafe { pointer::given(config) }?
    };
    owner.leaves(storage, size)?;
    if !config.memory_storage.is_null() {
        owner.leaves(config.memory_storage, config.memory_storage_size)?;
        pointer::apart((storage, size), (config.memory_storage, config.memory_storage_size))?;
    }
    // SAFETY: INV-C-CALLER.
    let (place, rest) = unsafe { pointer::storage::<StoreObject>(storage, size, Store::<Data>::storage_size(engine)) }?;
    let memories = if config.memory_storage.is_null() {
        None
    } else {
        // SAFETY: INV-C-CALLER.
        Some(unsafe { pointer::plain_storage(config.memory_storage, config.memory_storage_size) }?)
    };
    let data = Data { control: core::ptr::null(), limits: config.limits() };
    if config.stack_size == 0 && config.stack_lowest == 0 && !raw::has_stack_bound(engine) {
        let message = Error::fixed(&"the stack has no bound: stack_size of the engine or the store, or stack_lowest");
        return Err(Failure { message: Message::Error(message), ..Status::INVALID.into() });
    }
    let mut store = Store::bounded_in(engine, data, rest, config.stack_size, config.stack_lowest)?;
    store.limiter(|data| data);
    if let Some(memories) = memories {
        store.memories_in(memories)?;
    }
    let interrupt = store.interrupt_handle()?;
    let control = Control {
        state: AtomicUsize::new(IDLE),
        caller: Cell::new(core::ptr::null_mut()),
        answered: Cell::new(Status::OK),
        trapped: Cell::new(false),
        handed: Cell::new(None),
        user: config.user,
    };
    // SAFETY: INV-C-CALLER.
    unsafe { pointer::put(out, place.as_ptr().cast_const()) }?;
    // SAFETY: the place is storage for it.
    unsafe { Object::make(place, Shared { control, interrupt, store: core::cell::UnsafeCell::new(store) }) };
    // SAFETY: it was just made.
    let object = unsafe { place.as_ref() };
    let control: *const Control = object.control();
    object.with(|mut context| {
        context.data_mut().control = control;
        Ok(())
    })
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_store_drop(store: *const StoreObject) -> Status {
    // SAFETY: INV-C-CALLER.
    let object = match unsafe { Object::alive(store) } {
        Ok(object) => object,
        Err(status) => return status,
    };
    if object.control().state.load(Ordering::Relaxed) != IDLE {
        return Status::BUSY;
    }
    // SAFETY: nobody uses it, as it is idle, and C does not any more.
    unsafe { object.end() };
    Status::OK
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_store_user(store: *const StoreObject) -> *mut c_void {
    // SAFETY: INV-C-CALLER.
    match unsafe { Object::alive(store) } {
        Ok(object) => object.control().user,
        Err(_) => core::ptr::null_mut(),
    }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_store_left(
    store: *const StoreObject,
    storage: *mut usize,
    memory_storage: *mut usize,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let left =
        unsafe { Object::alive(store) }.and_then(|object| object.status(|context| Ok(raw::storage_left(&context))));
    left.and_then(|(left, memories)| {
        pointer::place_if_wanted(memory_storage)?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put_if_wanted(storage, left) }?;
        // SAFETY: INV-C-CALLER.
        unsafe { pointer::put_if_wanted(memory_storage, memories) }
    })
    .into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_store_set_stack(store: *const StoreObject, size: usize, lowest: usize) -> Status {
    // SAFETY: INV-C-CALLER.
    let object = match unsafe { Object::alive(store) } {
        Ok(object) => object,
        Err(status) => return status,
    };
    object
        .status(|mut context| {
            raw::set_stack(&mut context, size, lowest);
            Ok(())
        })
        .into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_store_interrupter(
    store: *const StoreObject,
    interrupter: *mut *const InterruptHandle,
) -> Status {
    // SAFETY: INV-C-CALLER.
    match unsafe { Object::alive(store) } {
        // SAFETY: INV-C-CALLER.
        Ok(object) => unsafe { pointer::put(interrupter, &raw const object.as_ref().interrupt) }.into(),
        Err(status) => status,
    }
}

/// See stilt.h.
///
/// # Safety
/// `interrupter` is null, or of a store that is alive.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_interrupt(interrupter: *const InterruptHandle) {
    // SAFETY: the caller's promise.
    if let Ok(handle) = unsafe { pointer::given(interrupter) } {
        handle.interrupt();
    }
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_caller_store(caller: *const CallerObject) -> *const StoreObject {
    caller
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_caller_instance(
    caller: *const CallerObject,
    instance: *mut InstanceHandle,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let found = unsafe { Object::alive(caller) }.and_then(StoreObject::caller);
    let found = found.and_then(|found| found.ok_or(Status::NO_EXPORT));
    // SAFETY: INV-C-CALLER.
    found.and_then(|found| unsafe { pointer::put(instance, Handle::new(found)) }).into()
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_caller_memory(caller: *const CallerObject, memory: *mut MemoryHandle) -> Status {
    // SAFETY: INV-C-CALLER.
    let found = unsafe { Object::alive(caller) }.and_then(|object| {
        let instance = object.caller()?.ok_or(Status::NO_EXPORT)?;
        object.status(|context| instance.get_memory(context, "memory").ok_or(Status::NO_EXPORT))
    });
    // SAFETY: INV-C-CALLER.
    found.and_then(|found| unsafe { pointer::put(memory, Handle::new(found)) }).into()
}

/// `stilt_frame`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Frame {
    function: u32,
    offset: u32,
    module_name: Text,
    function_name: Text,
}

/// See stilt.h.
///
/// # Safety
/// INV-C-CALLER.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn stilt_store_backtrace(
    store: *const StoreObject,
    frames: *mut Frame,
    capacity: usize,
    count: *mut usize,
) -> Status {
    // SAFETY: INV-C-CALLER.
    let written = unsafe { Object::alive(store) }.and_then(|object| {
        pointer::place(count)?;
        if capacity != 0 {
            pointer::place(frames)?;
        }
        let trapped = object.control().trapped.get();
        let mut written = 0usize;
        object.status(|context| {
            raw::visit_frames(&context, trapped, &mut |module, function, offset| {
                if written >= capacity {
                    return false;
                }
                let frame = Frame {
                    function,
                    offset: offset.unwrap_or(UNKNOWN),
                    module_name: Text::of(module.name().unwrap_or_default()),
                    function_name: Text::of(raw::func_name(module, function).unwrap_or_default()),
                };
                // SAFETY: C has room for `capacity` frames (INV-C-CALLER).
                let place = unsafe { frames.add(written) };
                // SAFETY: as above.
                unsafe { place.write(frame) };
                written = written.wrapping_add(1);
                true
            });
            Ok(())
        })?;
        Ok(written)
    });
    // SAFETY: INV-C-CALLER.
    written.and_then(|written| unsafe { pointer::put(count, written) }).into()
}
