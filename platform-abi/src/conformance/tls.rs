//! Clauses of the thread-local pointer.

use super::kit::{Kit, Verdict, ensure};
use crate::tls::{Slot, load_slot, store_slot};
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Some pointer that is not null and is never looked through.
fn token(number: usize) -> *mut u8 {
    core::ptr::without_provenance_mut(number.wrapping_mul(16).wrapping_add(0x1000))
}

pub(super) fn run(kit: &Kit) {
    let slots = [Slot::Runtime, Slot::ComponentAsync];
    kit.clause(c"tls.initially-null", || {
        ensure(slots.iter().all(|slot| load_slot(*slot).is_null()), "a slot is not NULL at first")
    });
    kit.clause(c"tls.keeps", || {
        for slot in slots {
            for value in [token(1), token(2), core::ptr::without_provenance_mut(usize::MAX)] {
                store_slot(slot, value);
                ensure(load_slot(slot) == value, "a slot does not have what was stored")?;
            }
        }
        Ok(())
    });
    kit.clause(c"tls.keeps-null", || {
        store_slot(Slot::Runtime, token(1));
        store_slot(Slot::Runtime, core::ptr::null_mut());
        ensure(load_slot(Slot::Runtime).is_null(), "NULL was not stored over another pointer")
    });
    kit.clause(c"tls.slots-are-independent", || {
        store_slot(Slot::Runtime, token(3));
        store_slot(Slot::ComponentAsync, token(4));
        ensure(
            load_slot(Slot::Runtime) == token(3) && load_slot(Slot::ComponentAsync) == token(4),
            "storing into one slot changed the other",
        )
    });
    kit.clause(c"tls.per-thread", || per_thread(kit));
    for slot in slots {
        store_slot(slot, core::ptr::null_mut());
    }
}

fn per_thread(kit: &Kit) -> Result<(), Verdict> {
    let seen_first = AtomicPtr::new(token(9));
    let stored = AtomicBool::new(false);
    let may_end = AtomicBool::new(false);
    let kept = AtomicBool::new(false);
    store_slot(Slot::Runtime, token(5));
    kit.with_thread(
        || {
            seen_first.store(load_slot(Slot::Runtime), Ordering::Release);
            store_slot(Slot::Runtime, token(6));
            stored.store(true, Ordering::Release);
            let in_time = kit.wait_for(&may_end);
            kept.store(in_time && load_slot(Slot::Runtime) == token(6), Ordering::Release);
        },
        || {
            let in_time = kit.wait_for(&stored);
            let mine = load_slot(Slot::Runtime);
            store_slot(Slot::Runtime, token(7));
            may_end.store(true, Ordering::Release);
            ensure(in_time, "the second thread did not run")?;
            ensure(mine == token(5), "what another thread stored is seen here")
        },
    )?;
    ensure(seen_first.load(Ordering::Acquire).is_null(), "a new thread's slot is not NULL at first")?;
    ensure(kept.load(Ordering::Acquire), "another thread lost what it stored")
}
