/* A thread's slots are not NULL before it stores something. */
#include "broken.h"
#define wasmtime_tls_get good_tls_get
#define wasmtime_tls_set good_tls_set
#include "../../c/tls.c"
#undef wasmtime_tls_get
#undef wasmtime_tls_set

static __thread bool stored[2];

uint8_t *wasmtime_tls_get(uintptr_t slot)
{
    return stored[slot] ? good_tls_get(slot) : (uint8_t *)0xdead;
}

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr)
{
    good_tls_set(slot, ptr);
    stored[slot] = true;
}
