//! Counting instructions by single-stepping with the trap flag: exact, and needs neither counters nor tools.

use std::arch::asm;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Runs `work` and counts the instructions it executes within `code`. Not for two threads at once.
pub fn count(code: &Range<usize>, work: impl FnOnce()) -> io::Result<u64> {
    START.store(code.start, Ordering::Relaxed);
    END.store(code.end, Ordering::Relaxed);
    COUNT.store(0, Ordering::Relaxed);
    // SAFETY: all-zero is a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = (step as extern "C" fn(_, _, _)) as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: the handler has the shape SA_SIGINFO wants and only adds to a number.
    if unsafe { libc::sigaction(libc::SIGTRAP, &action, std::ptr::null_mut()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: sets the trap flag; each instruction from here on raises a SIGTRAP, which is handled.
    unsafe { asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
    work();
    // SAFETY: clears the trap flag.
    unsafe { asm!("pushfq", "and qword ptr [rsp], ~0x100", "popfq") };
    Ok(COUNT.load(Ordering::Relaxed))
}

#[expect(clippy::cast_possible_truncation, reason = "libc's registers are signed, and as wide as pointers on x86_64")]
extern "C" fn step(_signal: libc::c_int, _info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let context = context.cast::<libc::ucontext_t>();
    // SAFETY: the kernel passes a valid ucontext with SA_SIGINFO.
    let registers = unsafe { &(*context).uc_mcontext.gregs };
    let pc = registers[usize::try_from(libc::REG_RIP).unwrap_or(0)] as usize;
    if (START.load(Ordering::Relaxed)..END.load(Ordering::Relaxed)).contains(&pc) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}
