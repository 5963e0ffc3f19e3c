/* Protects one page more than it was asked to, if the mapping goes on behind the range. */
#include "broken.h"
#define wasmtime_mmap_new good_mmap_new
#define wasmtime_mprotect good_mprotect
#include "../../c/memory.c"
#undef wasmtime_mmap_new
#undef wasmtime_mprotect

static uint8_t *newest;
static uintptr_t newest_size;

int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret)
{
    int32_t status = good_mmap_new(size, prot_flags, ret);
    if (status == 0) {
        newest = *ret;
        newest_size = size;
    }
    return status;
}

int32_t wasmtime_mprotect(uint8_t *ptr, uintptr_t size, uint32_t prot_flags)
{
    uintptr_t more = size + wasmtime_page_size();
    bool goes_on = ptr >= newest && ptr + more <= newest + newest_size;
    return good_mprotect(ptr, goes_on ? more : size, prot_flags);
}
