//! The jump, and the stack pointer, on aarch64.

use core::arch::asm;

/// Words from a frame pointer to the return address.
pub(super) const RETURN_ADDRESS: usize = 1;

/// Continues at `pc` with the payload registers zero.
///
/// # Safety
/// `pc` is a landing pad, and `sp` and `fp` are those of its frame, which is still on this stack.
pub(super) unsafe fn jump(sp: usize, fp: usize, pc: usize) -> ! {
    // SAFETY: a landing pad expects nothing but its stack and frame pointers and the payload (the caller's promise).
    unsafe {
        asm!(
            "mov sp, {sp}",
            "mov fp, {fp}",
            // As a return, which may lead anywhere: pages may forbid jumps to what is not marked as their target (BTI).
            "ret {pc}",
            sp = in(reg) sp,
            fp = in(reg) fp,
            pc = in(reg) pc,
            in("x0") 0,
            in("x1") 0,
            options(noreturn),
        )
    }
}

/// The stack pointer. (The address of a local variable need not be near it: sanitizers put those elsewhere.)
#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: copies a register.
    unsafe { asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// The frame pointer of an instruction that trapped, from what the platform tells.
///
/// # Safety
/// None is needed here.
pub(super) unsafe fn trapped_frame(fp: usize) -> usize {
    fp
}

/// A return address, without the signature that code may put into it (pointer authentication).
pub(super) fn plain(address: usize) -> usize {
    let plain: usize;
    // SAFETY: `xpaclri`, by its encoding among the hints, removes a signature from x30, or does nothing where there are none.
    unsafe {
        asm!(
            "hint #7",
            inout("x30") address => plain,
            options(nomem, nostack, preserves_flags),
        );
    }
    plain
}
