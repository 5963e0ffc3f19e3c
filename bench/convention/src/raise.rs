//! Leaving compiled code early on x86_64: the one jump, a builtin that raises, and a fault handler that does the same.
//!
//! All three go to the landing pad of the entry trampoline, whose address, stack and frame pointer stand in the activation.

use crate::context::{Activation, Context};
use std::arch::asm;
use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Jumps to the landing pad of the activation.
///
/// # Safety
/// The activation was filled by an entry trampoline that has not returned, on the stack of this thread, and no frame
/// between here and there has anything to drop.
pub unsafe fn resume(activation: &Activation) -> ! {
    // SAFETY: the caller says that the trampoline's frame is there; a landing pad expects nothing but sp, fp and the
    // payload registers rax and rdx.
    unsafe {
        asm!(
            "mov rsp, {sp}",
            "mov rbp, {fp}",
            "jmp {pc}",
            sp = in(reg) activation.sp,
            fp = in(reg) activation.fp,
            pc = in(reg) activation.pc,
            in("rax") 0,
            in("rdx") 0,
            options(noreturn),
        )
    }
}

/// A builtin as compiled code calls it: raises, and never returns.
///
/// # Safety
/// As for [`resume`], with the activation of the context's store.
pub unsafe extern "C" fn raise(context: *const Context) {
    // SAFETY: compiled code passes its own live context.
    let store = unsafe { (*context).store };
    // SAFETY: the store outlives its contexts.
    let activation = unsafe { (*store).activation };
    // SAFETY: the caller's promise.
    unsafe { resume(&activation) }
}

/// How a fault gets to the landing pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Straight out of the handler, which never returns.
    Jump,
    /// The handler edits the interrupted registers and returns.
    Edit,
}

thread_local! {
    static ARMED: Cell<Option<(usize, usize, *const Activation, Leave)>> = const { Cell::new(None) };
}
static FAULTS: AtomicUsize = AtomicUsize::new(0);

/// Arms this thread's fault handler: faults in `code` end the activation that is then found at `activation`.
///
/// # Safety
/// Whenever `code` runs on this thread, `activation` is valid and was filled by the entry trampoline that `code` runs under.
pub unsafe fn arm(code: &Range<usize>, activation: *const Activation, leave: Leave) {
    ARMED.set(Some((code.start, code.end, activation, leave)));
}

/// Number of faults that ended an activation, in all threads.
pub fn faults() -> usize {
    FAULTS.load(Ordering::Relaxed)
}

/// Installs the handler for SIGSEGV and SIGILL, to be run on the alternate stack (Rust's threads have one).
pub fn install() -> io::Result<()> {
    for signal in [libc::SIGSEGV, libc::SIGILL] {
        // SAFETY: all-zero is a valid sigaction.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = (fault as extern "C" fn(_, _, _)) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        // SAFETY: the handler has the shape SA_SIGINFO wants and calls only what is allowed in one.
        if unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "libc's registers are signed, and as wide as pointers on x86_64")]
extern "C" fn fault(signal: libc::c_int, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel passes a valid ucontext with SA_SIGINFO, which nobody else refers to.
    let registers = unsafe { &mut (*context).uc_mcontext.gregs };
    let register = |index: libc::c_int| usize::try_from(index).unwrap_or(0);
    let pc = registers[register(libc::REG_RIP)] as usize;
    match ARMED.get() {
        Some((start, end, activation, leave)) if (start..end).contains(&pc) => {
            FAULTS.fetch_add(1, Ordering::Relaxed);
            // SAFETY: promised to `arm`: the code runs, so the activation is there.
            let activation = unsafe { *activation };
            if leave == Leave::Jump {
                // SAFETY: the fault is in compiled code, which runs under the activation that was armed with it.
                unsafe { resume(&activation) }
            }
            registers[register(libc::REG_RSP)] = activation.sp as i64;
            registers[register(libc::REG_RBP)] = activation.fp as i64;
            registers[register(libc::REG_RIP)] = activation.pc as i64;
            registers[register(libc::REG_RAX)] = 0;
            registers[register(libc::REG_RDX)] = 0;
        }
        _ => {
            // SAFETY: back to the default action; the instruction faults again and ends the process.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
}
