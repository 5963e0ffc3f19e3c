/*
 * Publication of code to the other cores.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__riscv)

#ifndef SYS_riscv_flush_icache
#define SYS_riscv_flush_icache 259
#endif

int32_t stilt_platform_publish_code(const uint8_t *ptr, uintptr_t len)
{
    /* Flags 0: for all threads of the process, on whatever hart they run. */
    return syscall(SYS_riscv_flush_icache, ptr, ptr + len, 0L) == 0 ? 0 : errno;
}

#elif defined(__aarch64__)

#ifndef SYS_membarrier
#define SYS_membarrier 283
#endif
#define SYNC_CORE (1 << 5)
#define REGISTER_SYNC_CORE (1 << 6)

int32_t stilt_platform_publish_code(const uint8_t *ptr, uintptr_t len)
{
    (void)ptr;
    (void)len;
    /* Cleaning and invalidating has reached the other cores; this makes them drop what they have fetched. */
    if (syscall(SYS_membarrier, REGISTER_SYNC_CORE, 0, 0) == 0 && syscall(SYS_membarrier, SYNC_CORE, 0, 0) == 0) {
        return 0;
    }
    /* A kernel (or qemu-user) without it: new code at an address that was never run needs no more than was done. */
    return errno == ENOSYS || errno == EINVAL ? 0 : errno;
}

#else

/* x86, s390x: the hardware does it. arm: the kernel must. */
int32_t stilt_platform_publish_code(const uint8_t *ptr, uintptr_t len)
{
#if defined(__arm__)
    __builtin___clear_cache((char *)ptr, (char *)ptr + len);
#else
    (void)ptr;
    (void)len;
#endif
    return 0;
}

#endif
