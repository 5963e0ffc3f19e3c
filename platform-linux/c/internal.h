/*
 * What the files of the Linux platform share. Not for users: theirs is stilt-platform-linux.h.
 */
#ifndef STILT_LINUX_INTERNAL_H
#define STILT_LINUX_INTERNAL_H

#include "stilt-platform-linux.h"
#include "wasmtime-platform.h"

/* Says what happened on standard error and aborts. For functions of the header that cannot report a failure. */
_Noreturn void stilt_linux_die(const char *function, int error);

#if defined(WASMTIME_NATIVE_SIGNALS) || defined(STILT_RESUMABLE_TRAPS)
#define STILT_LINUX_TRAPS

/* Non-zero once a trap handler is installed: from then on a thread that runs wasm needs a signal stack. */
extern int stilt_linux_traps_installed;
/* Whether this thread has its signal stack. */
extern __thread bool stilt_linux_thread_ready __attribute__((tls_model("initial-exec")));
#endif

#endif
