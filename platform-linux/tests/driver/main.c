/*
 * A porter's program: runs the conformance kit against the platform that it is linked with. Prints a line when a clause begins and
 * one with its outcome; the exit status says whether any failed. platform-linux/tests/conformance.rs reads the lines.
 */
#define _GNU_SOURCE
#include "stilt-platform-conformance.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void begin(void *user, const char *clause)
{
    (void)user;
    printf("begin %s\n", clause);
    (void)fflush(stdout);
}

static void report(void *user, const char *clause, int32_t outcome, const char *detail)
{
    static const char *const names[] = {"passed", "failed", "skipped"};
    (void)user;
    printf("%s %s %s\n", names[outcome], clause, detail);
    (void)fflush(stdout);
}

struct start {
    void (*entry)(void *);
    void *arg;
};

static void *run(void *raw)
{
    struct start start = *(struct start *)raw;
    free(raw);
    start.entry(start.arg);
    return NULL;
}

static int32_t thread_start(void *user, void (*entry)(void *), void *arg, void **thread)
{
    (void)user;
    struct start *start = malloc(sizeof *start);
    pthread_t *handle = malloc(sizeof *handle);
    if (start == NULL || handle == NULL) {
        return 1;
    }
    start->entry = entry;
    start->arg = arg;
    *thread = handle;
    return pthread_create(handle, NULL, run, start);
}

static int32_t thread_join(void *user, void *thread)
{
    (void)user;
    pthread_t *handle = thread;
    int error = pthread_join(*handle, NULL);
    free(handle);
    return error;
}

static void pause_a_moment(void *user)
{
    (void)user;
    struct timespec moment = {.tv_sec = 0, .tv_nsec = 1000000};
    (void)nanosleep(&moment, NULL);
}

/* Another user of SIGSEGV in the same program, who was there first. */
static sigjmp_buf recovery;
static volatile sig_atomic_t expected;
static volatile sig_atomic_t handled;
static volatile sig_atomic_t blocked_inside;

static void on_fault(int signal_number)
{
    if (!expected) {
        (void)signal(signal_number, SIG_DFL);
        return;
    }
    sigset_t mask;
    (void)sigprocmask(SIG_BLOCK, NULL, &mask);
    blocked_inside = sigismember(&mask, signal_number) && sigismember(&mask, SIGUSR1);
    handled = 1;
    siglongjmp(recovery, 1);
}

static int32_t foreign_trap(void *user)
{
    (void)user;
    for (int round = 0; round < 3; round++) {
        handled = 0;
        blocked_inside = 0;
        if (sigsetjmp(recovery, 1) == 0) {
            volatile char *volatile nowhere = NULL;
            expected = 1;
            *nowhere = 1;
            return 1;
        }
        expected = 0;
        if (!handled || !blocked_inside) {
            return 2;
        }
    }
    return 0;
}

int main(void)
{
    /* A platform may be broken so that it hangs. */
    (void)alarm(60);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_fault;
    action.sa_flags = SA_ONSTACK;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, SIGUSR1);
    if (sigaction(SIGSEGV, &action, NULL) != 0) {
        return 3;
    }

    struct stilt_conformance conformance = {
        .user = NULL,
        .report = report,
        .begin = begin,
        .thread_start = thread_start,
        .thread_join = thread_join,
        .pause = pause_a_moment,
        .foreign_trap = foreign_trap,
    };
    return stilt_platform_selftest(&conformance) == 0 ? 0 : 1;
}
