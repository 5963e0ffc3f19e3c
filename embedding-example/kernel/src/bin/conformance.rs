//! The conformance kit on this kernel's platform: one line for each clause.
#![no_std]
#![no_main]

use core::ffi::{CStr, c_char, c_void};
use core::ptr::null_mut;
use stilt_example_kernel::{arch, cores, describe_memory, println, read_that_may_fault};
use stilt_platform_abi::conformance::bindings::{
    STILT_CONFORMANCE_FAILED, STILT_CONFORMANCE_PASSED, stilt_conformance,
};
use stilt_platform_abi::conformance::stilt_platform_selftest;

unsafe extern "C" fn report(_: *mut c_void, clause: *const c_char, outcome: i32, detail: *const c_char) {
    // SAFETY: the kit gives a C string, valid during the call.
    let clause = unsafe { CStr::from_ptr(clause) };
    // SAFETY: likewise.
    let detail = unsafe { CStr::from_ptr(detail) };
    let outcome = match outcome.cast_unsigned() {
        STILT_CONFORMANCE_PASSED => "passed",
        STILT_CONFORMANCE_FAILED => "failed",
        _ => "skipped",
    };
    let (clause, detail) = (clause.to_str().unwrap_or("?"), detail.to_str().unwrap_or("?"));
    println!("{outcome} {clause} {detail}");
}

unsafe extern "C" fn thread_start(
    _: *mut c_void,
    entry: Option<unsafe extern "C" fn(*mut c_void)>,
    argument: *mut c_void,
    _: *mut *mut c_void,
) -> i32 {
    let Some(entry) = entry else { return 1 };
    // SAFETY: the kit's entry is for another thread, with this argument.
    let started = unsafe { cores::run_on_second(entry, argument) };
    if started { 0 } else { 1 }
}

unsafe extern "C" fn thread_join(_: *mut c_void, _: *mut c_void) -> i32 {
    cores::wait_for_second();
    0
}

/// A millisecond, by the clock and not by ticks: while the caller holds a lock there are none. (A machine of one core, whose clock
/// ticks, has no second thread to wait for a lock.)
unsafe extern "C" fn pause(_: *mut c_void) {
    let start = arch::nanoseconds();
    while arch::nanoseconds().wrapping_sub(start) < 1_000_000 {
        core::hint::spin_loop();
    }
}

/// A read of address 0, where nothing is, from which the kernel recovers.
unsafe extern "C" fn foreign_trap(_: *mut c_void) -> i32 {
    if read_that_may_fault(0).is_none() { 0 } else { 1 }
}

#[unsafe(no_mangle)]
fn kernel_main() -> bool {
    let second = cores::start();
    println!("second core: {}", if second { "there" } else { "none" });
    let conformance = stilt_conformance {
        user: null_mut(),
        report: Some(report),
        begin: None,
        thread_start: if second { Some(thread_start) } else { None },
        thread_join: if second { Some(thread_join) } else { None },
        pause: Some(pause),
        foreign_trap: Some(foreign_trap),
    };
    let (before, _) = describe_memory();
    // SAFETY: a valid structure; nobody has used the platform before.
    let failed = unsafe { stilt_platform_selftest(&raw const conformance) };
    let (after, all) = describe_memory();
    println!("clauses that failed: {failed}");
    println!("frames: {after} of {all} left, {before} before");
    failed == 0 && before == after
}
