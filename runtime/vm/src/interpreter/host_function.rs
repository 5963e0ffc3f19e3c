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
    let [params, results] = unsafe { signature.cast::<[u8; 2]>().read() };
    let (params, results) = (usize::from(params), usize::from(results));
    // SAFETY: the types follow.
    let types = unsafe { signature.byte_add(2) };
    // SAFETY: there are as many as both numbers say, in memory that does not change while its code runs.
    let types = unsafe { core::slice::from_raw_parts(types.as_ptr(), params.wrapping_add(results)) };
    let (params, results) = types.split_at_checked(params)?;
    // SAFETY: the caller's promise.
    let call = unsafe { HostCall::enter(block, interpreter) }?;
    if params.len() <= crossing::VALUES && results.len() <= 1 {
        // SAFETY: nobody else uses the interpreter until the host function runs; the reference is not used after that.
        let [a, b, c, d] = registers::words(&unsafe { interpreter.as_ref() }.vm, 1, params);
        // SAFETY: there are no vectors among the values, so the host function takes words, which are as its type has them; who calls it
        // has left its name (INV-HOST).
        let result = unsafe { (call.code)(call.context, a, b, c, d) };
        // SAFETY: the host function is over.
        unsafe { call.leave(block, interpreter, results, &[result]) }
    } else {
        let mut slots = [0; VALUES];
        // SAFETY: as above.
        registers::take(&unsafe { interpreter.as_ref() }.vm, 1, params, &mut slots);
        let place = slots.as_mut_ptr().expose_provenance() as u64;
        // SAFETY: there are as many values as its type needs, and who calls it has left its name (INV-HOST).
        unsafe { (call.code)(call.context, place, 0, 0, 0) };
        // SAFETY: the host function is over.
        unsafe { call.leave(block, interpreter, results, &slots) }
    }
}

/// A host function that is being called: what it is, and what the interpreter goes on with.
struct HostCall {
    context: *mut VmContext,
    code: HostFn,
    sp: *mut [*mut u8; 2],
    fp: *mut u8,
    lr: *mut u8,
}

impl HostCall {
    /// Makes a frame, as a trampoline in bytecode would have: what backtraces start from. Nothing, if there is no room for one.
    ///
    /// # Safety
    /// As for [`call`].
    unsafe fn enter(block: &StoreBlock, mut interpreter: NonNull<Interpreter>) -> Option<HostCall> {
        // SAFETY: nobody else uses the interpreter now.
        let this = unsafe { interpreter.as_mut() };
        let vm = &mut this.vm;
        let context: *mut VmContext = address(xreg(vm, XReg::x0).get_u64());
        let (sp, fp, lr) = (xreg(vm, XReg::sp).get_ptr::<[*mut u8; 2]>(), vm.fp(), vm.lr());
        let frame = sp.wrapping_sub(1);
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
        // SAFETY: it is a host function's context, of the store whose code runs.
        let code = unsafe { &*context }.types_or_code.get();
        // SAFETY: a host function's context has its code there, of this type (INV-KIND).
        let code = unsafe { core::mem::transmute::<*const u8, HostFn>(code) };
        Some(HostCall { context, code, sp, fp, lr })
    }

    /// Takes the frame away and puts the results where the guest has them; where it goes on. Nothing, if it is to be unwound.
    ///
    /// # Safety
    /// The host function is over, with all that it ran; nobody else uses the interpreter.
    unsafe fn leave(
        self,
        block: &StoreBlock,
        mut interpreter: NonNull<Interpreter>,
        results: &[u8],
        slots: &[u64],
    ) -> Option<NonNull<u8>> {
        if block.next.get() == Next::Unwind {
            return None;
        }
        // SAFETY: the caller's promise.
        let vm = &mut unsafe { interpreter.as_mut() }.vm;
        xreg(vm, XReg::sp).set_ptr(self.sp);
        // SAFETY: these are what they were before.
        unsafe { vm.set_fp(self.fp) };
        // SAFETY: as above.
        unsafe { vm.set_lr(self.lr) };
        registers::put(vm, 0, results, slots);
        NonNull::new(self.lr)
    }
}
