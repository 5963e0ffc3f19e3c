//! The probe on 32-bit Arm under an operating system, in either instruction set. Division by zero does not trap there.

use super::Noted;
use core::arch::naked_asm;

pub(in super::super) const SUPPORTED: bool = true;
pub(in super::super) const DIVISION_TRAPS: bool = false;
pub(in super::super) const ADDRESS_IS_EXACT: bool = true;
/// `mov r0, #42; bx lr`, in the instruction set A32.
pub(in super::super) const CODE_ANSWERING_42: &[u8] = &[0x2a, 0x00, 0xa0, 0xe3, 0x1e, 0xff, 0x2f, 0xe1];
/// `bx lr`
pub(in super::super) const RETURN: &[u8] = &[0x1e, 0xff, 0x2f, 0xe1];

/// # Safety
/// A handler is installed that leaves through `noted`, or the deed does not trap. `noted` is valid for writes.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn probe(deed: usize, address: *mut u8, noted: *mut Noted) -> usize {
    naked_asm!(
        "push {{r3-r11, lr}}",
        #[cfg(target_abi = "eabihf")]
        "vpush {{d8-d15}}",
        "mov r11, sp",
        "str r11, [r2]",
        "str r11, [r2, #4]",
        "adr r12, 9f",
        "str r12, [r2, #8]",
        "cmp r0, #1",
        "beq 3f",
        "cmp r0, #2",
        "beq 4f",
        "cmp r0, #3",
        "beq 5f",
        // Read.
        "adr r12, 2f",
        "str r12, [r2, #12]",
        ".balign 4",
        "2: ldrb r12, [r1]",
        "b 7f",
        // Write.
        "3: adr r12, 2f",
        "str r12, [r2, #12]",
        "mov r3, #0x5a",
        ".balign 4",
        "2: strb r3, [r1]",
        "b 7f",
        // Execute.
        "4: str r1, [r2, #12]",
        "blx r1",
        "b 7f",
        // Illegal.
        "5: adr r12, 2f",
        "str r12, [r2, #12]",
        ".balign 4",
        "2: udf #0",
        "7: mov r0, #0",
        "b 8f",
        ".balign 4",
        "9: mov r0, #1",
        "8:",
        #[cfg(target_abi = "eabihf")]
        "vpop {{d8-d15}}",
        "pop {{r3-r11, pc}}",
    )
}

/// Goes on where the probe noted, in the instruction set that both are in.
///
/// # Safety
/// The probe that filled `noted` in has not returned.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn jump_out(noted: *const Noted) -> ! {
    naked_asm!("ldr r1, [r0]", "mov sp, r1", "ldr r11, [r0, #4]", "ldr r1, [r0, #8]", "mov pc, r1")
}
