/* One pair of slots for all threads. */
#include "broken.h"
#define wasmtime_tls_get good_tls_get
#define wasmtime_tls_set good_tls_set
#include "../../c/tls.c"
#undef wasmtime_tls_get
#undef wasmtime_tls_set

static uint8_t *shared[2];

uint8_t *wasmtime_tls_get(uintptr_t slot)
{
    return shared[slot];
}

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr)
{
    good_tls_set(slot, ptr);
    shared[slot] = ptr;
}
