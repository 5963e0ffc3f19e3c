//! Signals are caught when the runtime asks for hardware traps, not before; the handler runs on a stack of its own, which
//! goes with its thread. (For x86_64, whose illegal instruction has a known length, so that it can be skipped.)
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![expect(clippy::expect_used, reason = "a test says by a panic what it misses")]

extern crate stilt_platform_linux as _;

use core::sync::atomic::{AtomicUsize, Ordering};
use stilt_platform_abi::{resumable, tls};

/// The mask of signals with a handler, as the kernel tells it.
fn caught() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is there");
    let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("the line is there");
    u64::from_str_radix(line.trim(), 16).expect("a mask in hexadecimal")
}

const SIGILL: u64 = 1 << 3;
const SIGFPE: u64 = 1 << 7;

/// How far the handler's stack was from the interrupted one.
static DISTANCE: AtomicUsize = AtomicUsize::new(0);

/// Skips a `ud2` of this program's.
unsafe extern "C" fn skip(frame: *mut resumable::TrapFrame, has_address: bool, _address: usize) -> bool {
    let local = 0_u8;
    // SAFETY: the platform passes a frame that is valid during the call.
    let frame = unsafe { &mut *frame };
    DISTANCE.store((&raw const local).addr().abs_diff(frame.sp), Ordering::Release);
    frame.pc = frame.pc.wrapping_add(2);
    !has_address
}

fn trap() {
    tls::store(core::ptr::null_mut());
    // SAFETY: the handler that is installed skips the instruction, and changes nothing else.
    unsafe { core::arch::asm!("ud2") };
}

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").expect("/proc is there").lines().count()
}

/// One test, since what it looks at belongs to the process.
#[test]
fn signals_are_caught_on_demand_and_on_a_stack_of_their_own() {
    // A program with explicit checks never asks, and has no handler.
    tls::store(core::ptr::null_mut());
    assert_eq!(caught() & (SIGILL | SIGFPE), 0);

    // SAFETY: once in this program; the handler uses an atomic only, and skips a `ud2`, which the tests run nowhere else.
    unsafe { resumable::init(skip) }.expect("installed");
    assert_eq!(caught() & (SIGILL | SIGFPE), SIGILL | SIGFPE);

    let far = || {
        trap();
        DISTANCE.swap(0, Ordering::AcqRel) > 128 * 1024
    };
    assert!(std::thread::spawn(far).join().expect("the thread ends"));

    // The threads' signal stacks go with them.
    let before = mappings();
    for _ in 0..100 {
        assert!(std::thread::spawn(far).join().expect("the thread ends"));
    }
    let after = mappings();
    assert!(after < before + 20, "{before} mappings became {after}");
}
