//! Code that traps on purpose and can be left from the trap handler, per ISA. `unknown.rs` stands in on others.
//!
//! `probe` saves what the C convention wants kept on its stack, notes where to go on, and makes one instruction trap. It answers
//! 0 if nothing trapped and 1 if a handler went on at `landing`, which needs `sp` and `fp` to be those that were noted.

#[cfg(target_arch = "x86_64")]
#[path = "probe/x86_64.rs"]
mod isa;

#[cfg(target_arch = "aarch64")]
#[path = "probe/aarch64.rs"]
mod isa;

#[cfg(target_arch = "riscv64")]
#[path = "probe/riscv64.rs"]
mod isa;

#[cfg(target_arch = "s390x")]
#[path = "probe/s390x.rs"]
mod isa;

#[cfg(all(target_arch = "arm", target_os = "linux"))]
#[path = "probe/arm.rs"]
mod isa;

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "s390x",
    all(target_arch = "arm", target_os = "linux")
)))]
#[path = "probe/unknown.rs"]
mod isa;

pub(super) use isa::{ADDRESS_IS_EXACT, CODE_ANSWERING_42, DIVISION_TRAPS, RETURN, SUPPORTED, jump_out, probe};

/// What the probe notes before it traps. Its layout is known to the assembly.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted {
    /// Stack pointer with which to go on.
    pub(super) sp: usize,
    /// Frame pointer with which to go on, which is also the one at the trap.
    pub(super) fp: usize,
    /// Where to go on.
    pub(super) landing: usize,
    /// The instruction that traps.
    pub(super) ip: usize,
}

impl Noted {
    pub(super) const fn nothing() -> Self {
        Self { sp: 0, fp: 0, landing: 0, ip: 0 }
    }
}

/// What `probe` does. The numbers are known to the assembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Deed {
    /// Loads a byte from the address.
    Read = 0,
    /// Stores a byte to the address.
    Write = 1,
    /// Calls the address.
    Execute = 2,
    /// Runs an instruction that is defined to be illegal.
    Illegal = 3,
    /// Divides by zero, if that traps on this ISA.
    Divide = 4,
}
