//! The first instructions of each hart: a stack, and the float registers of guests. A hart that comes to `start` when another has been
//! there is the second: OpenSBI 1.1 lets one that wakes early begin where the first did, before the address it was given is in place.

use super::{activate, firmware, prepare_core};
use crate::cores;
use core::arch::global_asm;

global_asm!(
    r#"
    .section .boot, "ax"
    .globl start
    start:
        .option push
        .option arch, +a
        la t0, started
        li t1, 1
        amoswap.w t1, t1, (t0)
        .option pop
        bnez t1, second_start
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

    .section .data.started, "aw"
    .balign 4
    started:
        .word 0
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
