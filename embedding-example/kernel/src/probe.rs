//! Reads of addresses of which nobody knows whether they can be read: the kernel's own use of faults. The read is one instruction,
//! which each machine has; an exception there goes on where the read has failed.

use crate::arch::Frame;

unsafe extern "C" {
    /// The byte at an address: nothing but the instruction, and the return behind it.
    safe fn probe_byte(address: usize) -> usize;
    /// Returns what no byte is.
    safe fn probe_failed();
}

/// The byte at an address, if it can be read.
pub fn read_that_may_fault(address: usize) -> Option<u8> {
    u8::try_from(probe_byte(address)).ok()
}

/// Whether the exception was that of such a read, which then goes on.
pub(crate) fn recover(frame: &mut Frame) -> bool {
    let ours = frame.pc() == (probe_byte as extern "C" fn(usize) -> usize) as usize;
    if ours {
        frame.resume((probe_failed as extern "C" fn()) as usize, frame.sp(), frame.fp());
    }
    ours
}
