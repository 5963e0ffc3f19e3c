/*
 * Mappings and copy-on-write images, by mmap and memfd.
 */
#define _GNU_SOURCE
#include "internal.h"
#include "stilt-platform-linux.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

/* What executable pages have beside: nothing, or that jumps into them are guarded. */
static int guard;

bool stilt_linux_guard_branches(bool on)
{
#if defined(__aarch64__)
    /* Of the kernel's interface, where the C library's headers are older: PROT_BTI, HWCAP2_BTI. */
    const int guarded = 0x10;
    const unsigned long knows = 1ul << 17;
    if (getauxval(AT_HWCAP2) & knows) {
        __atomic_store_n(&guard, on ? guarded : 0, __ATOMIC_RELAXED);
        return true;
    }
#endif
    (void)on;
    return false;
}

static int protection(uint32_t prot_flags)
{
    int flags = PROT_NONE;
    if (prot_flags & WASMTIME_PROT_READ) {
        flags |= PROT_READ;
    }
    if (prot_flags & WASMTIME_PROT_WRITE) {
        flags |= PROT_WRITE;
    }
    if (prot_flags & WASMTIME_PROT_EXEC) {
        flags |= PROT_EXEC | __atomic_load_n(&guard, __ATOMIC_RELAXED);
    }
    return flags;
}

/* MAP_NORESERVE: reservations of many GiB do not count against the limit of what the system promises. */
static int32_t map(uint8_t *at, uintptr_t size, uint32_t prot_flags, int fixed, uint8_t **ret)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed;
    void *start = mmap(at, size, protection(prot_flags), flags, -1, 0);
    if (start == MAP_FAILED) {
        return errno;
    }
    *ret = start;
    return 0;
}

int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret)
{
    return map(NULL, size, prot_flags, 0, ret);
}

int32_t wasmtime_mmap_remap(uint8_t *addr, uintptr_t size, uint32_t prot_flags)
{
    uint8_t *start;
    return map(addr, size, prot_flags, MAP_FIXED, &start);
}

int32_t wasmtime_munmap(uint8_t *ptr, uintptr_t size)
{
    return munmap(ptr, size) == 0 ? 0 : errno;
}

int32_t wasmtime_mprotect(uint8_t *ptr, uintptr_t size, uint32_t prot_flags)
{
    return mprotect(ptr, size, protection(prot_flags)) == 0 ? 0 : errno;
}

uintptr_t wasmtime_page_size(void)
{
    static uintptr_t cached;
    uintptr_t size = __atomic_load_n(&cached, __ATOMIC_RELAXED);
    if (size == 0) {
        long answer = sysconf(_SC_PAGESIZE);
        if (answer <= 0) {
            stilt_linux_die("wasmtime_page_size: the system does not tell", errno);
        }
        size = (uintptr_t)answer;
        __atomic_store_n(&cached, size, __ATOMIC_RELAXED);
    }
    return size;
}

struct wasmtime_memory_image {
    int fd;
};

/* Writes all of it, or says why not. */
static int write_all(int fd, const uint8_t *ptr, uintptr_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, ptr, len);
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        if (written == 0) {
            return EIO;
        }
        ptr += written;
        len -= (uintptr_t)written;
    }
    return 0;
}

int32_t wasmtime_memory_image_new(const uint8_t *ptr, uintptr_t len, struct wasmtime_memory_image **ret)
{
    int fd = memfd_create("stilt-image", MFD_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOSYS || errno == EPERM || errno == EMFILE || errno == ENFILE) {
            /* An old kernel, a sandbox that forbids it, too many open files: no image, which is no error. */
            *ret = NULL;
            return 0;
        }
        return errno;
    }
    int error = write_all(fd, ptr, len);
    struct wasmtime_memory_image *image = NULL;
    if (error == 0) {
        image = malloc(sizeof *image);
        if (image == NULL) {
            error = ENOMEM;
        }
    }
    if (error != 0) {
        if (close(fd) != 0) {
            stilt_linux_die("wasmtime_memory_image_new: close", errno);
        }
        return error;
    }
    image->fd = fd;
    *ret = image;
    return 0;
}

int32_t wasmtime_memory_image_map_at(struct wasmtime_memory_image *image, uint8_t *addr, uintptr_t len)
{
    void *start = mmap(addr, len, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_NORESERVE, image->fd, 0);
    return start == MAP_FAILED ? errno : 0;
}

void wasmtime_memory_image_free(struct wasmtime_memory_image *image)
{
    /* The kernel keeps the pages for as long as they are mapped. EINTR: on Linux the descriptor is closed anyway. */
    if (close(image->fd) != 0 && errno != EINTR) {
        stilt_linux_die("wasmtime_memory_image_free: close", errno);
    }
    free(image);
}
