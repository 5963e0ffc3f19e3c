//! The probe on x86_64. `sysv64` on every system, so that the registers are the same.

use super::Noted;
use core::arch::naked_asm;

pub(in super::super) const SUPPORTED: bool = true;
pub(in super::super) const DIVISION_TRAPS: bool = true;
pub(in super::super) const ADDRESS_IS_EXACT: bool = true;
/// `mov eax, 42; ret`
pub(in super::super) const CODE_ANSWERING_42: &[u8] = &[0xb8, 42, 0, 0, 0, 0xc3];
/// `ret`
pub(in super::super) const RETURN: &[u8] = &[0xc3];

/// # Safety
/// A handler is installed that leaves through `noted`, or the deed does not trap. `noted` is valid for writes.
#[unsafe(naked)]
pub(in super::super) unsafe extern "sysv64" fn probe(deed: usize, address: *mut u8, noted: *mut Noted) -> usize {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov [rdx], rsp",
        "mov [rdx + 8], rbp",
        "lea rax, [rip + 9f]",
        "mov [rdx + 16], rax",
        "cmp rdi, 1",
        "je 3f",
        "cmp rdi, 2",
        "je 4f",
        "cmp rdi, 3",
        "je 5f",
        "cmp rdi, 4",
        "je 6f",
        // Read.
        "lea rax, [rip + 2f]",
        "mov [rdx + 24], rax",
        "2: mov al, [rsi]",
        "jmp 7f",
        // Write.
        "3: lea rax, [rip + 2f]",
        "mov [rdx + 24], rax",
        "2: mov byte ptr [rsi], 0x5a",
        "jmp 7f",
        // Execute.
        "4: mov [rdx + 24], rsi",
        "call rsi",
        "jmp 7f",
        // Illegal.
        "5: lea rax, [rip + 2f]",
        "mov [rdx + 24], rax",
        "2: ud2",
        "jmp 7f",
        // Divide.
        "6: lea rax, [rip + 2f]",
        "mov [rdx + 24], rax",
        "mov eax, 1",
        "xor edx, edx",
        "xor ecx, ecx",
        "2: idiv ecx",
        "7: xor eax, eax",
        "jmp 8f",
        "9: mov eax, 1",
        "8: add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Goes on where the probe noted.
///
/// # Safety
/// The probe that filled `noted` in has not returned.
#[unsafe(naked)]
pub(in super::super) unsafe extern "sysv64" fn jump_out(noted: *const Noted) -> ! {
    naked_asm!("mov rsp, [rdi]", "mov rbp, [rdi + 8]", "jmp [rdi + 16]")
}
