/*
 * Stack switching. Layout: the word at [top - 16] is the saved stack pointer of whoever does not run; everything else
 * that must survive lies on that stack, in the order in which the assembly below takes it off again.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <string.h>

void stilt_linux_fiber_start(void);

/* Puts `count` words at `sp` and notes `sp` as the place where the fiber rests. */
static void rest_at(uint8_t *top_of_stack, uint8_t *sp, const uintptr_t *words, size_t count)
{
    memcpy(sp, words, count * sizeof *words);
    memcpy(top_of_stack - 16, &sp, sizeof sp);
}

#if defined(__x86_64__)

/* After the return into the start routine the stack pointer is top - 32, which is aligned to 16 as a call needs it. */
void wasmtime_fiber_init(uint8_t *top_of_stack, uint8_t *(*entry)(uint8_t *, uint8_t *), uint8_t *entry_arg0)
{
    const uintptr_t words[] = {
        0,                                    /* r15 */
        0,                                    /* r14 */
        (uintptr_t)entry,                     /* r13 */
        (uintptr_t)entry_arg0,                /* r12 */
        (uintptr_t)top_of_stack,              /* rbx */
        0,                                    /* rbp: backtraces end here */
        (uintptr_t)stilt_linux_fiber_start,   /* return address */
    };
    rest_at(top_of_stack, top_of_stack - 32 - sizeof words, words, sizeof words / sizeof *words);
}

__asm__(".text\n"
        ".globl wasmtime_fiber_switch\n"
        ".type wasmtime_fiber_switch, @function\n"
        "wasmtime_fiber_switch:\n"
        "  push %rbp\n"
        "  push %rbx\n"
        "  push %r12\n"
        "  push %r13\n"
        "  push %r14\n"
        "  push %r15\n"
        "  mov -16(%rdi), %rax\n"
        "  mov %rsp, -16(%rdi)\n"
        "  mov %rax, %rsp\n"
        "  pop %r15\n"
        "  pop %r14\n"
        "  pop %r13\n"
        "  pop %r12\n"
        "  pop %rbx\n"
        "  pop %rbp\n"
        "  ret\n"
        ".size wasmtime_fiber_switch, . - wasmtime_fiber_switch\n"
        ".globl stilt_linux_fiber_start\n"
        ".hidden stilt_linux_fiber_start\n"
        ".type stilt_linux_fiber_start, @function\n"
        "stilt_linux_fiber_start:\n"
        "  mov %r12, %rdi\n"
        "  mov %rbx, %rsi\n"
        "  call *%r13\n"
        "  ud2\n"
        ".size stilt_linux_fiber_start, . - stilt_linux_fiber_start\n");

#elif defined(__aarch64__)

void wasmtime_fiber_init(uint8_t *top_of_stack, uint8_t *(*entry)(uint8_t *, uint8_t *), uint8_t *entry_arg0)
{
    const uintptr_t words[20] = {
        0,                                    /* x29: backtraces end here */
        (uintptr_t)stilt_linux_fiber_start,   /* x30 */
        (uintptr_t)entry_arg0,                /* x19 */
        (uintptr_t)top_of_stack,              /* x20 */
        (uintptr_t)entry,                     /* x21; the rest: x22 to x28, d8 to d15 */
    };
    rest_at(top_of_stack, top_of_stack - 16 - sizeof words, words, sizeof words / sizeof *words);
}

__asm__(".text\n"
        ".globl wasmtime_fiber_switch\n"
        ".type wasmtime_fiber_switch, %function\n"
        "wasmtime_fiber_switch:\n"
        "  sub sp, sp, #160\n"
        "  stp x29, x30, [sp]\n"
        "  stp x19, x20, [sp, #16]\n"
        "  stp x21, x22, [sp, #32]\n"
        "  stp x23, x24, [sp, #48]\n"
        "  stp x25, x26, [sp, #64]\n"
        "  stp x27, x28, [sp, #80]\n"
        "  stp d8, d9, [sp, #96]\n"
        "  stp d10, d11, [sp, #112]\n"
        "  stp d12, d13, [sp, #128]\n"
        "  stp d14, d15, [sp, #144]\n"
        "  ldur x9, [x0, #-16]\n"
        "  mov x10, sp\n"
        "  stur x10, [x0, #-16]\n"
        "  mov sp, x9\n"
        "  ldp x29, x30, [sp]\n"
        "  ldp x19, x20, [sp, #16]\n"
        "  ldp x21, x22, [sp, #32]\n"
        "  ldp x23, x24, [sp, #48]\n"
        "  ldp x25, x26, [sp, #64]\n"
        "  ldp x27, x28, [sp, #80]\n"
        "  ldp d8, d9, [sp, #96]\n"
        "  ldp d10, d11, [sp, #112]\n"
        "  ldp d12, d13, [sp, #128]\n"
        "  ldp d14, d15, [sp, #144]\n"
        "  add sp, sp, #160\n"
        "  ret\n"
        ".size wasmtime_fiber_switch, . - wasmtime_fiber_switch\n"
        ".globl stilt_linux_fiber_start\n"
        ".hidden stilt_linux_fiber_start\n"
        ".type stilt_linux_fiber_start, %function\n"
        "stilt_linux_fiber_start:\n"
        "  mov x0, x19\n"
        "  mov x1, x20\n"
        "  blr x21\n"
        "  brk #1\n"
        ".size stilt_linux_fiber_start, . - stilt_linux_fiber_start\n");

#elif defined(__riscv) && __riscv_xlen == 64

void wasmtime_fiber_init(uint8_t *top_of_stack, uint8_t *(*entry)(uint8_t *, uint8_t *), uint8_t *entry_arg0)
{
    const uintptr_t words[26] = {
        (uintptr_t)stilt_linux_fiber_start,   /* ra */
        0,                                    /* s0: backtraces end here */
        (uintptr_t)entry_arg0,                /* s1 */
        (uintptr_t)top_of_stack,              /* s2 */
        (uintptr_t)entry,                     /* s3; the rest: s4 to s11, fs0 to fs11 */
    };
    rest_at(top_of_stack, top_of_stack - 16 - sizeof words, words, sizeof words / sizeof *words);
}

__asm__(".text\n"
        ".macro stilt_registers store fstore\n"
        "  \\store ra, 0(sp)\n"
        "  \\store s0, 8(sp)\n"
        "  \\store s1, 16(sp)\n"
        "  \\store s2, 24(sp)\n"
        "  \\store s3, 32(sp)\n"
        "  \\store s4, 40(sp)\n"
        "  \\store s5, 48(sp)\n"
        "  \\store s6, 56(sp)\n"
        "  \\store s7, 64(sp)\n"
        "  \\store s8, 72(sp)\n"
        "  \\store s9, 80(sp)\n"
        "  \\store s10, 88(sp)\n"
        "  \\store s11, 96(sp)\n"
        "  \\fstore fs0, 104(sp)\n"
        "  \\fstore fs1, 112(sp)\n"
        "  \\fstore fs2, 120(sp)\n"
        "  \\fstore fs3, 128(sp)\n"
        "  \\fstore fs4, 136(sp)\n"
        "  \\fstore fs5, 144(sp)\n"
        "  \\fstore fs6, 152(sp)\n"
        "  \\fstore fs7, 160(sp)\n"
        "  \\fstore fs8, 168(sp)\n"
        "  \\fstore fs9, 176(sp)\n"
        "  \\fstore fs10, 184(sp)\n"
        "  \\fstore fs11, 192(sp)\n"
        ".endm\n"
        ".globl wasmtime_fiber_switch\n"
        ".type wasmtime_fiber_switch, @function\n"
        "wasmtime_fiber_switch:\n"
        "  addi sp, sp, -208\n"
        "  stilt_registers sd, fsd\n"
        "  ld t0, -16(a0)\n"
        "  sd sp, -16(a0)\n"
        "  mv sp, t0\n"
        "  stilt_registers ld, fld\n"
        "  addi sp, sp, 208\n"
        "  ret\n"
        ".size wasmtime_fiber_switch, . - wasmtime_fiber_switch\n"
        ".globl stilt_linux_fiber_start\n"
        ".hidden stilt_linux_fiber_start\n"
        ".type stilt_linux_fiber_start, @function\n"
        "stilt_linux_fiber_start:\n"
        "  mv a0, s1\n"
        "  mv a1, s2\n"
        "  jalr s3\n"
        "  unimp\n"
        ".size stilt_linux_fiber_start, . - stilt_linux_fiber_start\n");

#elif defined(__s390x__)

/* f8 to f15, then a frame of the convention: r6 to r15 at 48, and 160 bytes in all, which entry uses. */
void wasmtime_fiber_init(uint8_t *top_of_stack, uint8_t *(*entry)(uint8_t *, uint8_t *), uint8_t *entry_arg0)
{
    uintptr_t words[8 + 20] = {0};
    uint8_t *sp = top_of_stack - 16 - sizeof words;
    uintptr_t *saved = words + 8 + 6;                       /* r6 */
    saved[0] = (uintptr_t)entry_arg0;                       /* r6 */
    saved[1] = (uintptr_t)top_of_stack;                     /* r7 */
    saved[2] = (uintptr_t)entry;                            /* r8 */
    saved[8] = (uintptr_t)stilt_linux_fiber_start;          /* r14 */
    saved[9] = (uintptr_t)(sp + 8 * sizeof *words);         /* r15, whose back chain is 0 */
    rest_at(top_of_stack, sp, words, sizeof words / sizeof *words);
}

__asm__(".text\n"
        ".globl wasmtime_fiber_switch\n"
        ".type wasmtime_fiber_switch, @function\n"
        "wasmtime_fiber_switch:\n"
        "  stmg %r6, %r15, 48(%r15)\n"
        "  aghi %r15, -64\n"
        "  std %f8, 0(%r15)\n"
        "  std %f9, 8(%r15)\n"
        "  std %f10, 16(%r15)\n"
        "  std %f11, 24(%r15)\n"
        "  std %f12, 32(%r15)\n"
        "  std %f13, 40(%r15)\n"
        "  std %f14, 48(%r15)\n"
        "  std %f15, 56(%r15)\n"
        "  lg %r1, -16(%r2)\n"
        "  stg %r15, -16(%r2)\n"
        "  lgr %r15, %r1\n"
        "  ld %f8, 0(%r15)\n"
        "  ld %f9, 8(%r15)\n"
        "  ld %f10, 16(%r15)\n"
        "  ld %f11, 24(%r15)\n"
        "  ld %f12, 32(%r15)\n"
        "  ld %f13, 40(%r15)\n"
        "  ld %f14, 48(%r15)\n"
        "  ld %f15, 56(%r15)\n"
        "  aghi %r15, 64\n"
        "  lmg %r6, %r15, 48(%r15)\n"
        "  br %r14\n"
        ".size wasmtime_fiber_switch, . - wasmtime_fiber_switch\n"
        ".globl stilt_linux_fiber_start\n"
        ".hidden stilt_linux_fiber_start\n"
        ".type stilt_linux_fiber_start, @function\n"
        "stilt_linux_fiber_start:\n"
        "  lgr %r2, %r6\n"
        "  lgr %r3, %r7\n"
        "  basr %r14, %r8\n"
        "  j .+2\n"
        ".size stilt_linux_fiber_start, . - stilt_linux_fiber_start\n");

#elif defined(__arm__)

/* The order in which the switch takes them: d8 to d15, r3 (which fills up), r4 to r11, lr. */
void wasmtime_fiber_init(uint8_t *top_of_stack, uint8_t *(*entry)(uint8_t *, uint8_t *), uint8_t *entry_arg0)
{
    uintptr_t words[16 + 10] = {0};
    uintptr_t *saved = words + 16;
    saved[1] = (uintptr_t)entry_arg0;                       /* r4 */
    saved[2] = (uintptr_t)top_of_stack;                     /* r5 */
    saved[3] = (uintptr_t)entry;                            /* r6 */
    saved[9] = (uintptr_t)stilt_linux_fiber_start;          /* lr; r11 is 0: backtraces end here */
    rest_at(top_of_stack, top_of_stack - 16 - sizeof words, words, sizeof words / sizeof *words);
}

/* Without float registers their places are only stepped over. */
#if defined(__VFP_FP__) && !defined(__SOFTFP__)
#define STILT_SAVE_FLOATS "  vpush {d8-d15}\n"
#define STILT_LOAD_FLOATS "  vpop {d8-d15}\n"
#else
#define STILT_SAVE_FLOATS "  sub sp, sp, #64\n"
#define STILT_LOAD_FLOATS "  add sp, sp, #64\n"
#endif
__asm__(".text\n"
        ".syntax unified\n"
        ".arm\n"
        ".balign 4\n"
        ".globl wasmtime_fiber_switch\n"
        ".type wasmtime_fiber_switch, %function\n"
        "wasmtime_fiber_switch:\n"
        "  push {r3-r11, lr}\n"
        STILT_SAVE_FLOATS
        "  ldr r1, [r0, #-16]\n"
        "  str sp, [r0, #-16]\n"
        "  mov sp, r1\n"
        STILT_LOAD_FLOATS
        "  pop {r3-r11, lr}\n"
        "  bx lr\n"
        ".size wasmtime_fiber_switch, . - wasmtime_fiber_switch\n"
        ".globl stilt_linux_fiber_start\n"
        ".hidden stilt_linux_fiber_start\n"
        ".type stilt_linux_fiber_start, %function\n"
        "stilt_linux_fiber_start:\n"
        "  mov r0, r4\n"
        "  mov r1, r5\n"
        "  blx r6\n"
        "  udf #0\n"
        ".size stilt_linux_fiber_start, . - stilt_linux_fiber_start\n");

#else
#error "platform-linux: no fibers for this processor; build without custom-fiber"
#endif
