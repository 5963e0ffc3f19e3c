//! The jump, and the stack pointer, on riscv64.

use core::arch::asm;

/// Words from a frame pointer, as Cranelift sets it, to the return address.
pub(super) const RETURN_ADDRESS: usize = 1;

/// Continues at `pc` with the payload registers zero.
///
/// # Safety
/// `pc` is a landing pad, and `sp` and `fp` are those of its frame, which is still on this stack.
pub(super) unsafe fn jump(sp: usize, fp: usize, pc: usize) -> ! {
    // SAFETY: a landing pad expects nothing but its stack and frame pointers and the payload (the caller's promise).
    unsafe {
        asm!(
            "mv sp, {sp}",
            "mv fp, {fp}",
            "jr {pc}",
            sp = in(reg) sp,
            fp = in(reg) fp,
            pc = in(reg) pc,
            in("a0") 0,
            in("a1") 0,
            options(noreturn),
        )
    }
}

/// The stack pointer. (The address of a local variable need not be near it: sanitizers put those elsewhere.)
#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: copies a register.
    unsafe { asm!("mv {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// The frame pointer of an instruction that trapped, from what the platform tells.
///
/// # Safety
/// None is needed here.
pub(super) unsafe fn trapped_frame(fp: usize) -> usize {
    fp
}

/// A return address, as it stands in a frame.
pub(super) fn plain(address: usize) -> usize {
    address
}
