//! The jump, and the stack pointer, on s390x, which has no frame pointer of its own: frames are found by the back chain at the stack pointer.

use core::arch::asm;

/// Words from the start of a frame to the caller's return address, where the register save area keeps it.
pub(super) const RETURN_ADDRESS: usize = 14;

/// Continues at `pc` with the payload registers zero.
///
/// # Safety
/// `pc` is a landing pad, and `sp` is that of its frame, which is still on this stack.
pub(super) unsafe fn jump(sp: usize, _fp: usize, pc: usize) -> ! {
    // SAFETY: a landing pad expects nothing but its stack pointer and the payload (the caller's promise).
    unsafe {
        asm!(
            "lgr %r15, {sp}",
            "br {pc}",
            sp = in(reg_addr) sp,
            pc = in(reg_addr) pc,
            in("r6") 0,
            in("r7") 0,
            options(noreturn),
        )
    }
}

/// The stack pointer. (The address of a local variable need not be near it: sanitizers put those elsewhere.)
#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: copies a register.
    unsafe { asm!("lgr {}, %r15", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// What compiled code has for a frame pointer, for an instruction that trapped: the back chain, which the platform's frame pointer
/// (r15) points to.
///
/// # Safety
/// Compiled code was stopped, with its frame at `sp`.
pub(super) unsafe fn trapped_frame(sp: usize) -> usize {
    let chain = core::ptr::with_exposed_provenance::<usize>(sp);
    // SAFETY: compiled code keeps the back chain in the first word of its frame.
    unsafe { chain.read() }
}

/// A return address, as it stands in a frame.
pub(super) fn plain(address: usize) -> usize {
    address
}
