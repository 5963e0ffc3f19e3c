/*
 * Parking, by futex.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

#define NANOSECONDS UINT64_C(1000000000)

int32_t stilt_platform_park_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns, bool *ret_timed_out)
{
    struct timespec timeout;
    uint64_t seconds = timeout_ns / NANOSECONDS;
    /* Where seconds have 32 bits: what is longer wakes early, as it may. */
    timeout.tv_sec = (time_t)(sizeof timeout.tv_sec < 8 && seconds > INT32_MAX ? INT32_MAX : seconds);
    timeout.tv_nsec = (long)(timeout_ns % NANOSECONDS);

    bool too_long = (uint64_t)timeout.tv_sec != seconds;
    *ret_timed_out = false;
    /* Relative, on the monotonic clock. */
    long result = syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_ns == UINT64_MAX ? NULL : &timeout,
                          NULL, 0);
    if (result == 0 || errno == EAGAIN || errno == EINTR) {
        return 0;
    }
    if (errno == ETIMEDOUT) {
        *ret_timed_out = !too_long;
        return 0;
    }
    return errno;
}

int32_t stilt_platform_park_notify(const uint32_t *word)
{
    if (syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) >= 0) {
        return 0;
    }
    /* The waiter has gone on, and its stack with it. */
    return errno == EFAULT ? 0 : errno;
}
