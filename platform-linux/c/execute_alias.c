/*
 * Code memory with two addresses: one file in memory, mapped twice.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int32_t stilt_platform_execute_alias_new(uintptr_t size, uint8_t **ret_write, const uint8_t **ret_exec)
{
    int fd = memfd_create("stilt-code", MFD_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int32_t error = 0;
    void *write = MAP_FAILED;
    if (ftruncate(fd, (off_t)size) != 0) {
        error = errno;
    } else if ((write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED) {
        error = errno;
    } else {
        void *exec = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
        if (exec == MAP_FAILED) {
            error = errno;
            if (munmap(write, size) != 0) {
                stilt_linux_die("stilt_platform_execute_alias_new: munmap", errno);
            }
        } else {
            *ret_write = write;
            *ret_exec = exec;
        }
    }
    /* The mappings keep the file. */
    if (close(fd) != 0 && errno != EINTR) {
        stilt_linux_die("stilt_platform_execute_alias_new: close", errno);
    }
    return error;
}

int32_t stilt_platform_execute_alias_free(uintptr_t size, uint8_t *write, const uint8_t *exec)
{
    int32_t error = 0;
    if (munmap(write, size) != 0) {
        error = errno;
    }
    if (munmap((void *)(uintptr_t)exec, size) != 0) {
        error = errno;
    }
    return error;
}
