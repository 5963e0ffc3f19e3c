/*
 * Hardware traps, by signals: both kinds of the runtime's handlers (one jumps out, the other says where to go on).
 *
 * The handler runs on a stack of its own for each thread (signal_stack.c), with the signal mask of the interrupted
 * code (SA_NODEFER, an empty sa_mask), and holds nothing while the runtime's handler runs: jumping out leaves no trace.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "registers.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
#define SIGNALS (sizeof signals / sizeof signals[0])

/* What was installed before us, in the order of `signals`. Written before our handler can run, then only read. */
static struct sigaction previous[SIGNALS];

int stilt_linux_traps_installed;

#ifdef WASMTIME_NATIVE_SIGNALS
static wasmtime_trap_handler_t jumping_handler;
#endif
#ifdef STILT_RESUMABLE_TRAPS
static stilt_trap_resume_handler_t resuming_handler;
#endif

/*
 * What the system would have done without us. SA_RESETHAND of the earlier handler is not imitated.
 */
static void pass_on(int signal, siginfo_t *info, void *context)
{
    const struct sigaction *before = NULL;
    for (unsigned i = 0; i < SIGNALS; i++) {
        if (signals[i] == signal) {
            before = &previous[i];
        }
    }
    if (before == NULL) {
        return;
    }

    bool sent = info->si_code <= 0;
    bool is_function = (before->sa_flags & SA_SIGINFO) != 0
                       || (before->sa_handler != SIG_DFL && before->sa_handler != SIG_IGN);
    if (is_function) {
        /* With the signals blocked that it asked to have blocked. */
        sigset_t blocked = before->sa_mask;
        if ((before->sa_flags & SA_NODEFER) == 0) {
            (void)sigaddset(&blocked, signal);
        }
        sigset_t saved;
        int error = pthread_sigmask(SIG_BLOCK, &blocked, &saved);
        if (error != 0) {
            stilt_linux_die("pthread_sigmask", error);
        }
        if (before->sa_flags & SA_SIGINFO) {
            before->sa_sigaction(signal, info, context);
        } else {
            before->sa_handler(signal);
        }
        error = pthread_sigmask(SIG_SETMASK, &saved, NULL);
        if (error != 0) {
            stilt_linux_die("pthread_sigmask", error);
        }
        return;
    }
    if (before->sa_handler == SIG_IGN && sent) {
        return;
    }
    /*
     * The default action, or a fault that was to be ignored (which the kernel does not do either). Put it back. A
     * faulting instruction runs again when we return, faults, and ends the process with the right status and core
     * file; a signal that was sent by somebody has to be sent again.
     */
    struct sigaction fallback;
    memset(&fallback, 0, sizeof fallback);
    fallback.sa_handler = SIG_DFL;
    if (sigaction(signal, &fallback, NULL) != 0) {
        stilt_linux_die("sigaction", errno);
    }
    if (sent && raise(signal) != 0) {
        stilt_linux_die("raise", errno);
    }
}

static void on_signal(int signal, siginfo_t *info, void *raw_context)
{
    int saved_errno = errno;
    ucontext_t *context = raw_context;

    /* A code above 0 is the kernel's, about the instruction that runs; except "a page elsewhere went bad". */
    bool trap = info->si_code > 0 || (info->si_code == 0 && is_trap_without_code(context, signal));
#ifdef BUS_MCEERR_AO
    trap = trap && !(signal == SIGBUS && info->si_code == BUS_MCEERR_AO);
#endif
    if (trap) {
        struct registers registers = read_registers(context, signal);
        /* SI_KERNEL: x86 has no address for accesses to non-canonical ones. */
        bool has_address = (signal == SIGSEGV || signal == SIGBUS) && info->si_code != SI_KERNEL;
        uintptr_t address = has_address ? (uintptr_t)info->si_addr : 0;
#ifdef STILT_RESUMABLE_TRAPS
        stilt_trap_resume_handler_t resume = __atomic_load_n(&resuming_handler, __ATOMIC_ACQUIRE);
        if (resume != NULL) {
            struct stilt_trap_frame frame = {registers.pc, registers.sp, registers.fp};
            if (resume(&frame, has_address, address)) {
                registers.pc = frame.pc;
                registers.sp = frame.sp;
                registers.fp = frame.fp;
                write_registers(context, registers);
                errno = saved_errno;
                return;
            }
        }
#endif
#ifdef WASMTIME_NATIVE_SIGNALS
        wasmtime_trap_handler_t jump = __atomic_load_n(&jumping_handler, __ATOMIC_ACQUIRE);
        if (jump != NULL) {
            restore_float_control(context);
            jump(registers.pc, registers.fp, has_address, address);
        }
#endif
    }
    pass_on(signal, info, raw_context);
    errno = saved_errno;
}

/* Once, whichever of the two kinds of handler comes first. On failure everything is as before. */
static int32_t install(void)
{
    if (stilt_linux_traps_installed) {
        return 0;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    if (sigemptyset(&action.sa_mask) != 0) {
        return errno;
    }
    for (unsigned i = 0; i < SIGNALS; i++) {
        if (sigaction(signals[i], NULL, &previous[i]) != 0) {
            return errno;
        }
    }
    int error = 0;
    unsigned installed = 0;
    while (installed < SIGNALS && error == 0) {
        if (sigaction(signals[installed], &action, NULL) == 0) {
            installed++;
        } else {
            error = errno;
        }
    }
    if (error == 0) {
        __atomic_store_n(&stilt_linux_traps_installed, 1, __ATOMIC_RELEASE);
        error = stilt_linux_thread_init();
        if (error == 0) {
            return 0;
        }
        __atomic_store_n(&stilt_linux_traps_installed, 0, __ATOMIC_RELEASE);
    }
    for (unsigned i = 0; i < installed; i++) {
        if (sigaction(signals[i], &previous[i], NULL) != 0) {
            stilt_linux_die("sigaction", errno);
        }
    }
    return error;
}

#ifdef WASMTIME_NATIVE_SIGNALS
int32_t wasmtime_init_traps(wasmtime_trap_handler_t handler)
{
    __atomic_store_n(&jumping_handler, handler, __ATOMIC_RELEASE);
    int32_t error = install();
    if (error != 0) {
        __atomic_store_n(&jumping_handler, NULL, __ATOMIC_RELEASE);
    }
    return error;
}
#endif

#ifdef STILT_RESUMABLE_TRAPS
int32_t stilt_platform_init_resumable_traps(stilt_trap_resume_handler_t handler)
{
    __atomic_store_n(&resuming_handler, handler, __ATOMIC_RELEASE);
    int32_t error = install();
    if (error != 0) {
        __atomic_store_n(&resuming_handler, NULL, __ATOMIC_RELEASE);
    }
    return error;
}
#endif
