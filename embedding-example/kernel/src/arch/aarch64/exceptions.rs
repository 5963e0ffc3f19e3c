//! Exceptions and interrupts: saved registers, one Rust function, registers back. Programs run with the stack pointer of level 0
//! (`sp_el0`), so that exceptions have a stack of their own (`sp_el1`).

use super::devices;
use crate::fault::{self, Exception};
use crate::println;
use crate::window::Access;
use core::arch::{asm, global_asm};

/// The registers of what was interrupted.
#[repr(C)]
pub(crate) struct Frame {
    general: [usize; 31],
    sp: usize,
    pc: usize,
    status: u64,
}

impl Frame {
    pub(crate) fn pc(&self) -> usize {
        self.pc
    }

    pub(crate) fn sp(&self) -> usize {
        self.sp
    }

    pub(crate) fn fp(&self) -> usize {
        self.general[29]
    }

    /// Goes on elsewhere.
    pub(crate) fn resume(&mut self, pc: usize, sp: usize, fp: usize) {
        (self.pc, self.sp, self.general[29]) = (pc, sp, fp);
        // As after a return, which may lead anywhere.
        self.status &= !(3 << 10);
    }
}

/// What the vectors tell apart: an exception or an interrupt of a program; and anything else, of which the kernel has none.
const SYNCHRONOUS: u64 = 0;
const INTERRUPT: u64 = 1;

global_asm!(
    r#"
    .macro vector kind
        .balign 0x80
        sub sp, sp, #272
        stp x0, x1, [sp]
        mov x0, #\kind
        b save_and_handle
    .endm

    .section .text.vectors, "ax"
    .balign 0x800
    .globl vectors
    vectors:
        vector 0
        vector 1
        vector 2
        vector 3
        vector 4
        vector 5
        vector 6
        vector 7
        vector 8
        vector 9
        vector 10
        vector 11
        vector 12
        vector 13
        vector 14
        vector 15

    save_and_handle:
        stp x2, x3, [sp, #16]
        stp x4, x5, [sp, #32]
        stp x6, x7, [sp, #48]
        stp x8, x9, [sp, #64]
        stp x10, x11, [sp, #80]
        stp x12, x13, [sp, #96]
        stp x14, x15, [sp, #112]
        stp x16, x17, [sp, #128]
        stp x18, x19, [sp, #144]
        stp x20, x21, [sp, #160]
        stp x22, x23, [sp, #176]
        stp x24, x25, [sp, #192]
        stp x26, x27, [sp, #208]
        stp x28, x29, [sp, #224]
        mrs x1, sp_el0
        stp x30, x1, [sp, #240]
        mrs x1, elr_el1
        mrs x2, spsr_el1
        stp x1, x2, [sp, #256]
        mov x1, sp
        bl {exception}
        ldp x1, x2, [sp, #256]
        msr elr_el1, x1
        msr spsr_el1, x2
        ldp x30, x1, [sp, #240]
        msr sp_el0, x1
        ldp x28, x29, [sp, #224]
        ldp x26, x27, [sp, #208]
        ldp x24, x25, [sp, #192]
        ldp x22, x23, [sp, #176]
        ldp x20, x21, [sp, #160]
        ldp x18, x19, [sp, #144]
        ldp x16, x17, [sp, #128]
        ldp x14, x15, [sp, #112]
        ldp x12, x13, [sp, #96]
        ldp x10, x11, [sp, #80]
        ldp x8, x9, [sp, #64]
        ldp x6, x7, [sp, #48]
        ldp x4, x5, [sp, #32]
        ldp x2, x3, [sp, #16]
        ldp x0, x1, [sp], #272
        eret

    .globl probe_byte
    .globl probe_failed
    probe_byte:
        ldrb w0, [x0]
        ret
    probe_failed:
        mov x0, #-1
        ret

    /* In an interrupt: calls x0 as programs run, on the interrupts' stack, with all float registers kept. */
    .globl call_in_interrupt
    call_in_interrupt:
        .arch_extension fp
        stp x29, x30, [sp, #-16]!
        mov x29, sp
        sub sp, sp, #512
        stp q0, q1, [sp]
        stp q2, q3, [sp, #32]
        stp q4, q5, [sp, #64]
        stp q6, q7, [sp, #96]
        stp q8, q9, [sp, #128]
        stp q10, q11, [sp, #160]
        stp q12, q13, [sp, #192]
        stp q14, q15, [sp, #224]
        stp q16, q17, [sp, #256]
        stp q18, q19, [sp, #288]
        stp q20, q21, [sp, #320]
        stp q22, q23, [sp, #352]
        stp q24, q25, [sp, #384]
        stp q26, q27, [sp, #416]
        stp q28, q29, [sp, #448]
        stp q30, q31, [sp, #480]
        mrs x1, fpcr
        mrs x2, fpsr
        stp x1, x2, [sp, #-16]!
        adrp x1, interrupt_stack_top
        msr spsel, #0
        mov sp, x1
        blr x0
        msr spsel, #1
        ldp x1, x2, [sp], #16
        msr fpcr, x1
        msr fpsr, x2
        ldp q0, q1, [sp]
        ldp q2, q3, [sp, #32]
        ldp q4, q5, [sp, #64]
        ldp q6, q7, [sp, #96]
        ldp q8, q9, [sp, #128]
        ldp q10, q11, [sp, #160]
        ldp q12, q13, [sp, #192]
        ldp q14, q15, [sp, #224]
        ldp q16, q17, [sp, #256]
        ldp q18, q19, [sp, #288]
        ldp q20, q21, [sp, #320]
        ldp q22, q23, [sp, #352]
        ldp q24, q25, [sp, #384]
        ldp q26, q27, [sp, #416]
        ldp q28, q29, [sp, #448]
        ldp q30, q31, [sp, #480]
        add sp, sp, #512
        ldp x29, x30, [sp], #16
        ret

    .section .bss.stacks, "aw", @nobits
    .balign 4096
    .globl interrupt_stack_lowest
    interrupt_stack_lowest:
    .skip 0x10000
    interrupt_stack_top:
    "#,
    exception = sym exception,
);

unsafe extern "C" {
    safe static vectors: u8;
    safe static interrupt_stack_lowest: u8;
    safe fn call_in_interrupt(function: extern "C" fn());
}

/// The core has a number and handles exceptions.
pub(crate) fn prepare_core(number: usize) {
    // SAFETY: nobody else uses the register.
    unsafe { asm!("msr tpidr_el1, {}", in(reg) number, options(nomem, nostack, preserves_flags)) };
    // SAFETY: the vectors above.
    unsafe { asm!("msr vbar_el1, {}", "isb", in(reg) &raw const vectors, options(nostack, preserves_flags)) };
}

extern "C" fn exception(kind: u64, frame: &mut Frame) {
    match kind {
        SYNCHRONOUS => fault::handle(frame, &describe()),
        INTERRUPT => devices::interrupt(),
        _ => {
            println!("exception {kind} within an exception, at {:#x}: {}", frame.pc(), describe().what);
            super::exit(false)
        }
    }
}

fn describe() -> Exception {
    const INSTRUCTION_ABORT: u64 = 0x21;
    const DATA_ABORT: u64 = 0x25;
    let (syndrome, address): (u64, usize);
    // SAFETY: reads registers.
    unsafe { asm!("mrs {}, esr_el1", out(reg) syndrome, options(nomem, nostack, preserves_flags)) };
    // SAFETY: likewise.
    unsafe { asm!("mrs {}, far_el1", out(reg) address, options(nomem, nostack, preserves_flags)) };
    match syndrome >> 26 {
        INSTRUCTION_ABORT => Exception { what: "instruction abort", access: Some((address, Access::Execute)) },
        DATA_ABORT => {
            let access = if syndrome & 1 << 6 == 0 { Access::Read } else { Access::Write };
            Exception { what: "data abort", access: Some((address, access)) }
        }
        0 => Exception { what: "illegal instruction", access: None },
        _ => Exception { what: "exception", access: None },
    }
}

/// Runs something that may change the float registers, which the kernel's own code has none of; in an interrupt.
pub(crate) fn with_float_registers_kept(run: extern "C" fn()) {
    call_in_interrupt(run);
}

/// The lowest address of the stack that it runs on.
pub fn lowest_of_interrupt_stack() -> usize {
    (&raw const interrupt_stack_lowest).addr()
}
