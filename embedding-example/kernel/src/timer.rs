//! The timer: what is done at each tick. A guest that has had its time finds its interrupt word set; and a guest may run in the
//! interrupt itself, above whatever was interrupted.

use crate::arch;
use crate::lock::Lock;
use core::sync::atomic::{AtomicU64, Ordering};
use stilt::InterruptHandle;

/// Ticks in a second, as far as what is done at each takes no time: the next is counted from its end, so that whatever was
/// interrupted goes on even where a guest in the interrupt takes longer than that.
pub const FREQUENCY: u64 = 1000;

static TICKS: AtomicU64 = AtomicU64::new(0);
static DEADLINE: Lock<Option<(u64, InterruptHandle)>> = Lock::new(None);
static IN_THE_INTERRUPT: Lock<Option<extern "C" fn()>> = Lock::new(None);

/// How often the timer has ticked.
pub fn ticks() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

/// Sets the interrupt word of a store in some ticks.
pub fn stop_in(ticks_from_now: u64, handle: InterruptHandle) {
    let old = DEADLINE.with(|deadline| deadline.replace((ticks() + ticks_from_now, handle)));
    drop(old);
}

/// Sets no interrupt word.
pub fn stop_nobody() {
    let old = DEADLINE.with(Option::take);
    drop(old);
}

/// Runs this at each tick, in the interrupt.
pub fn at_each_tick(run: Option<extern "C" fn()>) {
    IN_THE_INTERRUPT.with(|place| *place = run);
}

/// The machine's timer has interrupted the first core. Interrupts are masked.
pub(crate) fn tick() {
    let now = TICKS.fetch_add(1, Ordering::Relaxed) + 1;
    DEADLINE.with(|deadline| {
        if let Some((time, handle)) = deadline
            && *time <= now
        {
            handle.interrupt();
            *time = u64::MAX;
        }
    });
    if let Some(run) = IN_THE_INTERRUPT.with(|run| *run) {
        arch::with_float_registers_kept(run);
    }
}
