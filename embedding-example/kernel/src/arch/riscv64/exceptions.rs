//! Exceptions and interrupts: saved registers, one Rust function, registers back. Programs' exceptions have a stack of their own, whose
//! end is kept in `sscratch`; one within a handler goes on with the stack that is there.

use super::devices;
use crate::fault::{self, Exception};
use crate::window::Access;
use core::arch::{asm, global_asm};

/// The registers of what was interrupted, by their numbers; and what `sscratch` is to be afterwards.
#[repr(C)]
pub(crate) struct Frame {
    general: [usize; 32],
    pc: usize,
    scratch: u64,
    status: u64,
    _padding: u64,
}

/// Numbers of registers.
const SP: usize = 2;
const FP: usize = 8;

impl Frame {
    pub(crate) fn pc(&self) -> usize {
        self.pc
    }

    pub(crate) fn sp(&self) -> usize {
        self.general[SP]
    }

    pub(crate) fn fp(&self) -> usize {
        self.general[FP]
    }

    /// Goes on elsewhere.
    pub(crate) fn resume(&mut self, pc: usize, sp: usize, fp: usize) {
        (self.pc, self.general[SP], self.general[FP]) = (pc, sp, fp);
    }
}

global_asm!(
    r#"
    .option push
    .option arch, +f, +d

    .macro each_register op
        \op x1, 8(sp)
        \op x3, 24(sp)
        \op x4, 32(sp)
        \op x6, 48(sp)
        \op x7, 56(sp)
        \op x8, 64(sp)
        \op x9, 72(sp)
        \op x10, 80(sp)
        \op x11, 88(sp)
        \op x12, 96(sp)
        \op x13, 104(sp)
        \op x14, 112(sp)
        \op x15, 120(sp)
        \op x16, 128(sp)
        \op x17, 136(sp)
        \op x18, 144(sp)
        \op x19, 152(sp)
        \op x20, 160(sp)
        \op x21, 168(sp)
        \op x22, 176(sp)
        \op x23, 184(sp)
        \op x24, 192(sp)
        \op x25, 200(sp)
        \op x26, 208(sp)
        \op x27, 216(sp)
        \op x28, 224(sp)
        \op x29, 232(sp)
        \op x30, 240(sp)
        \op x31, 248(sp)
    .endm

    .section .text.exceptions, "ax"
    .balign 4
    .globl exception_entry
    exception_entry:
        csrrw sp, sscratch, sp
        beqz sp, 1f
        addi sp, sp, -288
        sd x5, 40(sp)
        addi x5, sp, 288
        j 2f
    1:  csrr sp, sscratch
        addi sp, sp, -288
        sd x5, 40(sp)
        li x5, 0
    2:  sd x5, 264(sp)
        csrrw x5, sscratch, zero
        sd x5, 16(sp)
        each_register sd
        csrr x5, sepc
        sd x5, 256(sp)
        csrr x5, sstatus
        sd x5, 272(sp)
        mv a0, sp
        call {exception}
        ld x5, 256(sp)
        csrw sepc, x5
        ld x5, 272(sp)
        csrw sstatus, x5
        ld x5, 264(sp)
        csrw sscratch, x5
        each_register ld
        ld x5, 40(sp)
        ld sp, 16(sp)
        sret

    .globl probe_byte
    .globl probe_failed
    probe_byte:
        lbu a0, 0(a0)
        ret
    probe_failed:
        li a0, -1
        ret

    .macro each_float_register op
        \op f0, 0(sp)
        \op f1, 8(sp)
        \op f2, 16(sp)
        \op f3, 24(sp)
        \op f4, 32(sp)
        \op f5, 40(sp)
        \op f6, 48(sp)
        \op f7, 56(sp)
        \op f8, 64(sp)
        \op f9, 72(sp)
        \op f10, 80(sp)
        \op f11, 88(sp)
        \op f12, 96(sp)
        \op f13, 104(sp)
        \op f14, 112(sp)
        \op f15, 120(sp)
        \op f16, 128(sp)
        \op f17, 136(sp)
        \op f18, 144(sp)
        \op f19, 152(sp)
        \op f20, 160(sp)
        \op f21, 168(sp)
        \op f22, 176(sp)
        \op f23, 184(sp)
        \op f24, 192(sp)
        \op f25, 200(sp)
        \op f26, 208(sp)
        \op f27, 216(sp)
        \op f28, 224(sp)
        \op f29, 232(sp)
        \op f30, 240(sp)
        \op f31, 248(sp)
    .endm

    /* Calls a0 with all float registers kept. */
    .globl call_in_interrupt
    call_in_interrupt:
        addi sp, sp, -272
        sd ra, 256(sp)
        each_float_register fsd
        csrr t0, fcsr
        sd t0, 264(sp)
        jalr a0
        ld t0, 264(sp)
        csrw fcsr, t0
        each_float_register fld
        ld ra, 256(sp)
        addi sp, sp, 272
        ret
    .option pop

    .section .bss.stacks, "aw", @nobits
    .balign 4096
    .globl exception_stack_lowest
    .globl exception_stack_top
    .globl second_exception_stack_top
    exception_stack_lowest:
    .skip 0x10000
    exception_stack_top:
    .skip 0x10000
    second_exception_stack_top:
    "#,
    exception = sym exception,
);

unsafe extern "C" {
    safe static exception_stack_lowest: u8;
    safe static exception_stack_top: u8;
    safe static second_exception_stack_top: u8;
    safe fn exception_entry();
    safe fn call_in_interrupt(function: extern "C" fn());
}

/// The core has a number and handles exceptions.
pub(crate) fn prepare_core(number: usize) {
    let top = if number == 0 { &raw const exception_stack_top } else { &raw const second_exception_stack_top };
    // SAFETY: nobody else uses the register.
    unsafe { asm!("mv tp, {}", in(reg) number, options(nomem, nostack, preserves_flags)) };
    // SAFETY: the end of a stack that is this core's.
    unsafe { asm!("csrw sscratch, {}", in(reg) top, options(nomem, nostack, preserves_flags)) };
    // SAFETY: the entry above.
    unsafe { asm!("csrw stvec, {}", in(reg) exception_entry as extern "C" fn(), options(nostack, preserves_flags)) };
}

extern "C" fn exception(frame: &mut Frame) {
    const INTERRUPT: u64 = 1 << 63;
    let (cause, value): (u64, usize);
    // SAFETY: reads registers.
    unsafe { asm!("csrr {}, scause", out(reg) cause, options(nomem, nostack, preserves_flags)) };
    // SAFETY: likewise.
    unsafe { asm!("csrr {}, stval", out(reg) value, options(nomem, nostack, preserves_flags)) };
    let access = |what, access| Exception { what, access: Some((value, access)) };
    let exception = match cause {
        cause if cause & INTERRUPT != 0 => return devices::interrupt(cause & !INTERRUPT),
        0 | 1 | 12 => access("fault of a fetch", Access::Execute),
        4 | 5 | 13 => access("fault of a load", Access::Read),
        6 | 7 | 15 => access("fault of a store", Access::Write),
        2 => Exception { what: "illegal instruction", access: None },
        _ => Exception { what: "exception", access: None },
    };
    fault::handle(frame, &exception);
}

/// Runs something that may change the float registers, which the kernel's own code has none of; in an interrupt.
pub(crate) fn with_float_registers_kept(run: extern "C" fn()) {
    call_in_interrupt(run);
}

/// The lowest address of the stack that it runs on.
pub fn lowest_of_interrupt_stack() -> usize {
    (&raw const exception_stack_lowest).addr()
}
