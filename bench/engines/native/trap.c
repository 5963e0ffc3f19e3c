/* A trap as plain C catches it: a signal handler that jumps. What engines with hardware traps are compared with. */
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

static sigjmp_buf landing;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info, (void)context;
    siglongjmp(landing, 1);
}

/* The handler does not block its signal (SA_NODEFER), so that no mask has to be restored. */
int32_t native_trap_install(void)
{
    static char stack[65536];
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    return sigaltstack(&alternate, NULL) || sigaction(SIGSEGV, &action, NULL) || sigaction(SIGILL, &action, NULL);
}

int32_t native_trap_access(int32_t times)
{
    volatile char *nothing = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile int32_t caught = 0;
    while (caught < times) {
        if (sigsetjmp(landing, 0)) {
            caught++;
        } else {
            (void)*nothing;
        }
    }
    munmap((void *)nothing, 4096);
    return caught;
}

int32_t native_trap_illegal(int32_t times)
{
    volatile int32_t caught = 0;
    while (caught < times) {
        if (sigsetjmp(landing, 0)) {
            caught++;
        } else {
            __builtin_trap();
        }
    }
    return caught;
}
