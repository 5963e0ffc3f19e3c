//! Clauses of parking.

use super::kit::{Kit, Outcome, Verdict, ensure};
use crate::parking::{self, Woken, notify, wait};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

const MILLISECOND: u64 = 1_000_000;
/// Long enough to be told from a wake-up; not for ever, so that a broken platform does not hang the self-test.
const SECOND: u64 = 1_000 * MILLISECOND;
/// How often a wait may end for no reason before that counts as never sleeping.
const SPURIOUS: usize = 1_000_000;
const HANDOVERS: u32 = 5_000;

pub(super) fn run(kit: &Kit) {
    if !parking::SUPPORTED {
        kit.skip(c"parking", "STILT_PARKING is off in this build of the kit");
        return;
    }
    kit.clause(c"parking.other-value-returns", || {
        let word = AtomicU32::new(1);
        let woken = wait(&word, 2, SECOND)?;
        ensure(woken == Woken::LookAgain, "a thread slept though the word had another value")
    });
    kit.clause(c"parking.times-out", || {
        let word = AtomicU32::new(1);
        for timeout in [0, 1, MILLISECOND, 3 * MILLISECOND] {
            timed_out(&word, timeout)?;
        }
        Ok(())
    });
    kit.clause(c"parking.notify-without-sleepers", || {
        let word = AtomicU32::new(1);
        notify(&raw const word)?;
        Ok(())
    });
    kit.clause(c"parking.notify-wakes", || handovers(kit));
    kit.clause(c"parking.notify-wakes-only-that-word", || {
        let (word, other) = (AtomicU32::new(1), AtomicU32::new(1));
        let done = AtomicBool::new(false);
        let spurious = AtomicUsize::new(0);
        kit.with_thread(
            || {
                while word.load(Ordering::Acquire) == 1 {
                    if wait(&word, 1, SECOND).is_err() {
                        break;
                    }
                    spurious.fetch_add(1, Ordering::AcqRel);
                }
                done.store(true, Ordering::Release);
            },
            || {
                for _ in 0..20 {
                    notify(&raw const other)?;
                    kit.pause();
                }
                let early = spurious.load(Ordering::Acquire);
                word.store(2, Ordering::Release);
                notify(&raw const word)?;
                ensure(kit.wait_for(&done), "a sleeper was not woken")?;
                ensure(early < 20, "each notification of another word woke the sleeper")
            },
        )
    });
}

fn timed_out(word: &AtomicU32, timeout: u64) -> Outcome {
    for _ in 0..SPURIOUS {
        if wait(word, 1, timeout)? == Woken::TimedOut {
            return Ok(());
        }
    }
    Err(Verdict::Failed("the time is never over"))
}

/// Two threads wake each other in turn; one wake-up lost and both would sleep for ever, so one of them waits for at most a second.
fn handovers(kit: &Kit) -> Outcome {
    let word = AtomicU32::new(0);
    let lost = AtomicBool::new(false);
    // Waits until the word has the wanted parity, adds one, wakes the other.
    let turns = |parity: u32| {
        for _ in 0..HANDOVERS {
            loop {
                let value = word.load(Ordering::Acquire);
                if value % 2 == parity || lost.load(Ordering::Acquire) {
                    break;
                }
                match wait(&word, value, SECOND) {
                    Ok(Woken::LookAgain) => {}
                    Ok(Woken::TimedOut) if word.load(Ordering::Acquire) == value => {}
                    // The word was changed, and notified, or is about to be.
                    Ok(Woken::TimedOut) | Err(_) => lost.store(true, Ordering::Release),
                }
            }
            word.fetch_add(1, Ordering::AcqRel);
            if notify(&raw const word).is_err() {
                lost.store(true, Ordering::Release);
            }
        }
    };
    kit.with_thread(
        || turns(1),
        || {
            turns(0);
            Ok(())
        },
    )?;
    ensure(!lost.load(Ordering::Acquire), "a sleeper was not woken")
}
