/* Hands out pages with what was in them before. */
#include "broken.h"
#define wasmtime_mmap_new good_mmap_new
#include "../../c/memory.c"
#undef wasmtime_mmap_new

int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret)
{
    int32_t status = good_mmap_new(size, prot_flags, ret);
    if (status == 0 && (prot_flags & WASMTIME_PROT_WRITE)) {
        (*ret)[size - 1] = 0xa5;
    }
    return status;
}
