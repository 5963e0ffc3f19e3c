/* Slot 1 is slot 0. */
#include "broken.h"
#define wasmtime_tls_get good_tls_get
#define wasmtime_tls_set good_tls_set
#include "../../c/tls.c"
#undef wasmtime_tls_get
#undef wasmtime_tls_set

uint8_t *wasmtime_tls_get(uintptr_t slot)
{
    return good_tls_get(slot & 0);
}

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr)
{
    good_tls_set(slot & 0, ptr);
}
