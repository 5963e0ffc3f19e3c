//! The second core: it waits for something to run.

use crate::arch;
use core::ffi::c_void;
use core::hint::spin_loop;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The most cores. A power of two.
pub const CORES: usize = 2;

/// What the second core is doing.
static STATE: AtomicUsize = AtomicUsize::new(ABSENT);
const ABSENT: usize = 0;
const IDLE: usize = 1;
const RUNNING: usize = 2;

static ENTRY: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());
static ARGUMENT: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());

/// What a core can run.
pub type Entry = unsafe extern "C" fn(*mut c_void);

/// Wakes the second core, if the machine has one. Answers whether it is there.
pub fn start() -> bool {
    if !arch::start_second_core() {
        return false;
    }
    let start = arch::nanoseconds();
    while STATE.load(Ordering::Acquire) == ABSENT {
        if arch::nanoseconds().wrapping_sub(start) > 5_000_000_000 {
            return false;
        }
        spin_loop();
    }
    true
}

/// Runs `entry` on the second core. `false` if it is not there, or has not ended what it was given before.
///
/// # Safety
/// `entry` may be called with `argument` on another core.
pub unsafe fn run_on_second(entry: Entry, argument: *mut c_void) -> bool {
    if STATE.load(Ordering::Acquire) != IDLE {
        return false;
    }
    ENTRY.store(entry as *mut (), Ordering::Relaxed);
    ARGUMENT.store(argument, Ordering::Relaxed);
    STATE.store(RUNNING, Ordering::Release);
    true
}

/// Runs a function on the second core. `false` as with [`run_on_second`].
pub fn call_on_second(function: fn()) -> bool {
    unsafe extern "C" fn call(function: *mut c_void) {
        // SAFETY: `call_on_second` gives this a function of this type.
        let function = unsafe { core::mem::transmute::<*mut c_void, fn()>(function) };
        function();
    }
    // SAFETY: `call` takes a function on any core.
    unsafe { run_on_second(call, function as *mut c_void) }
}

/// Waits until the second core has ended what it was given.
pub fn wait_for_second() {
    while STATE.load(Ordering::Acquire) == RUNNING {
        spin_loop();
    }
}

/// Where the second core comes to, on its own stack, with the kernel's page tables.
#[cfg_attr(target_arch = "x86_64", expect(dead_code, reason = "only the first core of this machine is used"))]
pub(crate) fn second_core() -> ! {
    STATE.store(IDLE, Ordering::Release);
    loop {
        while STATE.load(Ordering::Acquire) != RUNNING {
            spin_loop();
        }
        let entry = ENTRY.load(Ordering::Relaxed);
        if !entry.is_null() {
            // SAFETY: what is not null is an entry of this type, stored above.
            let entry = unsafe { core::mem::transmute::<*mut (), Entry>(entry) };
            // A thread that is new has stored nothing.
            stilt_platform_abi::tls::store(core::ptr::null_mut());
            stilt_platform_abi::tls::store_slot(stilt_platform_abi::tls::Slot::ComponentAsync, core::ptr::null_mut());
            // SAFETY: as who gave it has promised.
            unsafe { entry(ARGUMENT.load(Ordering::Relaxed)) };
        }
        STATE.store(IDLE, Ordering::Release);
    }
}
