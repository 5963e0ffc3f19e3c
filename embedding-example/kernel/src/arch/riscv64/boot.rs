//! The first instructions of each hart: a stack, and the float registers of guests.

use super::{activate, firmware, prepare_core};
use crate::cores;
use core::arch::global_asm;

global_asm!(
    r#"
    .section .boot, "ax"
    .globl start
    start:
        la sp, stack_top
        la t1, {boot}
        j 1f
    .globl second_start
    second_start:
        la sp, second_stack_top
        la t1, {second}
    1:  csrw sie, zero
        csrw satp, zero
        li t0, 0x2000
        csrs sstatus, t0
        li s0, 0
        li ra, 0
        jr t1
    "#,
    boot = sym boot,
    second = sym second,
);

unsafe extern "C" {
    safe fn second_start();
}

extern "C" fn boot(hart: usize) -> ! {
    firmware::first_hart_is(hart);
    crate::boot::boot()
}

extern "C" fn second(_hart: usize) -> ! {
    prepare_core(1);
    activate(super::paging::root());
    cores::second_core()
}

/// Asks the firmware for the second hart.
pub(crate) fn start_second_core() -> bool {
    firmware::start_other_hart((second_start as extern "C" fn()) as usize)
}
