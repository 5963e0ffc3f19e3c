//! Exceptions: a page that gets its frame, a trap of the runtime's, a read of the kernel's that may fault; or the end.

use crate::arch::{self, Frame};
use crate::platform::traps;
use crate::println;
use crate::probe;
use crate::window::{Access, SPACE};

/// What a synchronous exception was.
pub(crate) struct Exception {
    /// What the machine calls it.
    pub(crate) what: &'static str,
    /// The address, where memory was accessed that may not be, and in which way.
    pub(crate) access: Option<(usize, Access)>,
}

/// Every synchronous exception comes here, with interrupts masked. On return the machine goes on with what the frame says.
pub(crate) fn handle(frame: &mut Frame, exception: &Exception) {
    if let Some((address, access)) = exception.access
        && SPACE.with(|space| space.fault(address, access))
    {
        return;
    }
    let address = exception.access.map(|(address, _)| address);
    if traps::ask(frame, address) || probe::recover(frame) {
        return;
    }
    println!("{} at {:#x}, which is nobody's", exception.what, frame.pc());
    if let Some((address, access)) = exception.access {
        println!("{access:?} of {address:#x}");
    }
    arch::exit(false)
}
