//! Publication of code: after it was written, and before it is made executable.
//!
//! The order is: write, [`publish_code`], execute permission. What this core needs is done here, per ISA; what the
//! other cores need is the platform's `stilt_platform_publish_code` (gate `STILT_CODE_PUBLICATION`).

use crate::PlatformError;
use core::ptr::NonNull;

#[cfg(feature = "code-publication")]
#[path = "publication/other_cores.rs"]
mod other_cores;
#[cfg(not(feature = "code-publication"))]
#[path = "publication/other_cores_disabled.rs"]
mod other_cores;

#[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "s390x"))]
#[path = "publication/coherent.rs"]
mod this_core;

#[cfg(target_arch = "aarch64")]
#[path = "publication/aarch64.rs"]
mod this_core;

#[cfg(any(target_arch = "riscv64", target_arch = "riscv32"))]
#[path = "publication/riscv.rs"]
mod this_core;

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "x86",
    target_arch = "s390x",
    target_arch = "aarch64",
    target_arch = "riscv64",
    target_arch = "riscv32"
)))]
#[path = "publication/unknown.rs"]
mod this_core;

/// Whether [`publish_code`] reaches every core, and not only the one that it is called on. If not, a ground with
/// several cores must be refused, naming `STILT_CODE_PUBLICATION`.
pub const REACHES_EVERY_CORE: bool = other_cores::SUPPORTED || this_core::REACHES_EVERY_CORE;

/// Makes instruction fetch coherent with the code that was written to [`start`, `start + size`).
///
/// # Errors
/// The platform failed, or neither it nor this crate knows how to publish code on this ISA. The code must not be run.
///
/// # Safety
/// The range is readable and writable memory (not execute-only, not unmapped), it lies within one mapping, and no core
/// is executing it.
pub unsafe fn publish_code(start: NonNull<u8>, size: usize) -> Result<(), PlatformError> {
    if size == 0 {
        return Ok(());
    }
    if !this_core::KNOWN && !other_cores::SUPPORTED {
        return Err(PlatformError::Unsupported { call: "stilt_platform_publish_code", gate: "STILT_CODE_PUBLICATION" });
    }
    // SAFETY: the range is mapped and readable, as the caller promises.
    unsafe { this_core::synchronize(start.as_ptr(), size) };
    // SAFETY: the range is mapped, new code, as the caller promises, and not empty, as checked.
    unsafe { other_cores::synchronize(start.as_ptr(), size) }
}
