//! Runs the conformance kit against the port, and writes a line for each clause. This one runs under an operating system, so that it can
//! be tried as it is; on bare metal it is your kernel's `main`, with your serial line.

use core::ffi::{CStr, c_char, c_void};
use core::ptr::null_mut;
use my_platform as _;
use std::process::ExitCode;
use stilt_platform_abi::conformance::bindings::{
    STILT_CONFORMANCE_FAILED, STILT_CONFORMANCE_PASSED, stilt_conformance,
};
use stilt_platform_abi::conformance::stilt_platform_selftest;

unsafe extern "C" fn report(_: *mut c_void, clause: *const c_char, outcome: i32, detail: *const c_char) {
    let outcome = match outcome.cast_unsigned() {
        STILT_CONFORMANCE_PASSED => "passed",
        STILT_CONFORMANCE_FAILED => "failed",
        _ => "skipped",
    };
    // SAFETY: the kit gives two C strings, valid during the call.
    let (clause, detail) = unsafe { (CStr::from_ptr(clause), CStr::from_ptr(detail)) };
    println!("{outcome} {} {}", clause.to_string_lossy(), detail.to_string_lossy());
}

fn main() -> ExitCode {
    // TODO: with threads (or a second core), thread_start and thread_join; with traps of your own, foreign_trap.
    let conformance = stilt_conformance {
        user: null_mut(),
        report: Some(report),
        begin: None,
        thread_start: None,
        thread_join: None,
        pause: None,
        foreign_trap: None,
    };
    // SAFETY: a valid structure; nobody has used the platform before.
    if unsafe { stilt_platform_selftest(&raw const conformance) } == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
