//! The probe on s390x, where the frame pointer is r15, and addresses of faults are those of pages.

use super::Noted;
use core::arch::naked_asm;

pub(in super::super) const SUPPORTED: bool = true;
pub(in super::super) const DIVISION_TRAPS: bool = true;
pub(in super::super) const ADDRESS_IS_EXACT: bool = false;
/// `lghi %r2, 42; br %r14`
pub(in super::super) const CODE_ANSWERING_42: &[u8] = &[0xa7, 0x29, 0x00, 0x2a, 0x07, 0xfe];
/// `br %r14`
pub(in super::super) const RETURN: &[u8] = &[0x07, 0xfe];

/// # Safety
/// A handler is installed that leaves through `noted`, or the deed does not trap. `noted` is valid for writes.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn probe(deed: usize, address: *mut u8, noted: *mut Noted) -> usize {
    naked_asm!(
        "stmg %r6, %r15, 48(%r15)",
        "aghi %r15, -224",
        "std %f8, 160(%r15)",
        "std %f9, 168(%r15)",
        "std %f10, 176(%r15)",
        "std %f11, 184(%r15)",
        "std %f12, 192(%r15)",
        "std %f13, 200(%r15)",
        "std %f14, 208(%r15)",
        "std %f15, 216(%r15)",
        "stg %r15, 0(%r4)",
        "stg %r15, 8(%r4)",
        "larl %r1, 9f",
        "stg %r1, 16(%r4)",
        "cghi %r2, 1",
        "je 3f",
        "cghi %r2, 2",
        "je 4f",
        "cghi %r2, 3",
        "je 5f",
        "cghi %r2, 4",
        "je 6f",
        // Read.
        "larl %r1, 2f",
        "stg %r1, 24(%r4)",
        "2: llgc %r1, 0(%r3)",
        "j 7f",
        // Write.
        "3: larl %r1, 2f",
        "stg %r1, 24(%r4)",
        "2: mvi 0(%r3), 0x5a",
        "j 7f",
        // Execute.
        "4: stg %r3, 24(%r4)",
        "basr %r14, %r3",
        "j 7f",
        // Illegal.
        "5: larl %r1, 2f",
        "stg %r1, 24(%r4)",
        "2: .short 0",
        "j 7f",
        // Divide.
        "6: larl %r1, 2f",
        "stg %r1, 24(%r4)",
        "lghi %r0, 0",
        "lghi %r1, 1",
        "lghi %r5, 0",
        "2: dlgr %r0, %r5",
        "7: lghi %r2, 0",
        "j 8f",
        "9: lghi %r2, 1",
        "8: ld %f8, 160(%r15)",
        "ld %f9, 168(%r15)",
        "ld %f10, 176(%r15)",
        "ld %f11, 184(%r15)",
        "ld %f12, 192(%r15)",
        "ld %f13, 200(%r15)",
        "ld %f14, 208(%r15)",
        "ld %f15, 216(%r15)",
        "aghi %r15, 224",
        "lmg %r6, %r15, 48(%r15)",
        "br %r14",
    )
}

/// Goes on where the probe noted.
///
/// # Safety
/// The probe that filled `noted` in has not returned.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn jump_out(noted: *const Noted) -> ! {
    naked_asm!("lg %r15, 0(%r2)", "lg %r1, 16(%r2)", "br %r1")
}
