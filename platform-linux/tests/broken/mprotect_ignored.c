/* Says that it changed a protection, and did not. */
#include "broken.h"
#define wasmtime_mprotect good_mprotect
#include "../../c/memory.c"
#undef wasmtime_mprotect

int32_t wasmtime_mprotect(uint8_t *ptr, uintptr_t size, uint32_t prot_flags)
{
    (void)ptr;
    (void)size;
    (void)prot_flags;
    return 0;
}
