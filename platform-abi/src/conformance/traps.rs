//! Clauses of the hardware traps, and of the protections that only they show. A platform that has the resumable kind of handler
//! alone is tested through that one.
//!
//! Invariant: while `ARMED` is set, the one thing that can trap is the probe that set it, so the handlers below may leave
//! through what that probe noted. One probe runs at a time.

use super::bytes::{Mapping, store_all};
use super::kit::{Kit, Outcome, Verdict, ensure};
use super::probe::{self, Deed, Noted};
use crate::memory::{Protection, page_size};
use crate::{memory, publication, resumable, tls, traps};
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How a probe is to be left: not at all, ...
const DISARMED: usize = 0;
/// ... by jumping out of the handler, ...
pub(super) const BY_JUMP: usize = 1;
/// ... or by changing the frame.
pub(super) const BY_FRAME: usize = 2;

/// The way in which the clauses that are not about either go: the first kind of handler, if the platform has it.
pub(super) const WAY: usize = if traps::SUPPORTED { BY_JUMP } else { BY_FRAME };

static ARMED: AtomicUsize = AtomicUsize::new(DISARMED);
static FOREIGN: AtomicUsize = AtomicUsize::new(0);
static INSTALLED: AtomicBool = AtomicBool::new(false);
static NOTED: NotedCell = NotedCell(UnsafeCell::new(Noted::nothing()));
static SEEN: Recorder = Recorder {
    ip: AtomicUsize::new(0),
    sp: AtomicUsize::new(0),
    fp: AtomicUsize::new(0),
    has_address: AtomicBool::new(false),
    address: AtomicUsize::new(0),
    tls: AtomicUsize::new(0),
};

/// Written by a probe before it traps, read by the handler of that trap and then by who ran the probe: one thread.
struct NotedCell(UnsafeCell<Noted>);

// SAFETY: one probe runs at a time, as the module's invariant says; the cell is only used by it and by its handler.
unsafe impl Sync for NotedCell {}

struct Recorder {
    ip: AtomicUsize,
    sp: AtomicUsize,
    fp: AtomicUsize,
    has_address: AtomicBool,
    address: AtomicUsize,
    tls: AtomicUsize,
}

/// What the platform said about a trap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) noted: Noted,
    pub(super) ip: usize,
    pub(super) sp: usize,
    pub(super) fp: usize,
    has_address: bool,
    address: usize,
    tls: usize,
}

/// What the runtime's thread-local pointer is while the kit traps.
const TOKEN: usize = 0x5710;

unsafe extern "C" fn handler(ip: usize, fp: usize, has_address: bool, address: usize) {
    if ARMED.load(Ordering::Acquire) != BY_JUMP {
        decline();
        return;
    }
    record(ip, 0, fp, has_address, address);
    // SAFETY: armed, so a probe filled it in and has not returned: it is what trapped.
    unsafe { probe::jump_out(NOTED.0.get()) }
}

/// Notes that a handler was asked about a trap that is not its own.
pub(super) fn decline() {
    FOREIGN.fetch_add(1, Ordering::AcqRel);
}

/// Notes what a handler was told, and disarms. Answers what the probe noted.
pub(super) fn record(ip: usize, sp: usize, fp: usize, has_address: bool, address: usize) {
    ARMED.store(DISARMED, Ordering::Release);
    SEEN.ip.store(ip, Ordering::Release);
    SEEN.sp.store(sp, Ordering::Release);
    SEEN.fp.store(fp, Ordering::Release);
    SEEN.has_address.store(has_address, Ordering::Release);
    SEEN.address.store(address, Ordering::Release);
    SEEN.tls.store(tls::load().addr(), Ordering::Release);
}

/// What the probe noted, for a handler while it is armed, and for [`provoke`] afterwards.
pub(super) fn noted() -> Noted {
    // SAFETY: used by the thread of the one probe only, between its writes.
    unsafe { *NOTED.0.get() }
}

/// Whether a handler was called for the probe that is to be left in this way.
pub(super) fn armed(way: usize) -> bool {
    ARMED.load(Ordering::Acquire) == way
}

/// Makes a trap. `None`: nothing trapped.
pub(super) fn provoke(way: usize, deed: Deed, address: *mut u8) -> Option<Seen> {
    tls::store(core::ptr::without_provenance_mut(TOKEN));
    ARMED.store(way, Ordering::Release);
    // SAFETY: a handler is installed that leaves through what is noted, as all callers have seen to.
    let trapped = unsafe { probe::probe(deed as usize, address, NOTED.0.get()) };
    ARMED.store(DISARMED, Ordering::Release);
    tls::store(core::ptr::null_mut());
    (trapped != 0).then(|| Seen {
        noted: noted(),
        ip: SEEN.ip.load(Ordering::Acquire),
        sp: SEEN.sp.load(Ordering::Acquire),
        fp: SEEN.fp.load(Ordering::Acquire),
        has_address: SEEN.has_address.load(Ordering::Acquire),
        address: SEEN.address.load(Ordering::Acquire),
        tls: SEEN.tls.load(Ordering::Acquire),
    })
}

/// Whether traps can be made and left. Otherwise the reason, as a skipped clause.
pub(super) fn available() -> Outcome {
    if !traps::SUPPORTED && !resumable::SUPPORTED {
        return Err(Verdict::Skipped(
            "WASMTIME_NATIVE_SIGNALS and STILT_RESUMABLE_TRAPS are off in this build of the kit",
        ));
    }
    if !probe::SUPPORTED {
        return Err(Verdict::Skipped("the kit has no probe for this processor"));
    }
    if !INSTALLED.load(Ordering::Acquire) {
        return Err(Verdict::Skipped("there is no trap handler"));
    }
    Ok(())
}

/// A trap that must happen, and be reported.
pub(super) fn expect_trap(deed: Deed, address: *mut u8, otherwise: &'static str) -> Result<Seen, Verdict> {
    available()?;
    provoke(WAY, deed, address).ok_or(Verdict::Failed(otherwise))
}

pub(super) fn install(kit: &Kit) {
    if traps::SUPPORTED {
        kit.clause(c"traps.init", || {
            // SAFETY: once, at the start; the handler only uses atomics, and returns for traps that are not its own.
            unsafe { traps::init(handler) }?;
            INSTALLED.store(true, Ordering::Release);
            Ok(())
        });
    } else if super::resumable::install(kit) {
        INSTALLED.store(true, Ordering::Release);
    }
}

pub(super) fn run(kit: &Kit) {
    if let Err(Verdict::Skipped(why)) = available() {
        kit.skip(c"traps", why);
        return;
    }
    kit.clause(c"traps.illegal-instruction", || illegal().map(drop));
    if memory::SUPPORTED {
        protections(kit);
        kit.clause(c"traps.address", address);
    }
    kit.clause(c"traps.no-address", || {
        let seen = illegal()?;
        ensure(!seen.has_address, "an illegal instruction is said to have a faulting address")?;
        ensure(seen.address == 0, "there is no faulting address, but it is not 0")
    });
    kit.clause(c"traps.ip", || {
        let seen = illegal()?;
        // Of an instruction of two bytes at least.
        let inside = seen.ip == seen.noted.ip || seen.ip == seen.noted.ip.wrapping_add(1);
        if inside { Ok(()) } else { Err(Verdict::FailedAt("ip is not the instruction that trapped", seen.ip)) }
    });
    kit.clause(c"traps.fp", || {
        let seen = illegal()?;
        let equal = seen.fp == seen.noted.fp;
        if equal { Ok(()) } else { Err(Verdict::FailedAt("fp is not the frame pointer at the trap", seen.fp)) }
    });
    kit.clause(c"traps.tls", || {
        let seen = illegal()?;
        ensure(seen.tls == TOKEN, "in the handler, slot 0 is not what the trapping thread stored")
    });
    kit.clause(c"traps.division", || {
        if !probe::DIVISION_TRAPS {
            return Err(Verdict::Skipped("division by zero does not trap on this processor"));
        }
        let seen = expect_trap(Deed::Divide, core::ptr::null_mut(), "division by zero was not reported")?;
        ensure(!seen.has_address, "a division is said to have a faulting address")
    });
    kit.clause(c"traps.again", || {
        // Jumping out must leave nothing behind: no mask, no lock, no growing stack.
        (0..10_000).try_for_each(|_| illegal().map(drop))
    });
    kit.clause(c"traps.second-thread", || {
        let reported = AtomicBool::new(false);
        let tls = AtomicBool::new(false);
        kit.with_thread(
            || {
                for _ in 0..100 {
                    let seen = illegal();
                    reported.store(seen.is_ok(), Ordering::Release);
                    tls.store(seen.is_ok_and(|seen| seen.tls == TOKEN), Ordering::Release);
                }
            },
            || Ok(()),
        )?;
        ensure(reported.load(Ordering::Acquire), "a trap of a second thread was not reported")?;
        ensure(tls.load(Ordering::Acquire), "slot 0 is not what the second thread stored")
    });
    kit.clause(c"traps.foreign", || {
        let before = FOREIGN.load(Ordering::Acquire);
        match kit.foreign_trap() {
            None => Err(Verdict::Skipped("the porter gave the self-test no trap of his own")),
            Some(0) => {
                let asked = FOREIGN.load(Ordering::Acquire) != before;
                ensure(asked, "the handler was not asked about a trap of the porter's")?;
                illegal().map(drop)
            }
            Some(_) => Err(Verdict::Failed("the ground did not recover from its own trap as usual")),
        }
    });
}

fn illegal() -> Result<Seen, Verdict> {
    expect_trap(Deed::Illegal, core::ptr::null_mut(), "an illegal instruction was not reported")
}

/// Clauses of the mappings, whose violation only a trap shows.
fn protections(kit: &Kit) {
    kit.clause(c"memory.none-forbids-reading", || {
        let mapping = Mapping::new(page_size()?, Protection::None)?;
        expect_trap(Deed::Read, mapping.start.as_ptr(), "a read of a page without rights did not trap")?;
        mapping.protect(0, mapping.size, Protection::ReadWrite)?;
        mapping.protect(0, mapping.size, Protection::None)?;
        expect_trap(Deed::Read, mapping.start.as_ptr(), "rights that were taken away were not")?;
        Ok(())
    });
    kit.clause(c"memory.none-forbids-writing", || {
        let mapping = Mapping::new(page_size()?, Protection::None)?;
        expect_trap(Deed::Write, mapping.start.as_ptr(), "a write to a page without rights did not trap")?;
        Ok(())
    });
    kit.clause(c"memory.read-forbids-writing", || {
        let mapping = Mapping::new(page_size()?, Protection::ReadWrite)?;
        mapping.fill(0, mapping.size, 1)?;
        mapping.protect(0, mapping.size, Protection::Read)?;
        expect_trap(Deed::Write, mapping.start.as_ptr(), "a write to a read-only page did not trap")?;
        mapping.expect_pattern(0, mapping.size, 1, "a write that trapped changed a byte")
    });
    kit.clause(c"memory.write-forbids-executing", || {
        let mapping = Mapping::new(page_size()?, Protection::ReadWrite)?;
        store_all(mapping.start, probe::RETURN);
        // SAFETY: new code in a mapping of the clause's own, writable; nobody runs it.
        unsafe { publication::publish_code(mapping.start, probe::RETURN.len()) }?;
        expect_trap(Deed::Execute, mapping.start.as_ptr(), "a page without EXEC was executed")?;
        Ok(())
    });
    kit.clause(c"memory.execute-forbids-writing", || {
        let mapping = Mapping::new(page_size()?, Protection::ReadWrite)?;
        mapping.protect(0, mapping.size, Protection::ReadExecute)?;
        expect_trap(Deed::Write, mapping.start.as_ptr(), "a write to a page of code did not trap")?;
        Ok(())
    });
    kit.clause(c"memory.protect-is-exact", || {
        let page = page_size()?;
        let mapping = Mapping::new(page * 3, Protection::ReadWrite)?;
        mapping.fill(0, mapping.size, 2)?;
        mapping.protect(page, page, Protection::None)?;
        let (first, last) = (mapping.at(page).as_ptr(), mapping.at(page * 2 - 1).as_ptr());
        expect_trap(Deed::Read, first, "the first byte of the range did not trap")?;
        expect_trap(Deed::Read, last, "the last byte of the range did not trap")?;
        mapping.expect_pattern(0, page, 2, "a byte in front of the range changed")?;
        mapping.expect_pattern(page * 2, page, 2, "a byte behind the range changed")
    });
    kit.clause(c"memory.remap-forbids", || {
        let mapping = Mapping::new(page_size()?, Protection::ReadWrite)?;
        mapping.remap(0, mapping.size, Protection::None)?;
        expect_trap(Deed::Read, mapping.start.as_ptr(), "a read of a page remapped without rights did not trap")?;
        Ok(())
    });
}

/// The faulting address, for several addresses and for both accesses.
fn address() -> Outcome {
    let page = page_size()?;
    let mapping = Mapping::new(page * 4, Protection::None)?;
    for offset in [0, 1, page - 1, page, page * 3 + 123, page * 4 - 1] {
        for deed in [Deed::Read, Deed::Write] {
            let wanted = mapping.at(offset).as_ptr();
            let seen = expect_trap(deed, wanted, "an access to a page without rights did not trap")?;
            ensure(seen.has_address, "an access to memory is said to have no faulting address")?;
            let equal = if probe::ADDRESS_IS_EXACT {
                seen.address == wanted.addr()
            } else {
                seen.address & !(page - 1) == wanted.addr() & !(page - 1)
            };
            if !equal {
                return Err(Verdict::FailedAt("the faulting address is wrong", seen.address));
            }
        }
    }
    Ok(())
}
