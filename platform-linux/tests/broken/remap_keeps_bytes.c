/* Remapping changes the protection, and leaves the last tenant's bytes. */
#include "broken.h"
#define wasmtime_mmap_remap good_mmap_remap
#include "../../c/memory.c"
#undef wasmtime_mmap_remap

int32_t wasmtime_mmap_remap(uint8_t *addr, uintptr_t size, uint32_t prot_flags)
{
    return wasmtime_mprotect(addr, size, prot_flags);
}
