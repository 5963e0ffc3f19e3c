/* A mapping that does not start at a page, as a heap would give it. */
#include "broken.h"
#define wasmtime_mmap_new good_mmap_new
#define wasmtime_munmap good_munmap
#include "../../c/memory.c"
#undef wasmtime_mmap_new
#undef wasmtime_munmap

int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret)
{
    int32_t status = good_mmap_new(size + wasmtime_page_size(), prot_flags, ret);
    if (status == 0) {
        *ret += 16;
    }
    return status;
}

int32_t wasmtime_munmap(uint8_t *ptr, uintptr_t size)
{
    return good_munmap(ptr - 16, size + wasmtime_page_size());
}
