//! Calls of the firmware (SBI): the second hart, the timer, and what the other hart is to forget.

use core::arch::asm;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The hart that was started first: 0 or 1. The other one is the second core.
static FIRST: AtomicUsize = AtomicUsize::new(0);
/// Whether the other one runs.
static STARTED: AtomicBool = AtomicBool::new(false);

const TIME: usize = 0x5449_4d45;
const REMOTE_FENCES: usize = 0x5246_4e43;
const HARTS: usize = 0x0048_534d;

/// Status, which is 0 for success.
fn call(extension: usize, function: usize, arguments: [usize; 4]) -> isize {
    let [first, second, third, fourth] = arguments;
    let status;
    // SAFETY: calls that change nothing of this hart but the registers of results.
    unsafe {
        asm!(
            "ecall",
            inout("a0") first => status,
            inout("a1") second => _,
            in("a2") third,
            in("a3") fourth,
            in("a6") function,
            in("a7") extension,
            options(nostack)
        );
    }
    status
}

pub(super) fn first_hart_is(hart: usize) {
    FIRST.store(hart, Ordering::Relaxed);
}

pub(super) fn start_other_hart(entry: usize) -> bool {
    if STARTED.load(Ordering::Acquire) {
        return true;
    }
    let other = 1 - (FIRST.load(Ordering::Relaxed) & 1);
    let started = call(HARTS, 0, [other, entry, 0, 0]) == 0;
    STARTED.store(started, Ordering::Release);
    started
}

pub(super) fn set_timer(time: usize) {
    call(TIME, 0, [time, 0, 0, 0]);
}

/// The other hart's number as a mask, if it runs. The cores are numbered from the first hart on.
fn other_hart() -> Option<usize> {
    let other = FIRST.load(Ordering::Relaxed) ^ super::core_number() ^ 1;
    STARTED.load(Ordering::Acquire).then_some(1 << (other & 1))
}

/// The other hart forgets what it knows of page tables.
pub(super) fn flush_other_hart() {
    if let Some(mask) = other_hart() {
        call(REMOTE_FENCES, 1, [mask, 0, 0, usize::MAX]);
    }
}

/// The other hart fetches no instructions that it has read before this.
pub(crate) fn synchronize_other_cores() -> i32 {
    let status = other_hart().map_or(0, |mask| call(REMOTE_FENCES, 0, [mask, 0, 0, 0]));
    i32::try_from(status).unwrap_or(-1)
}
