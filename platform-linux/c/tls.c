/*
 * The thread-local pointer, and the end of functions that cannot fail.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 2

/*
 * "initial-exec": the variable is at a fixed distance from the thread pointer from the thread's start. The other
 * model, in a shared library, allocates at the first access, which could be in the trap handler.
 */
static __thread uint8_t *slots[SLOTS] __attribute__((tls_model("initial-exec")));

uint8_t *wasmtime_tls_get(uintptr_t slot)
{
    return slot < SLOTS ? slots[slot] : NULL;
}

/*
 * Apart, so that what every call does needs no frame.
 */
__attribute__((noinline)) static void set_at_first(uintptr_t slot, uint8_t *ptr)
{
    if (slot >= SLOTS) {
        stilt_linux_die("wasmtime_tls_set: no such slot", 0);
    }
#ifdef STILT_LINUX_TRAPS
    if (__atomic_load_n(&stilt_linux_traps_installed, __ATOMIC_RELAXED) && !stilt_linux_thread_ready) {
        int32_t error = stilt_linux_thread_init();
        if (error != 0) {
            stilt_linux_die("wasmtime_tls_set: no signal stack for this thread", error);
        }
    }
#endif
    slots[slot] = ptr;
}

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr)
{
#ifdef STILT_LINUX_TRAPS
    bool ready = stilt_linux_thread_ready;
#else
    bool ready = true;
#endif
    if (ready && slot < SLOTS) {
        slots[slot] = ptr;
    } else {
        set_at_first(slot, ptr);
    }
}

#ifndef STILT_LINUX_TRAPS
int32_t stilt_linux_thread_init(void)
{
    return 0;
}
#endif

_Noreturn void stilt_linux_die(const char *function, int error)
{
    if (error != 0) {
        (void)fprintf(stderr, "stilt: %s: %s\n", function, strerror(error));
    } else {
        (void)fprintf(stderr, "stilt: %s\n", function);
    }
    abort();
}
