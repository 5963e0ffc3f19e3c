//! Which signals this process handles, as the kernel tells it.
//!
//! Rust's own runtime handles SIGSEGV and SIGBUS to report stack overflows; it
//! does not handle SIGILL and SIGFPE, which hardware traps need.

const SIGILL: u32 = 4;
const SIGFPE: u32 = 8;

/// Signals 32 and 33 are the C library's own: it handles them as soon as there are threads.
const ANYONE: u64 = !(0b11 << 31);

/// The signals with a handler: bit *n* - 1 for signal *n*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Handled(u64);

impl Handled {
    /// As it is now.
    pub(crate) fn now() -> Result<Self, String> {
        let status = std::fs::read_to_string("/proc/self/status").map_err(|e| e.to_string())?;
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))
            .ok_or("the kernel does not tell which signals are handled")?;
        let mask = u64::from_str_radix(mask.trim(), 16).map_err(|e| e.to_string())?;
        Ok(Self(mask & ANYONE))
    }

    /// Whether the traps of the processor are handled, as hardware traps need it.
    pub(crate) fn has_processor_traps(self) -> bool {
        [SIGILL, SIGFPE].iter().all(|signal| self.0 >> (signal - 1) & 1 == 1)
    }
}
