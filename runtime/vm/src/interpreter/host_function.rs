//! Calls of host functions straight from the interpreter's registers, without a trampoline in bytecode.

use core::ptr::NonNull;

use pulley_interpreter::XReg;
use stilt_artifact::bytecode::VALUES;
use stilt_artifact::crossing;
use stilt_artifact::trap::TrapCode;

use super::registers;
use super::{Interpreter, address, xreg};
use crate::activation::HostFn;
use crate::raise;
use crate::store::{Next, StoreBlock};
use crate::structs::VmContext;

/// Calls the host function whose context is in the first register. `signature` is what stands behind the instruction: the
/// number of parameters, of results, and their types. Gives where its caller goes on; if there is no such place, the guest
/// is to be unwound, and that is noted.
///
/// # Safety
/// Compiled code of the store has just called such a trampoline, with arguments of these types (INV-CODE); nobody else uses the
/// interpreter.
pub(super) unsafe fn call(
    block: &StoreBlock,
    interpreter: NonNull<Interpreter>,
    signature: NonNull<u8>,
) -> Option<NonNull<u8>> {
    // SAFETY: two bytes stand behind the instruction.
    let [params, results] = unsafe { signature.cast::<[u8; 2]>().read() }.map(usize::from);
    // SAFETY: the types follow.
    let types = unsafe { signature.byte_add(2) };
    // SAFETY: there are as many as both numbers say, in memory that does not change while its code runs.
    let types = unsafe { core::slice::from_raw_parts(types.as_ptr(), params.wrapping_add(results)) };
    let (params, results) = types.split_at_checked(params)?;
    if params.len() <= crossing::VALUES && results.len() <= 1 {
        // SAFETY: the caller's promise. There are no vectors among them, so the host function takes words.
        unsafe { call_with(block, interpreter, params, results, &mut [0; crossing::VALUES], true) }
    } else {
        // SAFETY: the caller's promise. More values do not fit into registers.
        unsafe { call_with(block, interpreter, params, results, &mut [0; VALUES], false) }
    }
}

/// # Safety
/// As for [`call`]; there are enough slots, and the host function takes the first of them as words if `in_registers`.
#[inline]
unsafe fn call_with(
    block: &StoreBlock,
    mut interpreter: NonNull<Interpreter>,
    params: &[u8],
    results: &[u8],
    slots: &mut [u64],
    in_registers: bool,
) -> Option<NonNull<u8>> {
    // SAFETY: nobody else uses the interpreter until the host function runs; the reference is not used after that.
    let this = unsafe { interpreter.as_mut() };
    let vm = &mut this.vm;
    let context: *mut VmContext = address(xreg(vm, XReg::x0).get_u64());
    registers::take(vm, 1, params, slots);

    // A frame, as a trampoline in bytecode would have: what backtraces start from.
    let (sp, fp, lr) = (xreg(vm, XReg::sp).get_ptr::<[*mut u8; 2]>(), vm.fp(), vm.lr());
    let frame = sp.wrapping_sub(1);
    // SAFETY: it is a host function's context, of the store whose code runs.
    let head = unsafe { &*context };
    if frame.addr() < this.stack_limit {
        block.context.exit_fp.set(fp.expose_provenance());
        block.context.exit_pc.set(lr.expose_provenance());
        // SAFETY: compiled code's context; the trap is raised where it was left.
        unsafe { raise::raise(context, u64::from(TrapCode::StackOverflow as u8)) };
        return None;
    }
    // SAFETY: the two words below the stack pointer are the stack's, as compared, and hold nothing.
    unsafe { frame.write_unaligned([fp, lr]) };
    xreg(vm, XReg::sp).set_ptr(frame);
    // SAFETY: a frame begins there.
    unsafe { vm.set_fp(frame.cast()) };
    block.context.exit_fp.set(frame.expose_provenance());
    // SAFETY: a host function's context has its code there, of this type (INV-KIND).
    let code = unsafe { core::mem::transmute::<*const u8, HostFn>(head.types_or_code.get()) };
    if let [a, b, c, d] = *slots
        && in_registers
    {
        // SAFETY: the words are as its type has them, and who calls it has left its name (INV-HOST).
        let result = unsafe { code(context, a, b, c, d) };
        if let Some(first) = slots.first_mut() {
            *first = result;
        }
    } else {
        let slots = slots.as_mut_ptr().expose_provenance() as u64;
        // SAFETY: there are as many values as its type needs, and who calls it has left its name (INV-HOST).
        unsafe { code(context, slots, 0, 0, 0) };
    }
    if block.next.get() == Next::Unwind {
        return None;
    }
    // SAFETY: the host function is over, with all that it ran; nobody else uses the interpreter.
    let vm = &mut unsafe { interpreter.as_mut() }.vm;
    xreg(vm, XReg::sp).set_ptr(sp);
    // SAFETY: these are what they were before.
    unsafe { vm.set_fp(fp) };
    // SAFETY: as above.
    unsafe { vm.set_lr(lr) };
    registers::put(vm, 0, results, slots);
    NonNull::new(lr)
}
