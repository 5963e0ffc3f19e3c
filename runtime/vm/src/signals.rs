//! Hardware traps: what the platform calls when an instruction faults; it is left by a jump, or by changing what the platform returns to.
//!
//! The handler takes no lock and allocates nothing. It reads the thread's slot (the store whose code runs, INV-TLS), that store's
//! lists of instances and memories, and tables of immutable images.
//!
//! INV-TLS: slot 0 of a thread is null, or points to the block of the store whose native code runs innermost on that
//! thread, or of one that makes its interpreter. `activation::enter` and `interpreter::machine` set it and put the outer one back.

use stilt_artifact::trap::TrapCode;
use stilt_collections::atomic::{Once, Turn};
use stilt_platform_abi::resumable::{self, TrapFrame};
use stilt_platform_abi::{tls, traps};

use crate::error::VmError;
use crate::store::StoreBlock;
use crate::{backtrace, raise};

static HANDLER: Once = Once::new();

/// Whether the handler changes what the platform returns to: as this crate was asked, whatever else the platform's crate was built with.
const RESUMES: bool = cfg!(feature = "resumable-traps");

/// Whether the platform that is linked tells of traps, in either way.
pub const SUPPORTED: bool = traps::SUPPORTED || RESUMES;

/// Gives the platform the handler, once per process, before the first image that needs it is used.
pub(crate) fn prepare() -> Result<(), VmError> {
    match HANDLER.turn() {
        Turn::Succeeded => Ok(()),
        Turn::Failed => Err(VmError::unsupported("the platform could not install the trap handler")),
        Turn::Mine => {
            let result = if RESUMES {
                // SAFETY: only one caller gets here, once; the handler keeps to the header's rules, and the frames that it
                // gives back are those of a landing pad.
                unsafe { resumable::init(resume) }
            } else {
                // SAFETY: only one caller gets here, once; the handler keeps to the header's rules.
                unsafe { traps::init(handle) }
            };
            // A build without the gate may say so again; a platform that failed must not be asked again.
            HANDLER.finish(result.is_ok());
            Ok(result?)
        }
    }
}

/// The trap handler: returns for each trap that is not of compiled code.
///
/// # Safety
/// Called by the platform, on the thread that trapped, with the registers at the trap.
unsafe extern "C" fn handle(ip: usize, fp: usize, has_faulting_addr: bool, faulting_addr: usize) {
    // SAFETY: the slot points to the block of a store whose code runs on this thread (INV-TLS).
    let Some(block) = (unsafe { tls::load().cast::<StoreBlock>().as_ref() }) else { return };
    if take(block, ip, fp, has_faulting_addr.then_some(faulting_addr)) {
        // SAFETY: compiled code of this store was stopped at `ip`, under its innermost activation.
        unsafe { raise::leave(block) }
    }
}

/// The same for platforms that are told where to go on: whether the trap is of compiled code, and then the frame is changed.
///
/// # Safety
/// Called by the platform, on the thread that trapped, with a frame that is the handler's during the call.
unsafe extern "C" fn resume(frame: *mut TrapFrame, has_faulting_addr: bool, faulting_addr: usize) -> bool {
    // SAFETY: the slot points to the block of a store whose code runs on this thread (INV-TLS).
    let Some(block) = (unsafe { tls::load().cast::<StoreBlock>().as_ref() }) else { return false };
    // SAFETY: a valid frame, as the platform promises.
    let TrapFrame { pc, fp, .. } = unsafe { frame.read() };
    if !take(block, pc, fp, has_faulting_addr.then_some(faulting_addr)) {
        return false;
    }
    let (sp, fp, pc) = raise::landing(block);
    // SAFETY: as above.
    unsafe { frame.write(TrapFrame { pc, sp, fp }) };
    true
}

/// Whether a trap is of compiled code of the store; if so, what it was and where is noted in the store.
fn take(block: &StoreBlock, ip: usize, fp: usize, faulting_addr: Option<usize>) -> bool {
    let Some(code) = find(block, ip) else { return false };
    if faulting_addr.is_some_and(|address| !is_ours(block, address)) {
        return false;
    }
    block.trapped(code as u8);
    // SAFETY: `ip` is an instruction of this store's compiled code, which runs on this thread.
    let fp = unsafe { raise::trapped_frame(fp) };
    block.context.exit_fp.set(fp);
    block.context.exit_pc.set(ip);
    backtrace::capture(block, 0);
    true
}

/// The trap code of the instruction at an address, if it is one of the store's that can trap.
pub(crate) fn find(block: &StoreBlock, pc: usize) -> Option<TrapCode> {
    let mut next = block.instances.get();
    while let Some(head) = next {
        // SAFETY: instances in the list are alive (INV-BLOCK).
        let head = unsafe { head.as_ref() };
        if let Some(offset) = head.module().offset_of(pc)
            && let Some(site) = head.module().image().sites().find_trap(offset)
        {
            return site.trap;
        }
        next = head.next.get();
    }
    None
}

/// Whether an address can only fault because the guest accessed a memory of this store out of bounds.
fn is_ours(block: &StoreBlock, address: usize) -> bool {
    let mut next = block.memories.get();
    while let Some(memory) = next {
        // SAFETY: memories in the list are alive (INV-BLOCK).
        let memory = unsafe { memory.as_ref() };
        if memory.owns(address) {
            return true;
        }
        next = memory.next.get();
    }
    false
}
