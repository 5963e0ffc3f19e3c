/* The ground: a pointer for each thread, and nothing else. A board without threads has a plain array. */
#include "wasmtime-platform.h"

static __thread uint8_t *slots[2];

uint8_t *wasmtime_tls_get(uintptr_t slot) { return slots[slot]; }

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr) { slots[slot] = ptr; }
