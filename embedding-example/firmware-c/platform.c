/* wasmtime-platform.h on these boards: a pointer, and no more. There is one thread, and interrupts do not call guests. */
#include "wasmtime-platform.h"

static uint8_t *slots[2];

uint8_t *wasmtime_tls_get(uintptr_t slot) { return slots[slot]; }

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr) { slots[slot] = ptr; }
