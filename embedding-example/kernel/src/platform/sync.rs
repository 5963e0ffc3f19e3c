//! Locks in their words, which spin, and keep interrupts from the core that holds one: an interrupt never waits for what it has
//! interrupted. And parking, which looks at the word until it changes: there is nothing else to run on a core.

use crate::arch;
use crate::cores::CORES;
use core::hint::spin_loop;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The word of a lock that is held for writing; of one that is held for reading, the number of readers.
const WRITER: usize = usize::MAX;

fn replace(word: &AtomicUsize, old: usize, new: usize) -> bool {
    word.compare_exchange_weak(old, new, Ordering::Acquire, Ordering::Relaxed).is_ok()
}

/// Locks that each core holds, and whether it took interrupts before the first: only that core looks.
static HELD: [AtomicUsize; CORES] = [const { AtomicUsize::new(0) }; CORES];
static INTERRUPTS: [AtomicUsize; CORES] = [const { AtomicUsize::new(0) }; CORES];
/// How often a lock was taken.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

/// How often the runtime, or the kit, has taken a lock.
pub fn locks_taken() -> usize {
    TAKEN.load(Ordering::Relaxed)
}

/// Takes a lock, by the operation that does if it is free. While it waits, this core takes interrupts as before.
fn acquire(mut take: impl FnMut() -> bool) {
    let interrupts = arch::mask_interrupts();
    while !take() {
        arch::restore_interrupts(interrupts);
        spin_loop();
        arch::mask_interrupts();
    }
    let core = arch::core_number() & (CORES - 1);
    if HELD[core].fetch_add(1, Ordering::Relaxed) == 0 {
        INTERRUPTS[core].store(usize::from(interrupts), Ordering::Relaxed);
    }
    TAKEN.fetch_add(1, Ordering::Relaxed);
}

/// Gives one back.
fn release(give: impl FnOnce()) {
    give();
    let core = arch::core_number() & (CORES - 1);
    if HELD[core].fetch_sub(1, Ordering::Relaxed) == 1 {
        arch::restore_interrupts(INTERRUPTS[core].load(Ordering::Relaxed) != 0);
    }
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_lock_acquire(lock: &AtomicUsize) {
    acquire(|| replace(lock, 0, WRITER));
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_lock_release(lock: &AtomicUsize) {
    release(|| lock.store(0, Ordering::Release));
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_lock_free(_lock: &AtomicUsize) {}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_rwlock_read(lock: &AtomicUsize) {
    acquire(|| {
        let readers = lock.load(Ordering::Relaxed);
        readers < WRITER - 1 && replace(lock, readers, readers + 1)
    });
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_rwlock_read_release(lock: &AtomicUsize) {
    release(|| _ = lock.fetch_sub(1, Ordering::Release));
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_rwlock_write(lock: &AtomicUsize) {
    acquire(|| replace(lock, 0, WRITER));
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_rwlock_write_release(lock: &AtomicUsize) {
    release(|| lock.store(0, Ordering::Release));
}

#[unsafe(no_mangle)]
extern "C" fn wasmtime_sync_rwlock_free(_lock: &AtomicUsize) {}

/// # Safety
/// As in the header.
#[unsafe(no_mangle)]
unsafe extern "C" fn stilt_platform_park_wait(
    word: &AtomicU32,
    expected: u32,
    timeout_ns: u64,
    ret_timed_out: *mut bool,
) -> i32 {
    let start = arch::nanoseconds();
    let timed_out = loop {
        // The time first: what changed before it was over is not missed.
        let is_over = timeout_ns != u64::MAX && arch::nanoseconds().wrapping_sub(start) >= timeout_ns;
        if word.load(Ordering::Acquire) != expected {
            break false;
        }
        if is_over {
            break true;
        }
        spin_loop();
    };
    // SAFETY: the caller's own place.
    unsafe { ret_timed_out.write(timed_out) };
    0
}

/// Whoever sleeps sees the word change by itself.
#[unsafe(no_mangle)]
extern "C" fn stilt_platform_park_notify(_word: *const u32) -> i32 {
    0
}
