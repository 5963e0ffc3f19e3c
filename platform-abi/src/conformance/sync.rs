//! Clauses of the platform's locks.

use super::kit::{Kit, Outcome, ensure};
use crate::sync::{self, Mutex, RwLock};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Of the counting tests; an unlocked counter loses some of so many.
const ROUNDS: usize = 200_000;
/// How long a lock is held to see that nobody else gets in.
const PAUSES: usize = 20;

pub(super) fn run(kit: &Kit) {
    if !sync::SUPPORTED {
        kit.skip(c"sync", "WASMTIME_CUSTOM_SYNC is off in this build of the kit");
        return;
    }
    kit.clause(c"sync.lock-free-unused", || {
        for value in 0..100 {
            let _unused = Mutex::new(value);
        }
        Ok(())
    });
    kit.clause(c"sync.lock-again", || {
        let mutex = Mutex::new(0_usize);
        (0..1000).for_each(|_| *mutex.lock() += 1);
        let sum = *mutex.lock();
        ensure(sum == 1000, "a lock lost what was written under it")
    });
    kit.clause(c"sync.lock-many", || {
        // What is created must be freed, or these would use the ground up.
        for value in 0..20_000_usize {
            let mutex = Mutex::new(value);
            ensure(*mutex.lock() == value, "a lock lost what it guards")?;
        }
        Ok(())
    });
    kit.clause(c"sync.lock-excludes", || {
        let mutex = Mutex::new(0_usize);
        excludes(kit, || mutex.lock(), || mutex.lock())
    });
    kit.clause(c"sync.lock-counts", || {
        let mutex = Mutex::new(0_usize);
        let guarded = AtomicUsize::new(0);
        let add = |round| {
            let guard = mutex.lock();
            add_slowly(kit, &guarded, round);
            drop(guard);
        };
        counts(kit, &guarded, add)
    });
    kit.clause(c"sync.lock-first-use-races", || {
        // Both threads use a new lock at the same time, again and again.
        first_use_races(kit)
    });
    kit.clause(c"sync.rwlock-free-unused", || {
        for value in 0..100 {
            let _unused = RwLock::new(value);
        }
        Ok(())
    });
    kit.clause(c"sync.rwlock-again", || {
        let lock = RwLock::new(0_usize);
        for _ in 0..1000 {
            *lock.write() += 1;
            let _ = *lock.read();
        }
        let sum = *lock.read();
        ensure(sum == 1000, "a lock lost what was written under it")
    });
    kit.clause(c"sync.rwlock-readers-share", || {
        let lock = RwLock::new(0_usize);
        let got_in = AtomicBool::new(false);
        kit.with_thread(
            || {
                let guard = lock.read();
                got_in.store(true, Ordering::Release);
                drop(guard);
            },
            || {
                let guard = lock.read();
                let together = kit.wait_for(&got_in);
                drop(guard);
                // (If it did not get in before, it does now, and the thread ends.)
                ensure(together, "a reader did not get in beside another one")
            },
        )
    });
    kit.clause(c"sync.rwlock-writer-excludes-writer", || {
        let lock = RwLock::new(0_usize);
        excludes(kit, || lock.write(), || lock.write())
    });
    kit.clause(c"sync.rwlock-writer-excludes-reader", || {
        let lock = RwLock::new(0_usize);
        excludes(kit, || lock.write(), || lock.read())
    });
    kit.clause(c"sync.rwlock-reader-excludes-writer", || {
        let lock = RwLock::new(0_usize);
        excludes(kit, || lock.read(), || lock.write())
    });
    kit.clause(c"sync.rwlock-counts", || {
        let lock = RwLock::new(0_usize);
        let guarded = AtomicUsize::new(0);
        let add = |round| {
            let guard = lock.write();
            add_slowly(kit, &guarded, round);
            drop(guard);
        };
        counts(kit, &guarded, add)
    });
}

/// While this thread holds the lock in one way, another one must not get it in the other; afterwards it must.
fn excludes<A, B>(kit: &Kit, here: impl FnOnce() -> A, there: impl Fn() -> B + Sync) -> Outcome {
    let held = AtomicBool::new(false);
    let waits = AtomicBool::new(false);
    let got_in = AtomicBool::new(false);
    kit.with_thread(
        || {
            if kit.wait_for(&held) {
                waits.store(true, Ordering::Release);
                let guard = there();
                got_in.store(true, Ordering::Release);
                drop(guard);
            }
        },
        || {
            let guard = here();
            held.store(true, Ordering::Release);
            let waited = kit.wait_for(&waits);
            let mut broken = false;
            for _ in 0..PAUSES {
                kit.pause();
                broken |= got_in.load(Ordering::Acquire);
            }
            drop(guard);
            ensure(waited, "the second thread did not run")?;
            ensure(!broken, "a second thread got the lock while it was held")?;
            ensure(kit.wait_for(&got_in), "a second thread did not get the lock after its release")
        },
    )
}

/// Reads and writes in two steps, so that without exclusion additions are lost. Now and then there is a pause between the
/// two, in which a second thread gets far, however the machine is used otherwise.
fn add_slowly(kit: &Kit, counter: &AtomicUsize, round: usize) {
    let value = counter.load(Ordering::Relaxed);
    if round.is_multiple_of(ROUNDS / 16) {
        kit.pause();
    }
    counter.store(value.wrapping_add(1), Ordering::Relaxed);
}

fn counts(kit: &Kit, counter: &AtomicUsize, add: impl Fn(usize) + Sync) -> Outcome {
    let running = AtomicBool::new(false);
    kit.with_thread(
        || {
            running.store(true, Ordering::Release);
            (0..ROUNDS).for_each(&add);
        },
        || {
            kit.wait_for(&running);
            (0..ROUNDS).for_each(&add);
            Ok(())
        },
    )?;
    ensure(counter.load(Ordering::Acquire) == 2 * ROUNDS, "two threads were inside at the same time")
}

fn first_use_races(kit: &Kit) -> Outcome {
    const LOCKS: usize = 64;
    let locks: [Mutex<()>; LOCKS] = [const { Mutex::new(()) }; LOCKS];
    let counters: [AtomicUsize; LOCKS] = [const { AtomicUsize::new(0) }; LOCKS];
    let ready = AtomicBool::new(false);
    let through = || {
        for (lock, counter) in locks.iter().zip(&counters) {
            for round in 1..=100 {
                let guard = lock.lock();
                add_slowly(kit, counter, round);
                drop(guard);
            }
        }
    };
    kit.with_thread(
        || {
            ready.store(true, Ordering::Release);
            through();
        },
        || {
            kit.wait_for(&ready);
            through();
            Ok(())
        },
    )?;
    let exact = counters.iter().all(|counter| counter.load(Ordering::Acquire) == 200);
    ensure(exact, "two threads were inside at the same time")
}
