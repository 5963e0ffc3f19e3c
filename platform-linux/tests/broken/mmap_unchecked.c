/* Does not look whether mmap failed. */
#include "broken.h"
#define wasmtime_mmap_new good_mmap_new
#include "../../c/memory.c"
#undef wasmtime_mmap_new

int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret)
{
    *ret = mmap(NULL, size, protection(prot_flags), MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return 0;
}
