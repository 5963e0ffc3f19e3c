//! The first instructions: from PVH's 32-bit mode without paging to 64 bits with it, on the kernel's stack. Likewise the floats of
//! guests are switched on here.

use core::arch::global_asm;

global_asm!(
    r#"
    /* Where to enter, for who boots by PVH (`qemu-system-x86_64 -kernel`). */
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .quad start32

    .section .boot, "ax"
    .code32
    .globl start32
    start32:
        cli
        cld
        /* The first GiB at its own address, in pages of 2 MiB. */
        movl $boot_level3 + 3, boot_level4
        movl $boot_level2 + 3, boot_level3
        xorl %ecx, %ecx
    1:  movl %ecx, %eax
        shll $21, %eax
        orl $0x83, %eax
        movl %eax, boot_level2(, %ecx, 8)
        incl %ecx
        cmpl $512, %ecx
        jne 1b
        movl $boot_level4, %eax
        movl %eax, %cr3
        /* PAE, and the registers of SSE with their exceptions. */
        movl %cr4, %eax
        orl $0x620, %eax
        movl %eax, %cr4
        /* Long mode, and pages that are not executable. */
        movl $0xc0000080, %ecx
        rdmsr
        orl $0x900, %eax
        wrmsr
        /* Paging, write protection in the kernel as well, no emulated floats. */
        movl %cr0, %eax
        andl $0xfffffffb, %eax
        orl $0x80010003, %eax
        movl %eax, %cr0
        lgdt boot_descriptors_pointer
        ljmpl $8, $start64
    .code64
    start64:
        movl $16, %eax
        movl %eax, %ds
        movl %eax, %es
        movl %eax, %ss
        xorl %eax, %eax
        movl %eax, %fs
        movl %eax, %gs
        leaq stack_top(%rip), %rsp
        xorl %ebp, %ebp
        call {boot}
        ud2

    .balign 8
    boot_descriptors:
        .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
    boot_descriptors_pointer:
        .word 23
        .long boot_descriptors

    .section .bss.boot, "aw", @nobits
    .balign 4096
    boot_level4: .skip 4096
    boot_level3: .skip 4096
    boot_level2: .skip 4096
    "#,
    boot = sym boot,
    options(att_syntax)
);

extern "C" fn boot() -> ! {
    crate::boot::boot()
}
