/*
 * The interrupted registers in a signal's context, per ISA. Included by traps.c only.
 */
#ifndef STILT_LINUX_REGISTERS_H
#define STILT_LINUX_REGISTERS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

struct registers {
    uintptr_t pc;
    uintptr_t sp;
    uintptr_t fp;
};

static inline struct registers read_registers(const ucontext_t *context, int signal)
{
    const mcontext_t *machine = &context->uc_mcontext;
    struct registers registers;
    (void)signal;
#if defined(__x86_64__)
    registers.pc = (uintptr_t)machine->gregs[REG_RIP];
    registers.sp = (uintptr_t)machine->gregs[REG_RSP];
    registers.fp = (uintptr_t)machine->gregs[REG_RBP];
#elif defined(__aarch64__)
    registers.pc = (uintptr_t)machine->pc;
    registers.sp = (uintptr_t)machine->sp;
    registers.fp = (uintptr_t)machine->regs[29];
#elif defined(__riscv) && __riscv_xlen == 64
    registers.pc = (uintptr_t)machine->__gregs[REG_PC];
    registers.sp = (uintptr_t)machine->__gregs[REG_SP];
    registers.fp = (uintptr_t)machine->__gregs[REG_S0];
#elif defined(__s390x__)
    /* After an illegal instruction or an arithmetic exception the address is that of the next instruction. */
    registers.pc = (uintptr_t)machine->psw.addr - (signal == SIGILL || signal == SIGFPE ? 1 : 0);
    registers.sp = (uintptr_t)machine->gregs[15];
    registers.fp = (uintptr_t)machine->gregs[15];
#elif defined(__arm__)
    registers.pc = (uintptr_t)machine->arm_pc;
    registers.sp = (uintptr_t)machine->arm_sp;
    registers.fp = (uintptr_t)machine->arm_fp;
#else
#error "platform-linux: hardware traps are not there for this processor; build without native-signals and resumable-traps"
#endif
    return registers;
}

static inline void write_registers(ucontext_t *context, struct registers registers)
{
    mcontext_t *machine = &context->uc_mcontext;
#if defined(__x86_64__)
    machine->gregs[REG_RIP] = (greg_t)registers.pc;
    machine->gregs[REG_RSP] = (greg_t)registers.sp;
    machine->gregs[REG_RBP] = (greg_t)registers.fp;
#elif defined(__aarch64__)
    machine->pc = registers.pc;
    machine->sp = registers.sp;
    machine->regs[29] = registers.fp;
#elif defined(__riscv) && __riscv_xlen == 64
    machine->__gregs[REG_PC] = registers.pc;
    machine->__gregs[REG_SP] = registers.sp;
    machine->__gregs[REG_S0] = registers.fp;
#elif defined(__s390x__)
    machine->psw.addr = registers.pc;
    machine->gregs[15] = registers.sp;
#elif defined(__arm__)
    /* In the instruction set that was interrupted. */
    machine->arm_pc = registers.pc;
    machine->arm_sp = registers.sp;
    machine->arm_fp = registers.fp;
#endif
}

/*
 * Whether a signal without a code of the kernel's is a trap all the same. On s390x that is what an instruction that compares and
 * traps gives: SIGFPE with code 0, as if somebody had sent it, and 0xff as the reason in the floating-point control register.
 */
static inline bool is_trap_without_code(const ucontext_t *context, int signal)
{
#if defined(__s390x__)
    return signal == SIGFPE && (context->uc_mcontext.fpregs.fpc >> 8 & 0xff) == 0xff;
#else
    (void)context;
    (void)signal;
    return false;
#endif
}

/*
 * On x86 the kernel enters a handler with floating-point control words of its own. They belong to the interrupted thread
 * (the ABI has them kept by every function), so they are put back before a handler that jumps out.
 */
static inline void restore_float_control(const ucontext_t *context)
{
#if defined(__x86_64__)
    if (context->uc_mcontext.fpregs != NULL) {
        uint32_t mxcsr = context->uc_mcontext.fpregs->mxcsr;
        uint16_t control = context->uc_mcontext.fpregs->cwd;
        __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
        __asm__ volatile("fldcw %0" : : "m"(control));
    }
#else
    (void)context;
#endif
}

#endif
