//! The probe on aarch64. Division by zero does not trap there.

use super::Noted;
use core::arch::naked_asm;

pub(in super::super) const SUPPORTED: bool = true;
pub(in super::super) const DIVISION_TRAPS: bool = false;
pub(in super::super) const ADDRESS_IS_EXACT: bool = true;
/// `mov w0, #42; ret`
pub(in super::super) const CODE_ANSWERING_42: &[u8] = &[0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6];
/// `ret`
pub(in super::super) const RETURN: &[u8] = &[0xc0, 0x03, 0x5f, 0xd6];

/// # Safety
/// A handler is installed that leaves through `noted`, or the deed does not trap. `noted` is valid for writes.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn probe(deed: usize, address: *mut u8, noted: *mut Noted) -> usize {
    naked_asm!(
        "sub sp, sp, #160",
        "stp x29, x30, [sp]",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        #[cfg(target_feature = "neon")]
        "stp d8, d9, [sp, #96]",
        #[cfg(target_feature = "neon")]
        "stp d10, d11, [sp, #112]",
        #[cfg(target_feature = "neon")]
        "stp d12, d13, [sp, #128]",
        #[cfg(target_feature = "neon")]
        "stp d14, d15, [sp, #144]",
        "mov x29, sp",
        "mov x9, sp",
        "str x9, [x2]",
        "str x29, [x2, #8]",
        "adr x9, 9f",
        "str x9, [x2, #16]",
        "cmp x0, #1",
        "b.eq 3f",
        "cmp x0, #2",
        "b.eq 4f",
        "cmp x0, #3",
        "b.eq 5f",
        // Read.
        "adr x9, 2f",
        "str x9, [x2, #24]",
        "2: ldrb w9, [x1]",
        "b 7f",
        // Write.
        "3: adr x9, 2f",
        "str x9, [x2, #24]",
        "mov w10, #0x5a",
        "2: strb w10, [x1]",
        "b 7f",
        // Execute.
        "4: str x1, [x2, #24]",
        "blr x1",
        "b 7f",
        // Illegal.
        "5: adr x9, 2f",
        "str x9, [x2, #24]",
        "2: udf #0",
        "7: mov x0, #0",
        "b 8f",
        "9: mov x0, #1",
        "8: ldp x29, x30, [sp]",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        #[cfg(target_feature = "neon")]
        "ldp d8, d9, [sp, #96]",
        #[cfg(target_feature = "neon")]
        "ldp d10, d11, [sp, #112]",
        #[cfg(target_feature = "neon")]
        "ldp d12, d13, [sp, #128]",
        #[cfg(target_feature = "neon")]
        "ldp d14, d15, [sp, #144]",
        "add sp, sp, #160",
        "ret",
    )
}

/// Goes on where the probe noted.
///
/// # Safety
/// The probe that filled `noted` in has not returned.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn jump_out(noted: *const Noted) -> ! {
    naked_asm!("ldr x9, [x0]", "mov sp, x9", "ldr x29, [x0, #8]", "ldr x9, [x0, #16]", "br x9")
}
