//! Exceptions and interrupts: saved registers, one Rust function, registers back. What goes on is what the frame says.

use super::descriptors::{self, VECTORS};
use super::devices;
use crate::fault::{self, Exception};
use crate::window::Access;
use core::arch::{asm, global_asm};

/// The registers of what was interrupted, as the stub and the processor have pushed them.
#[repr(C)]
pub(crate) struct Frame {
    /// r15 to r8, rbp, rdi, rsi, rdx, rcx, rbx, rax.
    general: [usize; 15],
    vector: u64,
    error: u64,
    rip: usize,
    cs: u64,
    flags: u64,
    rsp: usize,
    ss: u64,
}

/// The place of rbp.
const RBP: usize = 8;

impl Frame {
    pub(crate) fn pc(&self) -> usize {
        self.rip
    }

    pub(crate) fn sp(&self) -> usize {
        self.rsp
    }

    pub(crate) fn fp(&self) -> usize {
        self.general[RBP]
    }

    /// Goes on elsewhere.
    pub(crate) fn resume(&mut self, pc: usize, sp: usize, fp: usize) {
        (self.rip, self.rsp, self.general[RBP]) = (pc, sp, fp);
    }
}

global_asm!(
    r#"
    .macro stub vector
        .balign 16
    stub_\vector:
        /* Those that push no code of their own. */
        .if (\vector != 8) && (\vector != 10) && (\vector != 11) && (\vector != 12) && (\vector != 13) && (\vector != 14) && (\vector != 17) && (\vector != 21)
        pushq $0
        .endif
        pushq $\vector
        jmp stub_common
    .endm

    .section .text.stubs, "ax"
    .altmacro
    .set number, 0
    .rept {vectors}
        stub %number
        .set number, number + 1
    .endr
    .noaltmacro

    stub_common:
        pushq %rax
        pushq %rbx
        pushq %rcx
        pushq %rdx
        pushq %rsi
        pushq %rdi
        pushq %rbp
        pushq %r8
        pushq %r9
        pushq %r10
        pushq %r11
        pushq %r12
        pushq %r13
        pushq %r14
        pushq %r15
        cld
        movq %rsp, %rdi
        call {exception}
        popq %r15
        popq %r14
        popq %r13
        popq %r12
        popq %r11
        popq %r10
        popq %r9
        popq %r8
        popq %rbp
        popq %rdi
        popq %rsi
        popq %rdx
        popq %rcx
        popq %rbx
        popq %rax
        addq $16, %rsp
        iretq

    .section .rodata.stubs, "a"
    .balign 8
    .altmacro
    .macro address_of vector
        .quad stub_\vector
    .endm
    stubs:
    .set number, 0
    .rept {vectors}
        address_of %number
        .set number, number + 1
    .endr
    .noaltmacro
    .globl stubs
    "#,
    vectors = const VECTORS,
    exception = sym exception,
    options(att_syntax)
);

unsafe extern "C" {
    safe static stubs: [u64; VECTORS];
}

/// Loads the descriptors, after which exceptions are handled.
pub(crate) fn prepare_core(_number: usize) {
    descriptors::load(&stubs);
}

const DIVIDE: u64 = 0;
const ILLEGAL: u64 = 6;
const PAGE_FAULT: u64 = 14;

extern "C" fn exception(frame: &mut Frame) {
    let exception = match frame.vector {
        devices::TIMER => return devices::tick(),
        // What devices send although nobody asked: the last line of each controller.
        vector if vector > devices::TIMER => return devices::end_of_interrupt(),
        PAGE_FAULT => {
            let address: usize;
            // SAFETY: reads a register.
            unsafe { asm!("mov {}, cr2", out(reg) address, options(nomem, nostack, preserves_flags)) };
            let access = match frame.error {
                error if error & 16 != 0 => Access::Execute,
                error if error & 2 != 0 => Access::Write,
                _ => Access::Read,
            };
            Exception { what: "page fault", access: Some((address, access)) }
        }
        DIVIDE => Exception { what: "division error", access: None },
        ILLEGAL => Exception { what: "illegal instruction", access: None },
        8 => Exception { what: "double fault", access: None },
        13 => Exception { what: "protection fault", access: None },
        _ => Exception { what: "exception", access: None },
    };
    fault::handle(frame, &exception);
}

global_asm!(
    r#"
    .section .text.probe, "ax"
    probe_byte:
        movzbl (%rdi), %eax
        ret
    probe_failed:
        movq $-1, %rax
        ret
    .globl probe_byte
    .globl probe_failed
    "#,
    options(att_syntax)
);
