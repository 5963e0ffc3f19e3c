/* A ground without an MMU that says it has one: everything can always be read and written. */
#include "broken.h"
#define wasmtime_mmap_new good_mmap_new
#define wasmtime_mmap_remap good_mmap_remap
#define wasmtime_mprotect good_mprotect
#include "../../c/memory.c"
#undef wasmtime_mmap_new
#undef wasmtime_mmap_remap
#undef wasmtime_mprotect

#define EVERYTHING (WASMTIME_PROT_READ | WASMTIME_PROT_WRITE | WASMTIME_PROT_EXEC)

int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret)
{
    (void)prot_flags;
    return good_mmap_new(size, EVERYTHING, ret);
}

int32_t wasmtime_mmap_remap(uint8_t *addr, uintptr_t size, uint32_t prot_flags)
{
    (void)prot_flags;
    return good_mmap_remap(addr, size, EVERYTHING);
}

int32_t wasmtime_mprotect(uint8_t *ptr, uintptr_t size, uint32_t prot_flags)
{
    (void)ptr;
    (void)size;
    (void)prot_flags;
    return 0;
}
