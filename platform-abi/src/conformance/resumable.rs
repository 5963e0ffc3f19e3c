//! Clauses of the resumable trap frame.

use super::kit::{Kit, Outcome, Verdict, ensure};
use super::probe::{self, Deed};
use super::traps::{BY_FRAME, BY_JUMP, Seen, armed, available, decline, noted, provoke, record};
use crate::resumable::{self, TrapFrame};
use crate::traps;
use core::ptr::null_mut;

unsafe extern "C" fn handler(frame: *mut TrapFrame, has_address: bool, address: usize) -> bool {
    if !armed(BY_FRAME) {
        // With the other kind there, it is asked next, and counts.
        if !traps::SUPPORTED {
            decline();
        }
        return false;
    }
    // SAFETY: the platform passes a frame that is valid during the call.
    let seen = unsafe { *frame };
    record(seen.pc, seen.sp, seen.fp, has_address, address);
    let noted = noted();
    // SAFETY: as above.
    unsafe { *frame = TrapFrame { pc: noted.landing, sp: noted.sp, fp: noted.fp } };
    true
}

/// Installs the handler, if the platform has this kind. Answers whether that worked.
pub(super) fn install(kit: &Kit) -> bool {
    resumable::SUPPORTED
        && kit.clause(c"resumable.init", || {
            // SAFETY: once; the handler only uses atomics and what the probe noted, at which the thread can go on.
            Ok(unsafe { resumable::init(handler) }?)
        })
}

pub(super) fn run(kit: &Kit) {
    if !resumable::SUPPORTED {
        kit.skip(c"resumable", "STILT_RESUMABLE_TRAPS is off in this build of the kit");
        return;
    }
    if !probe::SUPPORTED {
        kit.skip(c"resumable", "the kit has no probe for this processor");
        return;
    }
    // Without the other kind it was installed before, for the clauses about protection.
    let installed = if traps::SUPPORTED { install(kit) } else { available().is_ok() };
    if !installed {
        return;
    }
    kit.clause(c"resumable.continues", || illegal().map(drop));
    kit.clause(c"resumable.frame", || {
        let seen = illegal()?;
        let inside = seen.ip == seen.noted.ip || seen.ip == seen.noted.ip.wrapping_add(1);
        ensure(inside, "pc is not the instruction that trapped")?;
        ensure(seen.sp == seen.noted.sp, "sp is not the stack pointer at the trap")?;
        ensure(seen.fp == seen.noted.fp, "fp is not the frame pointer at the trap")
    });
    kit.clause(c"resumable.again", || (0..10_000).try_for_each(|_| illegal().map(drop)));
    kit.clause(c"resumable.false-is-not-ours", false_is_passed_on);
}

fn illegal() -> Result<Seen, Verdict> {
    provoke(BY_FRAME, Deed::Illegal, null_mut()).ok_or(Verdict::Failed("the thread did not go on where the frame says"))
}

/// With both kinds of handler installed, a trap that this kind declines goes to the other one.
fn false_is_passed_on() -> Outcome {
    if !traps::SUPPORTED {
        return Err(Verdict::Skipped("WASMTIME_NATIVE_SIGNALS is off in this build of the kit"));
    }
    available()?;
    provoke(BY_JUMP, Deed::Illegal, null_mut())
        .map(drop)
        .ok_or(Verdict::Failed("a trap that the handler declined went nowhere"))
}
