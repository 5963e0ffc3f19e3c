/*
 * A stack for the trap handler, for each thread that enters wasm: so that a thread whose stack is exhausted can still be
 * told so. Made by the thread's first wasmtime_tls_set after a handler was installed; freed when the thread ends.
 */
#define _GNU_SOURCE
#include "internal.h"

#ifdef STILT_LINUX_TRAPS

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* For the runtime's handler; what the kernel pushes comes on top. */
#define HANDLER_STACK (64 * 1024)

__thread bool stilt_linux_thread_ready __attribute__((tls_model("initial-exec")));

/* This thread's stack, if it is ours: the whole mapping, guard page included. */
static __thread uint8_t *mapping __attribute__((tls_model("initial-exec")));
static __thread size_t mapping_size __attribute__((tls_model("initial-exec")));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_error;

static void at_thread_end(void *value)
{
    (void)value;
    if (mapping == NULL) {
        return;
    }
    stack_t current;
    if (sigaltstack(NULL, &current) != 0) {
        stilt_linux_die("sigaltstack", errno);
    }
    uint8_t *start = current.ss_sp;
    if ((current.ss_flags & SS_DISABLE) == 0 && start >= mapping && start < mapping + mapping_size) {
        stack_t none = {.ss_sp = NULL, .ss_flags = SS_DISABLE, .ss_size = 0};
        if (sigaltstack(&none, NULL) != 0) {
            stilt_linux_die("sigaltstack", errno);
        }
    }
    if (munmap(mapping, mapping_size) != 0) {
        stilt_linux_die("munmap", errno);
    }
    mapping = NULL;
    stilt_linux_thread_ready = false;
}

static void make_key(void)
{
    key_error = pthread_key_create(&key, at_thread_end);
}

int32_t stilt_linux_thread_init(void)
{
    if (stilt_linux_thread_ready) {
        return 0;
    }
    int error = pthread_once(&once, make_key);
    if (error == 0) {
        error = key_error;
    }
    if (error != 0) {
        return error;
    }

    size_t wanted = HANDLER_STACK;
#ifdef _SC_MINSIGSTKSZ
    long least = sysconf(_SC_MINSIGSTKSZ);
    if (least > 0) {
        wanted += (size_t)least;
    }
#endif
    long page_size = sysconf(_SC_PAGESIZE);
    if (page_size <= 0) {
        return EINVAL;
    }
    size_t page = (size_t)page_size;
    wanted = (wanted + page - 1) / page * page;

    stack_t current;
    if (sigaltstack(NULL, &current) != 0) {
        return errno;
    }
    if ((current.ss_flags & SS_DISABLE) == 0 && current.ss_size >= wanted) {
        stilt_linux_thread_ready = true;
        return 0;
    }

    uint8_t *start = mmap(NULL, page + wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return errno;
    }
    stack_t stack = {.ss_sp = start + page, .ss_flags = 0, .ss_size = wanted};
    if (mprotect(start, page, PROT_NONE) != 0) {
        error = errno;
    } else if ((error = pthread_setspecific(key, start)) != 0) {
        /* `error` says it. */
    } else if (sigaltstack(&stack, NULL) != 0) {
        error = errno;
    }
    if (error != 0) {
        if (munmap(start, page + wanted) != 0) {
            stilt_linux_die("munmap", errno);
        }
        return error;
    }
    mapping = start;
    mapping_size = page + wanted;
    stilt_linux_thread_ready = true;
    return 0;
}

#endif
