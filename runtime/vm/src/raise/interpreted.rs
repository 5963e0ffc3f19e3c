//! On ISAs without native images nobody jumps: there is only the interpreter.

/// Words from a frame pointer to the return address.
pub(super) const RETURN_ADDRESS: usize = 1;

/// Never called.
///
/// # Safety
/// None: there is no native code here that could call it.
pub(super) unsafe fn jump(_sp: usize, _fp: usize, _pc: usize) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// About where the stack pointer is.
#[inline(always)]
pub(super) fn stack_pointer() -> usize {
    let here = 0u8;
    core::hint::black_box(&raw const here).addr()
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
