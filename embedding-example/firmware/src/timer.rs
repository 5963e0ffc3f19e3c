//! The timer: ticks, and a guest that has had its time.

use crate::board;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};
use stilt::InterruptHandle;

/// Ticks in a second.
pub const FREQUENCY: u32 = 1000;

static TICKS: AtomicU32 = AtomicU32::new(0);
/// The tick at which the guest is stopped; 0 for none. While it is not 0, the handle is not changed.
static DEADLINE: AtomicU32 = AtomicU32::new(0);
static HANDLE: Handle = Handle(UnsafeCell::new(None));

struct Handle(UnsafeCell<Option<InterruptHandle>>);

// SAFETY: the interrupt reads it while there is a deadline, and the firmware changes it while there is none.
unsafe impl Sync for Handle {}

/// Starts ticking.
pub fn start() {
    board::start_timer(FREQUENCY);
}

/// How often it has ticked.
pub fn ticks() -> u32 {
    TICKS.load(Ordering::Relaxed)
}

/// Sets the interrupt word of a store in some ticks.
pub fn stop_in(ticks_from_now: u32, handle: InterruptHandle) {
    stop_nobody();
    // SAFETY: there is no deadline.
    unsafe { *HANDLE.0.get() = Some(handle) };
    DEADLINE.store(ticks().wrapping_add(ticks_from_now).max(1), Ordering::Release);
}

/// Sets no interrupt word.
pub fn stop_nobody() {
    DEADLINE.store(0, Ordering::Release);
    // SAFETY: there is no deadline.
    unsafe { *HANDLE.0.get() = None };
}

/// The board's timer has interrupted the firmware, and waits until this returns.
pub(crate) fn tick() {
    let now = TICKS.load(Ordering::Relaxed).wrapping_add(1);
    TICKS.store(now, Ordering::Relaxed);
    let deadline = DEADLINE.load(Ordering::Acquire);
    if deadline == 0 || now < deadline {
        return;
    }
    // SAFETY: there is a deadline.
    if let Some(handle) = unsafe { &*HANDLE.0.get() } {
        handle.interrupt();
    }
    DEADLINE.store(0, Ordering::Release);
}
