//! Traps: the runtime's handler is asked, and the frame of the exception is changed as it says; it is left as every exception is.

use crate::arch::Frame;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use stilt_platform_abi::resumable::{ResumeHandler, TrapFrame};

/// Exceptions that were the runtime's.
static TAKEN: AtomicUsize = AtomicUsize::new(0);
static HANDLER: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

#[unsafe(no_mangle)]
extern "C" fn stilt_platform_init_resumable_traps(handler: ResumeHandler) -> i32 {
    HANDLER.store(handler as *mut (), Ordering::Release);
    0
}

/// Whether the trap is the runtime's; then the frame says where to go on.
pub(crate) fn ask(frame: &mut Frame, address: Option<usize>) -> bool {
    let handler = HANDLER.load(Ordering::Acquire);
    if handler.is_null() {
        return false;
    }
    // SAFETY: what is not null is a handler of this type, stored above.
    let handler = unsafe { core::mem::transmute::<*mut (), ResumeHandler>(handler) };
    let mut place = TrapFrame { pc: frame.pc(), sp: frame.sp(), fp: frame.fp() };
    // SAFETY: a synchronous exception of code in the context of a core; the frame is valid during the call.
    let ours = unsafe { handler(&raw mut place, address.is_some(), address.unwrap_or(0)) };
    if ours {
        TAKEN.fetch_add(1, Ordering::Relaxed);
        frame.resume(place.pc, place.sp, place.fp);
    }
    ours
}

/// How many exceptions of the processors were traps of guests.
pub fn hardware_traps() -> usize {
    TAKEN.load(Ordering::Relaxed)
}
