//! Clauses of code that is loaded at run time: written, published, made executable, run.

use super::bytes::{Mapping, store_all};
use super::kit::{Kit, Outcome, Verdict, ensure};
use super::probe::{self, Deed};
use super::traps::{WAY, available, provoke};
use crate::memory::{self, Protection, page_size};
use crate::publication::{REACHES_EVERY_CORE, publish_code};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

const ANSWER: usize = 42;

pub(super) fn run(kit: &Kit) {
    if !memory::SUPPORTED {
        kit.skip(c"publication", "WASMTIME_VIRTUAL_MEMORY is off in this build of the kit");
        return;
    }
    if !probe::SUPPORTED {
        kit.skip(c"publication", "the kit has no code for this processor");
        return;
    }
    kit.clause(c"publication.runs", || {
        // Often, so that addresses repeat and stale instructions would be found.
        for _ in 0..200 {
            let code = published()?;
            ensure(call(code.start) == ANSWER, "published code does not do what it should")?;
            code.unmap()?;
        }
        Ok(())
    });
    kit.clause(c"publication.runs-on-another-core", || another_core(kit));
}

/// A page with code that answers 42, executable.
fn published() -> Result<Mapping, Verdict> {
    let code = Mapping::new(page_size()?, Protection::ReadWrite)?;
    store_all(code.start, probe::CODE_ANSWERING_42);
    // SAFETY: new code in a mapping of the clause's own, writable; nobody runs it.
    unsafe { publish_code(code.start, probe::CODE_ANSWERING_42.len()) }?;
    code.protect(0, code.size, Protection::ReadExecute)?;
    executable(code.start)?;
    Ok(code)
}

/// Runs code once in a way that shows it if that traps.
pub(super) fn executable(code: NonNull<u8>) -> Outcome {
    if available().is_ok() && provoke(WAY, Deed::Execute, code.as_ptr()).is_some() {
        return Err(Verdict::Failed("published code cannot be executed"));
    }
    Ok(())
}

/// Calls code that answers 42.
pub(super) fn call(code: NonNull<u8>) -> usize {
    // SAFETY: the callers pass the address of code of this type, published and executable.
    let code = unsafe { core::mem::transmute::<NonNull<u8>, extern "C" fn() -> u32>(code) };
    code() as usize
}

/// Code published here is called there as soon as its address is seen.
fn another_core(kit: &Kit) -> Outcome {
    if !REACHES_EVERY_CORE {
        return Err(Verdict::Skipped("needs STILT_CODE_PUBLICATION on this processor"));
    }
    let address = AtomicPtr::new(core::ptr::null_mut());
    let answered = AtomicUsize::new(0);
    let rounds = 200;
    let mut outcome = Ok(());
    kit.with_thread(
        || {
            for _ in 0..rounds {
                let code = loop {
                    match NonNull::new(address.swap(core::ptr::null_mut(), Ordering::AcqRel)) {
                        Some(code) if code.as_ptr() == stop() => return,
                        Some(code) => break code,
                        None => core::hint::spin_loop(),
                    }
                };
                answered.store(call(code).wrapping_add(1), Ordering::Release);
            }
        },
        || {
            for _ in 0..rounds {
                outcome = one_round(kit, &address, &answered);
                if outcome.is_err() {
                    address.store(stop(), Ordering::Release);
                    break;
                }
            }
            Ok(())
        },
    )?;
    outcome
}

fn one_round(kit: &Kit, address: &AtomicPtr<u8>, answered: &AtomicUsize) -> Outcome {
    let code = published()?;
    address.store(code.start.as_ptr(), Ordering::Release);
    let mut spins = 0_usize;
    loop {
        match answered.swap(0, Ordering::AcqRel) {
            0 if spins > 100_000_000 => {
                return Err(Verdict::Failed("the second thread did not run published code"));
            }
            0 => {
                spins = spins.wrapping_add(1);
                if spins.is_multiple_of(1000) {
                    kit.pause();
                }
            }
            answer => {
                ensure(answer == ANSWER + 1, "the second thread saw other code than was published")?;
                return code.unmap();
            }
        }
    }
}

/// Not an address of code: tells the second thread to end.
fn stop() -> *mut u8 {
    core::ptr::without_provenance_mut(1)
}
