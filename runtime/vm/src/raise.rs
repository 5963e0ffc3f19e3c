//! Leaving compiled code early: what a builtin, or a trap handler, does instead of returning.
//!
//! Everything is recorded first; then, natively, one jump to the landing pad of the entry trampoline, which restores what
//! it saved. Frames in between are compiled code's and have nothing to drop (INV-ACTIVATION).

#[cfg_attr(target_arch = "x86_64", path = "raise/x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "raise/aarch64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "raise/riscv64.rs")]
#[cfg_attr(target_arch = "s390x", path = "raise/s390x.rs")]
#[cfg_attr(
    not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64", target_arch = "s390x")),
    path = "raise/interpreted.rs"
)]
mod jump;

use crate::activation::HOST_ERROR;
use crate::backtrace;
use crate::store::{Next, StoreBlock};
use crate::structs::VmContext;

/// The builtin: `(trap code)`, 0 for an error that the crate above has kept. Natively it does not return; in the
/// interpreter it returns, and the interpreter goes on at the landing pad.
///
/// # Safety
/// As for every builtin (`builtins`); the trampoline has recorded where wasm was left.
pub(crate) unsafe extern "C" fn raise(context: *mut VmContext, code: u64) -> u64 {
    // SAFETY: compiled code passes its own context, which lives.
    let store = unsafe { &*context }.store.get();
    // SAFETY: every context points to its store's block (INV-STORE).
    let block = unsafe { &*store.cast::<StoreBlock>() };
    let [code, ..] = code.to_le_bytes();
    block.trapped(if code == 0 { HOST_ERROR } else { code });
    backtrace::capture(block, 0);
    if block.interpreted() {
        block.next.set(Next::Unwind);
        return 0;
    }
    // SAFETY: compiled code runs, natively, under the innermost activation.
    unsafe { leave(block) }
}

/// Jumps to the landing pad of the innermost activation.
///
/// # Safety
/// Native code of the store's innermost activation runs on this stack (INV-ACTIVATION), or was stopped by a trap.
pub(crate) unsafe fn leave(block: &StoreBlock) -> ! {
    let (sp, fp, pc) = landing(block);
    // SAFETY: these are the entry trampoline's, whose frame is still there (INV-ACTIVATION).
    unsafe { jump::jump(sp, fp, pc) }
}

/// Stack pointer, frame pointer and program counter with which the innermost activation's landing pad goes on.
pub(crate) const fn landing(block: &StoreBlock) -> (usize, usize, usize) {
    let context = &block.context;
    (context.entry_sp.get(), context.entry_fp.get(), context.entry_pc.get())
}

/// Where the stack pointer is.
#[inline(always)]
pub(crate) fn stack_pointer() -> usize {
    jump::stack_pointer()
}

/// What lies at a frame pointer: the caller's frame pointer and the return address.
///
/// # Safety
/// A frame of compiled code with a frame pointer lies there.
pub(crate) unsafe fn frame(fp: usize, interpreted: bool) -> (usize, usize) {
    let place = core::ptr::with_exposed_provenance::<usize>(fp);
    let distance = if interpreted { 1 } else { jump::RETURN_ADDRESS };
    // SAFETY: the caller's frame pointer stands there, by the caller's promise.
    let outer = unsafe { place.read() };
    // SAFETY: the return address stands this many words behind it.
    let place = unsafe { place.add(distance) };
    // SAFETY: as above.
    let address = unsafe { place.read() };
    (outer, if interpreted { address } else { jump::plain(address) })
}

/// What a frame of compiled code that a trap has stopped has for a frame pointer, from what the platform's handler is told.
///
/// # Safety
/// Compiled code was stopped there.
pub(crate) unsafe fn trapped_frame(fp: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe { jump::trapped_frame(fp) }
}
