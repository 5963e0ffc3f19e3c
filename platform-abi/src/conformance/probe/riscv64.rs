//! The probe on riscv64, and the D registers, where the target has them. Division by zero does not trap there.

use super::Noted;
use core::arch::naked_asm;

pub(in super::super) const SUPPORTED: bool = true;
pub(in super::super) const DIVISION_TRAPS: bool = false;
pub(in super::super) const ADDRESS_IS_EXACT: bool = true;
/// `li a0, 42; ret`
pub(in super::super) const CODE_ANSWERING_42: &[u8] = &[0x13, 0x05, 0xa0, 0x02, 0x67, 0x80, 0x00, 0x00];
/// `ret`
pub(in super::super) const RETURN: &[u8] = &[0x67, 0x80, 0x00, 0x00];

/// Stores or loads the registers that the convention of a target with D keeps. (`.option`: link-time optimisation forgets
/// the target's extensions for assembly.)
#[cfg(target_feature = "d")]
macro_rules! floats {
    ($op:literal) => {
        concat!(
            ".option push\n.option arch, +d\n",
            $op,
            " fs0, 104(sp)\n",
            $op,
            " fs1, 112(sp)\n",
            $op,
            " fs2, 120(sp)\n",
            $op,
            " fs3, 128(sp)\n",
            $op,
            " fs4, 136(sp)\n",
            $op,
            " fs5, 144(sp)\n",
            $op,
            " fs6, 152(sp)\n",
            $op,
            " fs7, 160(sp)\n",
            $op,
            " fs8, 168(sp)\n",
            $op,
            " fs9, 176(sp)\n",
            $op,
            " fs10, 184(sp)\n",
            $op,
            " fs11, 192(sp)\n",
            ".option pop",
        )
    };
}

/// Without D there is nothing to keep.
#[cfg(not(target_feature = "d"))]
macro_rules! floats {
    ($op:literal) => {
        ""
    };
}

/// # Safety
/// A handler is installed that leaves through `noted`, or the deed does not trap. `noted` is valid for writes.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn probe(deed: usize, address: *mut u8, noted: *mut Noted) -> usize {
    naked_asm!(
        "addi sp, sp, -208",
        "sd ra, 0(sp)",
        "sd s0, 8(sp)",
        "sd s1, 16(sp)",
        "sd s2, 24(sp)",
        "sd s3, 32(sp)",
        "sd s4, 40(sp)",
        "sd s5, 48(sp)",
        "sd s6, 56(sp)",
        "sd s7, 64(sp)",
        "sd s8, 72(sp)",
        "sd s9, 80(sp)",
        "sd s10, 88(sp)",
        "sd s11, 96(sp)",
        floats!("fsd"),
        "addi s0, sp, 208",
        "sd sp, 0(a2)",
        "sd s0, 8(a2)",
        "lla t0, 9f",
        "sd t0, 16(a2)",
        "li t1, 1",
        "beq a0, t1, 3f",
        "li t1, 2",
        "beq a0, t1, 4f",
        "li t1, 3",
        "beq a0, t1, 5f",
        // Read.
        "lla t0, 2f",
        "sd t0, 24(a2)",
        "2: lb t0, 0(a1)",
        "j 7f",
        // Write.
        "3: lla t0, 2f",
        "sd t0, 24(a2)",
        "li t1, 0x5a",
        "2: sb t1, 0(a1)",
        "j 7f",
        // Execute.
        "4: sd a1, 24(a2)",
        "jalr a1",
        "j 7f",
        // Illegal.
        "5: lla t0, 2f",
        "sd t0, 24(a2)",
        "2: unimp",
        "7: li a0, 0",
        "j 8f",
        "9: li a0, 1",
        "8: ld ra, 0(sp)",
        "ld s0, 8(sp)",
        "ld s1, 16(sp)",
        "ld s2, 24(sp)",
        "ld s3, 32(sp)",
        "ld s4, 40(sp)",
        "ld s5, 48(sp)",
        "ld s6, 56(sp)",
        "ld s7, 64(sp)",
        "ld s8, 72(sp)",
        "ld s9, 80(sp)",
        "ld s10, 88(sp)",
        "ld s11, 96(sp)",
        floats!("fld"),
        "addi sp, sp, 208",
        "ret",
    )
}

/// Goes on where the probe noted.
///
/// # Safety
/// The probe that filled `noted` in has not returned.
#[unsafe(naked)]
pub(in super::super) unsafe extern "C" fn jump_out(noted: *const Noted) -> ! {
    naked_asm!("ld sp, 0(a0)", "ld s0, 8(a0)", "ld t0, 16(a0)", "jr t0")
}
