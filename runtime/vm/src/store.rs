//! What all instances of a store share: the structure that compiled code sees, and behind it what only this crate needs.
//!
//! INV-STORE: a store's block starts with its [`VmStoreContext`], lies still and lives as long as its [`Store`]. Every
//! context's `store` points to it. Only one thread at a time uses it: whoever has the `Store`, or compiled code that was
//! entered by who has it; only the interrupt word is written by others.

use core::alloc::Layout;
use core::cell::Cell;
use core::mem::size_of;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicUsize, Ordering};

use stilt_artifact::target::{Architecture, Convention};
use stilt_artifact::trap::TrapCode;
use stilt_collections::{Storage, TryArc};

use crate::activation::{Activation, Hooks};
use crate::backtrace;
use crate::block::Blocks;
use crate::builtins;
use crate::error::VmError;
use crate::host::HostHead;
use crate::id::StoreId;
use crate::instance::InstanceHead;
use crate::interpreter::Interpreter;
use crate::memory::MemoryBlock;
use crate::structs::{Aligned64, VmStoreContext};

/// The bounds of the stack.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that compiled code may use below the stack pointer at the outermost entry.
    pub wasm_stack: usize,
    /// The lowest address of the stack, if the embedder knows it; else 0.
    pub lowest: usize,
    /// Bytes of the interpreter's own stack, if there is one.
    pub interpreter_stack: u32,
    /// Bytes above `lowest` that are kept for host functions and builtins. The largest frame that the store's code takes before
    /// it tests the stack comes on top.
    pub reserve: usize,
    /// Whether images that rely on hardware traps may come into the store; the crate above lets none load if not.
    pub hardware: bool,
}

/// What an image's code can share a store with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ground {
    pub(crate) architecture: Architecture,
    pub(crate) convention: Convention,
}

/// What a store's interpreter is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "pulley"), expect(dead_code, reason = "there is no interpreter"))]
pub(crate) enum Next {
    /// To go on where it was left.
    Resume,
    /// To go on at the landing pad.
    Unwind,
    /// It is being made, and its stack is asked for: who answers is [`NoHeap`](crate::NoHeap), or another allocator.
    Ask,
    /// [`NoHeap`](crate::NoHeap) has answered that the store shall give the stack.
    Want,
    /// The store gives the stack, whose address is in `frames_last`.
    Offer,
}

/// A store's block.
#[repr(C)]
pub(crate) struct StoreBlock {
    pub(crate) context: VmStoreContext,
    pub(crate) id: StoreId,
    pub(crate) blocks: Blocks,
    /// Instances, the newest first.
    pub(crate) instances: Cell<Option<NonNull<InstanceHead>>>,
    /// Memories, the newest first.
    pub(crate) memories: Cell<Option<NonNull<MemoryBlock>>>,
    /// Host functions that wasm may have a reference to and for whose type there is no trampoline yet.
    pub(crate) waiting: Cell<Option<NonNull<HostHead>>>,
    /// The innermost activation's `&mut S`, as a pointer (INV-HOST in `activation`).
    pub(crate) host: Cell<*mut ()>,
    /// What the store is used with: known before the first code runs in it (`Drop for Store` relies on that), and then the same
    /// for good.
    pub(crate) hooks: Cell<Option<&'static Hooks>>,
    /// The innermost of the activations that wait for another; null if none does.
    pub(crate) activation: Cell<*const Activation>,
    /// The stack pointer where the activation that runs was begun; 0 if none runs.
    pub(crate) here: Cell<usize>,
    /// Its bound of the machine's own stack.
    pub(crate) native_limit: Cell<usize>,
    pub(crate) limits: Cell<Limits>,
    /// The largest frame that code of the store takes before it tests the stack.
    max_frame: Cell<usize>,
    /// The lowest stack pointer that guests may have wherever they are entered: [`StoreBlock::set_floor`].
    pub(crate) floor: Cell<usize>,
    /// The trap that the innermost activation is stopped by, or [`HOST_ERROR`](crate::activation::HOST_ERROR); 0 if it is not.
    pub(crate) trap: Cell<u8>,
    /// What the interpreter is to do next.
    pub(crate) next: Cell<Next>,
    pub(crate) ground: Cell<Option<Ground>>,
    pub(crate) frames_capacity: u32,
    pub(crate) interpreter: Cell<Option<NonNull<Interpreter>>>,
    /// The buffer of backtraces lies behind this structure: words as `backtrace` writes them.
    pub(crate) frames: NonNull<Cell<u32>>,
    pub(crate) frames_len: Cell<usize>,
    /// The last address in it.
    pub(crate) frames_last: Cell<usize>,
}

impl StoreBlock {
    pub(crate) fn interpreted(&self) -> bool {
        self.ground.get().is_some_and(|ground| ground.architecture == Architecture::Pulley)
    }

    /// Notes which trap it was. An interrupt that has been heard is over: the store can be used again.
    pub(crate) fn trapped(&self, code: u8) {
        if code == TrapCode::Interrupt as u8 {
            self.context.interrupt.store(0, Ordering::Relaxed);
        }
        self.trap.set(code);
    }

    /// Notes that code comes into the store which takes frames as large as this before it tests the stack.
    pub(crate) fn add_max_frame(&self, frame: usize) {
        self.max_frame.update(|largest| largest.max(frame));
        self.set_floor();
    }

    fn set_floor(&self) {
        let limits = self.limits.get();
        let above = limits.reserve.saturating_add(self.max_frame.get());
        self.floor.set(limits.lowest.saturating_add(above));
    }
}

/// A store's part in this crate: it owns all that its instances consist of.
pub struct Store {
    block: NonNull<StoreBlock>,
    storage: TryArc<Storage>,
}

/// Asks the guests of a store to stop, from any thread, for as long as one likes.
#[derive(Clone)]
pub struct InterruptHandle {
    /// The interrupt word, in the storage that is held with it.
    word: NonNull<AtomicUsize>,
    _storage: TryArc<Storage>,
}

// SAFETY: all that is reached through it is one atomic word.
unsafe impl Send for InterruptHandle {}
// SAFETY: as above.
unsafe impl Sync for InterruptHandle {}

impl InterruptHandle {
    /// Sets the interrupt word, which is one store: an interrupt handler, a signal handler or another core may do it. Guests whose
    /// code was compiled to test it trap at their next test, and the trap clears the word. If none runs, the next one does.
    pub fn interrupt(&self) {
        // SAFETY: the storage that the word lies in is held; only atomics reach the word.
        unsafe { self.word.as_ref() }.store(usize::MAX, Ordering::Relaxed);
    }
}

impl core::fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("InterruptHandle").field("word", &self.word).finish_non_exhaustive()
    }
}

// SAFETY: all that a store owns is `Send`: storage, and what blocks hold (host functions, module owners: by their
// bounds). The store is used by one thread at a time (INV-STORE).
unsafe impl Send for Store {}
// SAFETY: a `&Store` reads cells that only `&mut Store`, or code entered by its holder, changes.
unsafe impl Sync for Store {}

impl core::fmt::Debug for Store {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Store").field("block", &self.block).finish_non_exhaustive()
    }
}

impl Store {
    /// The storage that [`Store::new`] takes, for backtraces of at most `frames` frames.
    #[must_use]
    pub fn layout(frames: usize) -> Option<Layout> {
        let frames = Layout::array::<u32>(backtrace::words(frames)? as usize).ok()?;
        Some(Layout::new::<StoreBlock>().extend(frames).ok()?.0.pad_to_align())
    }

    /// Bytes of the storage that [`Store::new`] takes without backtraces; a backtrace takes 4 for each frame, and 8, and is aligned
    /// to as many as [`Store::ALIGN`].
    pub const SIZE: usize = size_of::<StoreBlock>();

    /// Alignment of that storage.
    pub const ALIGN: usize = core::mem::align_of::<StoreBlock>();

    /// A store in `storage` of [`Store::layout`], which nobody else uses.
    ///
    /// # Errors
    /// The storage is too small or not aligned.
    pub fn new(storage: TryArc<Storage>, frames: usize, id: StoreId, limits: Limits) -> Result<Store, VmError> {
        if Store::layout(frames).is_none_or(|layout| storage.len() < layout.size() || storage.align() < layout.align())
        {
            return Err(VmError::mismatch("the storage of a store is too small"));
        }
        let block = storage.as_ptr().cast::<StoreBlock>();
        // SAFETY: the storage is long enough for the block and the frames behind it, as compared.
        let buffer = unsafe { block.add(1) }.cast::<Cell<u32>>();
        let word = Cell::new(0);
        let value = StoreBlock {
            context: VmStoreContext {
                stack_limit: word.clone(),
                interrupt: AtomicUsize::new(0),
                fuel: Aligned64(Cell::new(0)),
                entry_fp: word.clone(),
                entry_sp: word.clone(),
                entry_pc: word.clone(),
                exit_fp: word.clone(),
                exit_pc: word,
                group_core: Cell::new(builtins::core_table()),
                group_memory: Cell::new(builtins::memory_table()),
                group_table: Cell::new(builtins::table_table()),
                group_float: Cell::new(builtins::float_table()),
            },
            id,
            blocks: Blocks::default(),
            instances: Cell::new(None),
            memories: Cell::new(None),
            waiting: Cell::new(None),
            host: Cell::new(null_mut()),
            hooks: Cell::new(None),
            activation: Cell::new(core::ptr::null()),
            here: Cell::new(0),
            native_limit: Cell::new(0),
            limits: Cell::new(limits),
            max_frame: Cell::new(0),
            floor: Cell::new(0),
            trap: Cell::new(0),
            next: Cell::new(Next::Resume),
            ground: Cell::new(None),
            frames_capacity: backtrace::words(frames).unwrap_or(0),
            interpreter: Cell::new(None),
            frames: buffer,
            frames_len: Cell::new(0),
            frames_last: Cell::new(0),
        };
        // SAFETY: the storage is long enough and aligned, as compared, and ours.
        unsafe { block.write(value) };
        let store = Store { block, storage };
        store.block().set_floor();
        Ok(store)
    }

    /// The store's number.
    #[must_use]
    pub fn id(&self) -> StoreId {
        self.block().id
    }

    /// Changes the bounds of the stack, from the next outermost entry on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.block().limits.set(limits);
        self.block().set_floor();
    }

    /// The bounds of the stack.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.block().limits.get()
    }

    /// What stops the store's guests.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        let word = NonNull::from(&self.block().context.interrupt);
        InterruptHandle { word, _storage: self.storage.clone() }
    }

    /// Whether it has made its interpreter.
    #[must_use]
    pub fn has_interpreter(&self) -> bool {
        self.block().interpreter.get().is_some()
    }

    /// Forgets the frames of the last backtrace.
    pub fn forget_frames(&mut self) {
        self.block().frames_len.set(0);
    }

    /// The frames of the last backtrace: addresses in code, the innermost first.
    pub fn frames(&self) -> impl Iterator<Item = usize> + '_ {
        backtrace::frames(self.block())
    }

    pub(crate) fn block(&self) -> &StoreBlock {
        // SAFETY: the block lives as long as the store (INV-STORE); all that changes in it is in cells.
        unsafe { self.block.as_ref() }
    }

    /// Notes that all memories may have been written to.
    fn touch_memories(&self) {
        let mut next = self.block().memories.get();
        while let Some(memory) = next {
            // SAFETY: memories in the list are alive (INV-BLOCK).
            let memory = unsafe { memory.as_ref() };
            memory.touch();
            next = memory.next.get();
        }
    }

    pub(crate) const fn block_ptr(&self) -> NonNull<StoreBlock> {
        self.block
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Without it no code of a guest's has ever run in the store, which could have written to memories.
        if self.block().hooks.get().is_some() {
            self.touch_memories();
        }
        // SAFETY: nobody uses the store any more, so no pointer into its blocks is followed again (INV-HANDLE); dropping
        // a block follows none (each `drop` says so).
        unsafe { self.block().blocks.clear() };
        const { assert!(!core::mem::needs_drop::<VmStoreContext>(), "nothing to drop in the block itself") };
        const { assert!(size_of::<Option<NonNull<Interpreter>>>() == size_of::<usize>(), "a pointer") };
    }
}
