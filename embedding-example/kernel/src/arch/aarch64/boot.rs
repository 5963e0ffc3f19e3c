//! The first instructions of each core: tables of blocks, so that memory is cached and atomics work; the float registers of guests;
//! two stacks, one for programs (`sp_el0`) and one for exceptions.

use super::{activate, prepare_core};
use crate::cores;
use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicBool, Ordering};

global_asm!(
    r#"
    .section .boot, "ax"
    .globl start
    start:
        adrp x20, stack_top
        adrp x21, exception_stack_top
        adr x22, {boot}
        b 1f
    .globl second_start
    second_start:
        adrp x20, second_stack_top
        adrp x21, second_exception_stack_top
        adr x22, {second}
    1:  msr daifset, #15
        mov x1, #(3 << 20)
        msr cpacr_el1, x1
        /* Memory of kind 0 is of devices, of kind 1 cached. */
        mov x1, #0xff00
        msr mair_el1, x1
        /* 39 bits of address, in pages of 4 KiB, walked through the caches; nothing above. */
        ldr x1, =0x200803519
        msr tcr_el1, x1
        adrp x1, boot_level1
        msr ttbr0_el1, x1
        isb
        tlbi vmalle1
        dsb sy
        isb
        mrs x1, sctlr_el1
        mov x2, #0x1005
        orr x1, x1, x2
        /* No trap of unaligned accesses, of which compiled code makes some. */
        bic x1, x1, #2
        msr sctlr_el1, x1
        isb
        msr spsel, #1
        mov sp, x21
        msr spsel, #0
        mov sp, x20
        mov x29, xzr
        mov x30, xzr
        blr x22
        udf #0

    .section .data.boot, "aw"
    .balign 4096
    /* The first GiB: devices; the second: memory. */
    boot_level1:
        .quad 0x0060000000000401, 0x0000000040000705
        .skip 4096 - 16

    .section .bss.stacks, "aw", @nobits
    .balign 4096
    .skip 0x10000
    exception_stack_top:
    .skip 0x10000
    second_exception_stack_top:
    "#,
    boot = sym boot,
    second = sym second,
);

unsafe extern "C" {
    safe fn second_start();
}

extern "C" fn boot() -> ! {
    crate::boot::boot()
}

extern "C" fn second() -> ! {
    prepare_core(1);
    activate(super::paging::root());
    super::devices::prepare_interrupts();
    super::enable_interrupts();
    cores::second_core()
}

/// Whether the second core was started.
static STARTED: AtomicBool = AtomicBool::new(false);

pub(super) fn second_core_runs() -> bool {
    STARTED.load(Ordering::Acquire)
}

/// Asks the firmware interface (PSCI) for the second core.
pub(crate) fn start_second_core() -> bool {
    const CPU_ON: u64 = 0xc400_0003;
    if STARTED.swap(true, Ordering::AcqRel) {
        return true;
    }
    let entry = second_start as extern "C" fn() as usize;
    let status: i64;
    // SAFETY: starts the core with number 1 at `second_start`, which has a stack of its own.
    unsafe {
        asm!("hvc #0", inout("x0") CPU_ON => status, in("x1") 1, in("x2") entry, in("x3") 0, clobber_abi("C"));
    }
    if status != 0 {
        STARTED.store(false, Ordering::Release);
    }
    status == 0
}
