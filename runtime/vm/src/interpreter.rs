//! Running Pulley bytecode: the same builtins and host functions as native code, called by a loop. Values that fit into the
//! interpreter's registers are put there and taken from there directly; others go through the same trampolines as in native code.
//!
//! One interpreter per store, with a stack of its own, which all activations of the store share. Pulley asks the allocator for it,
//! the one thing here that is not given by the caller; unless the allocator is [`NoHeap`](crate::NoHeap), which asks the store for it.

use core::alloc::Layout;
use core::mem::{offset_of, size_of, transmute};
use core::ptr::NonNull;

use pulley_interpreter::interp::{DoneReason, TrapKind, Val, Vm, XRegVal};
use pulley_interpreter::{Opcode, XReg};
use stilt_artifact::builtins::{HOST_CALL_FUNCTION, HOST_CALL_REGISTERS, MAX_ARGUMENTS};
use stilt_artifact::bytecode;
use stilt_artifact::target::Architecture;
use stilt_artifact::trap::TrapCode;
use stilt_collections::OutOfMemory;
use stilt_platform_abi::tls;

use crate::activation::{HostFn, Words};
use crate::backtrace;
use crate::block::{Block, Rooms};
use crate::builtins::{Builtin1, Builtin2, Builtin3, Builtin4};
use crate::error::VmError;
use crate::func::Callee;
use crate::signals;
use crate::store::{Ground, Next, Store, StoreBlock};
use crate::structs::VmContext;
use registers::Kept;

mod host_function;
mod registers;
#[cfg(all(stilt_disable_interp_floats, target_os = "none", any(target_arch = "arm", target_arch = "riscv32")))]
mod without_floats;

/// Whether this build has the interpreter.
pub(crate) const SUPPORTED: bool = true;

/// Whether it has operations on vectors.
pub const VECTORS: bool = cfg!(not(pulley_disable_interp_simd));

/// Whether it has operations on floats.
pub const FLOATS: bool = cfg!(not(stilt_disable_interp_floats));

/// A store's interpreter.
pub(crate) struct Interpreter {
    vm: Vm,
    /// The lowest stack pointer, for code that tests it before it takes much. The interpreter tests all that is taken.
    stack_limit: usize,
    /// The frame pointer while nothing runs.
    idle: *mut u8,
}

/// Bytes of a store's storage that an interpreter takes, beside its stack.
pub const SIZE: usize = size_of::<InterpreterBlock>();

#[repr(C)]
struct InterpreterBlock {
    block: Block,
    interpreter: Interpreter,
}

unsafe fn drop_interpreter(block: NonNull<Block>) {
    // SAFETY: it is an `InterpreterBlock`'s (INV-BLOCK).
    let interpreter = unsafe { block.byte_add(offset_of!(InterpreterBlock, interpreter)) }.cast::<Interpreter>();
    // SAFETY: dropped once, with its block. It knows no pointers into the store.
    unsafe { interpreter.drop_in_place() };
}

impl Store {
    /// Gives the store an interpreter if its code is to be bytecode.
    pub(crate) fn prepare_ground(&mut self, ground: Ground, rooms: &mut dyn Rooms) -> Result<(), VmError> {
        let block = self.block();
        if ground.architecture == Architecture::Pulley && block.interpreter.get().is_none() {
            let size = block.limits.get().interpreter_stack as usize;
            let mut vm = machine(block, size, rooms)?;
            // SAFETY: the register exists.
            let top = xreg(&mut vm, XReg::sp).get_ptr::<u8>().expose_provenance();
            let stack_limit = top.saturating_sub(size);
            let idle = vm.fp();
            let storage = rooms.room(Layout::new::<InterpreterBlock>())?;
            let place = storage.as_ptr().cast::<InterpreterBlock>();
            let value = InterpreterBlock {
                block: Block::new(storage, drop_interpreter),
                interpreter: Interpreter { vm, stack_limit, idle },
            };
            // SAFETY: the storage was asked for with this layout, and is ours.
            unsafe { place.write(value) };
            // SAFETY: the block was just made, with the drop that fits it (INV-BLOCK), and is in no list.
            unsafe { block.blocks.push(place.cast()) };
            // SAFETY: the field lies within the block.
            let interpreter = unsafe { place.byte_add(offset_of!(InterpreterBlock, interpreter)) };
            block.interpreter.set(Some(interpreter.cast()));
        }
        Ok(())
    }
}

/// Pulley's machine with a stack of `size` bytes.
fn machine(block: &StoreBlock, size: usize, rooms: &mut dyn Rooms) -> Result<Vm, VmError> {
    const TOO_LARGE: OutOfMemory = OutOfMemory::new(usize::MAX);
    let asked = asking(block, Next::Ask, || Vm::with_stack(size));
    let vm = match asked {
        (Ok(vm), _) => Ok(vm),
        (Err(_), Next::Want) => {
            let size = size.checked_next_multiple_of(STACK_ALIGN).ok_or(TOO_LARGE)?;
            let layout = Layout::from_size_align(size, STACK_ALIGN).map_err(|_| TOO_LARGE)?;
            // It is a part of storage that goes with the store, and the interpreter with it: nobody has to own it.
            let stack = rooms.room(layout)?;
            block.frames_len.set(0);
            block.frames_last.set(stack.as_ptr().as_ptr().expose_provenance());
            asking(block, Next::Offer, || Vm::with_stack(size)).0
        }
        (Err(error), _) => Err(error),
    };
    Ok(vm.map_err(|_| OutOfMemory::new(size))?)
}

/// Alignment of a stack.
const STACK_ALIGN: usize = 16;

/// Does something while the thread's allocator can find the store; and what came of it.
fn asking<R>(block: &StoreBlock, next: Next, make: impl FnOnce() -> R) -> (R, Next) {
    let outer = tls::load();
    tls::store((&raw const *block).cast_mut().cast());
    block.next.set(next);
    let made = make();
    tls::store(outer);
    (made, block.next.replace(Next::Resume))
}

/// What [`NoHeap`](crate::NoHeap) answers: the stack that the store of this thread gives, for which it is asked first; else null.
pub(crate) fn given_stack(layout: Layout) -> *mut u8 {
    // SAFETY: the slot points to the block of a store whose code runs on this thread, or that makes its interpreter (INV-TLS).
    let Some(block) = (unsafe { tls::load().cast::<StoreBlock>().as_ref() }) else { return core::ptr::null_mut() };
    match block.next.get() {
        Next::Ask if layout.align() <= STACK_ALIGN => block.next.set(Next::Want),
        Next::Offer if layout.align() <= STACK_ALIGN && layout.size() <= stack_size(block) => {
            block.next.set(Next::Resume);
            return core::ptr::with_exposed_provenance_mut(block.frames_last.get());
        }
        _ => {}
    }
    core::ptr::null_mut()
}

/// Bytes of the stack that a store offers.
fn stack_size(block: &StoreBlock) -> usize {
    (block.limits.get().interpreter_stack as usize).next_multiple_of(STACK_ALIGN)
}

fn xreg(vm: &mut Vm, reg: XReg) -> &mut XRegVal {
    &mut vm[reg]
}

/// How bytecode is entered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// Through an entry trampoline.
    Trampoline(NonNull<u8>),
    /// With values in registers, by the bytes of the callee's types.
    Registers,
}

impl Way {
    /// For functions of a type, by its bytes; `trampoline` is its entry trampoline, if it has one.
    pub(crate) fn of(params: &[u8], results: &[u8], trampoline: Option<NonNull<u8>>) -> Option<Way> {
        if !bytecode::fits(params) || !bytecode::fits(results) {
            return trampoline.map(Way::Trampoline);
        }
        Some(Way::Registers)
    }
}

/// Calls bytecode. What comes back means nothing if the callee was unwound, as the store notes.
pub(crate) fn run(block: &StoreBlock, callee: &Callee, way: Way, words: Words) -> u64 {
    let mut words = words;
    let [first, ..] = words;
    let slots = address::<u64>(first);
    let values = match callee.crossing as usize {
        0 => &mut words[..],
        // SAFETY: then the first word is the address of so many slots, which are the caller's (`activation::call`).
        slots_count => unsafe { core::slice::from_raw_parts_mut(slots, slots_count) },
    };
    let Some(interpreter) = block.interpreter.get() else {
        block.trap.set(TrapCode::Internal as u8);
        return 0;
    };
    // The reference ends before anything else runs that could use the interpreter, here and below.
    // SAFETY: the interpreter lives as long as the store, and nobody else uses it now.
    let this = unsafe { &mut *interpreter.as_ptr() };
    block.context.stack_limit.set(this.stack_limit);
    // Until the trampoline has written it, there is no landing pad.
    block.context.entry_pc.set(0);
    block.next.set(Next::Resume);
    let (fp, lr) = (this.vm.fp(), this.vm.lr());
    let sp = xreg(&mut this.vm, XReg::sp).get_ptr::<u8>();
    let mut kept = None;
    let mut pc = match way {
        Way::Trampoline(entry) => {
            let args = [pointer((&raw const callee.target).cast_mut()), pointer(slots)];
            // SAFETY: the arguments of an entry trampoline whose values cross in slots, as the contract has them: those that do not
            // fit into the interpreter's registers do not fit into fewer.
            unsafe { this.vm.call_start(&args) };
            entry
        }
        Way::Registers => {
            // What an entry trampoline would leave: the bound of backtraces. There is nothing to land on.
            let mut bound = usize::MAX;
            if fp != this.idle {
                bound = fp.expose_provenance();
                // Another activation goes on when this one is unwound.
                kept = Some(Kept::save(&this.vm));
            }
            block.context.entry_fp.set(bound);
            // SAFETY: the context; the other arguments follow.
            unsafe { this.vm.call_start(&[pointer(callee.target.context.as_ptr())]) };
            // SAFETY: the store lives, and with it the module that has the callee.
            let (params, _) = unsafe { callee.types() };
            registers::put(&mut this.vm, 1, params, values);
            // A function's code is not null.
            NonNull::new(callee.target.code.cast_mut()).unwrap_or(NonNull::dangling())
        }
    };
    let returned = loop {
        // SAFETY: as at the start: nobody else uses the interpreter between two host calls.
        let this = unsafe { &mut *interpreter.as_ptr() };
        // SAFETY: `pc` is in bytecode of the store (INV-CODE): the trampoline, a landing pad, or where a host call returns to.
        match unsafe { this.vm.call_run(pc) } {
            DoneReason::ReturnToHost(()) => break true,
            DoneReason::CallIndirectHost { id: HOST_CALL_REGISTERS, resume } => {
                // SAFETY: compiled code has called such a trampoline; nobody else uses the interpreter.
                if let Some(next) = unsafe { host_function::call(block, interpreter, resume) } {
                    pc = next;
                    continue;
                }
                block.next.set(Next::Resume);
                // SAFETY: the host function is over; nobody else uses the interpreter.
                match landing_pad(block, unsafe { &mut *interpreter.as_ptr() }) {
                    Some(pad) => pc = pad,
                    None => break false,
                }
            }
            DoneReason::CallIndirectHost { id, resume } => {
                let registers = [
                    xreg(&mut this.vm, XReg::x0).get_u64(),
                    xreg(&mut this.vm, XReg::x1).get_u64(),
                    xreg(&mut this.vm, XReg::x2).get_u64(),
                    xreg(&mut this.vm, XReg::x3).get_u64(),
                    xreg(&mut this.vm, XReg::x4).get_u64(),
                    xreg(&mut this.vm, XReg::x5).get_u64(),
                ];
                // SAFETY: compiled code makes a host call of this number with these arguments (INV-CODE).
                let result = unsafe { host_call(id, registers) };
                // SAFETY: the host call is over, with all that it ran; nobody else uses the interpreter.
                let this = unsafe { &mut *interpreter.as_ptr() };
                if block.next.replace(Next::Resume) == Next::Unwind {
                    match landing_pad(block, this) {
                        Some(pad) => pc = pad,
                        None => break false,
                    }
                } else {
                    xreg(&mut this.vm, XReg::x0).set_u64(result);
                    pc = resume;
                }
            }
            DoneReason::Trap { pc: at, kind } => {
                // SAFETY: an instruction of bytecode begins there, with its opcode (INV-CODE).
                let opcode = unsafe { at.read() };
                let at = at.as_ptr().expose_provenance();
                block.trapped(trap_code(block, at, kind) as u8);
                block.context.exit_pc.set(at);
                block.context.exit_fp.set(this.vm.fp().expose_provenance());
                // A frame that could not be had: frame pointer and return address are still the caller's.
                let frameless = opcode == Opcode::PushFrame as u8 || opcode == Opcode::PushFrameSave as u8;
                backtrace::capture(block, if frameless { this.vm.lr().expose_provenance() } else { 0 });
                match landing_pad(block, this) {
                    Some(pad) => pc = pad,
                    None => break false,
                }
            }
        }
    };
    // SAFETY: nothing runs any more.
    let this = unsafe { &mut *interpreter.as_ptr() };
    match way {
        _ if !returned => {
            if let Some(kept) = kept {
                kept.restore(&mut this.vm);
            }
        }
        Way::Trampoline(_) => {}
        Way::Registers => {
            // SAFETY: as above.
            let (_, results) = unsafe { callee.types() };
            registers::take(&this.vm, 0, results, values);
        }
    }
    xreg(&mut this.vm, XReg::sp).set_ptr(sp);
    // SAFETY: these are what they were before the call.
    unsafe { this.vm.set_fp(fp) };
    // SAFETY: as above.
    unsafe { this.vm.set_lr(lr) };
    let [result, ..] = words;
    result
}

/// Sets the registers for the landing pad of the innermost activation; where it is.
fn landing_pad(block: &StoreBlock, this: &mut Interpreter) -> Option<NonNull<u8>> {
    let context = &block.context;
    let pad = NonNull::new(core::ptr::with_exposed_provenance_mut::<u8>(context.entry_pc.get()))?;
    let vm = &mut this.vm;
    xreg(vm, XReg::x0).set_u64(0);
    xreg(vm, XReg::x1).set_u64(0);
    xreg(vm, XReg::sp).set_ptr(core::ptr::with_exposed_provenance_mut::<u8>(context.entry_sp.get()));
    // SAFETY: the frame pointer of the entry trampoline, whose frame is still there (INV-ACTIVATION).
    unsafe { vm.set_fp(core::ptr::with_exposed_provenance_mut(context.entry_fp.get())) };
    Some(pad)
}

fn pointer<T>(pointer: *mut T) -> Val {
    Val::XReg(XRegVal::new_ptr(pointer))
}

fn trap_code(block: &StoreBlock, pc: usize, kind: Option<TrapKind>) -> TrapCode {
    match kind {
        Some(TrapKind::DivideByZero) => TrapCode::IntegerDivisionByZero,
        Some(TrapKind::IntegerOverflow) => TrapCode::IntegerOverflow,
        Some(TrapKind::BadConversionToInteger) => TrapCode::BadConversionToInteger,
        Some(TrapKind::MemoryOutOfBounds) => TrapCode::MemoryOutOfBounds,
        Some(TrapKind::StackOverflow) => TrapCode::StackOverflow,
        Some(TrapKind::DisabledOpcode) => TrapCode::Internal,
        // It knows no more than the address.
        None => signals::find(block, pc).unwrap_or(TrapCode::Internal),
    }
}

/// A call of a host function or a builtin: the function's address, then its arguments.
///
/// # Safety
/// The number is that of the function's shape, and the arguments are as it wants them.
unsafe fn host_call(id: u8, registers: [u64; 6]) -> u64 {
    let [code, context, a, b, c, d] = registers;
    let code = address::<()>(code).cast_const();
    let context: *mut VmContext = address(context);
    const { assert!(MAX_ARGUMENTS == 4 && HOST_CALL_FUNCTION == 5, "every shape is here") };
    match id {
        1 => {
            // SAFETY: the number says that the function is of this type; it is not null, as a group that is missing is refused.
            let code = unsafe { transmute::<*const (), Builtin1>(code) };
            // SAFETY: the caller's promise.
            unsafe { code(context, a) }
        }
        2 => {
            // SAFETY: as above. A builtin of outcome "nothing" has another pointer in the context's place: the same ABI.
            let code = unsafe { transmute::<*const (), Builtin2>(code) };
            // SAFETY: the caller's promise.
            unsafe { code(context, a, b) }
        }
        3 => {
            // SAFETY: as above.
            let code = unsafe { transmute::<*const (), Builtin3>(code) };
            // SAFETY: the caller's promise.
            unsafe { code(context, a, b, c) }
        }
        4 => {
            // SAFETY: as above.
            let code = unsafe { transmute::<*const (), Builtin4>(code) };
            // SAFETY: the caller's promise.
            unsafe { code(context, a, b, c, d) }
        }
        _ => {
            // SAFETY: as above; 5 is the only other number that compiled code uses.
            let code = unsafe { transmute::<*const (), HostFn>(code) };
            // SAFETY: the caller's promise.
            unsafe { code(context, a, 0, 0, 0) }
        }
    }
}

/// A pointer that compiled code has in a register.
#[expect(clippy::cast_possible_truncation, reason = "a pointer in a register is zero-extended")]
fn address<T>(register: u64) -> *mut T {
    core::ptr::with_exposed_provenance_mut(register as usize)
}
