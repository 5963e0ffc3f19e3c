/*
 * A port to start from: every function of wasmtime-platform.h, gate by gate. What is TODO answers NOT_YET, so that it compiles, links,
 * and the conformance kit (kit.c) names what is missing. Compile it with -D for each gate that you have reached; docs/porting.md says
 * in which order.
 */
#include "wasmtime-platform.h"

#include <stddef.h>

/* Any number but 0: the runtime hands it to the embedder in its error. */
#define NOT_YET 38

/* ---- Rung 0: always ---- */

/* TODO: one pair for each thread, or for each core. This is right for one thread on one core. */
static uint8_t *slots[2];

uint8_t *wasmtime_tls_get(uintptr_t slot)
{
    return slots[slot & 1];
}

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr)
{
    slots[slot & 1] = ptr;
}

/* ---- Rung 1: virtual memory ---- */
#ifdef WASMTIME_VIRTUAL_MEMORY

uintptr_t wasmtime_page_size(void)
{
    return 4096;
}

int32_t wasmtime_mmap_new(uintptr_t size, uint32_t prot_flags, uint8_t **ret)
{
    (void)size, (void)prot_flags, (void)ret;
    return NOT_YET; /* TODO */
}

int32_t wasmtime_mmap_remap(uint8_t *addr, uintptr_t size, uint32_t prot_flags)
{
    (void)addr, (void)size, (void)prot_flags;
    return NOT_YET; /* TODO */
}

int32_t wasmtime_munmap(uint8_t *ptr, uintptr_t size)
{
    (void)ptr, (void)size;
    return NOT_YET; /* TODO */
}

int32_t wasmtime_mprotect(uint8_t *ptr, uintptr_t size, uint32_t prot_flags)
{
    (void)ptr, (void)size, (void)prot_flags;
    return NOT_YET; /* TODO */
}

/* Images may stay like this: then the data of memories is copied. */
int32_t wasmtime_memory_image_new(const uint8_t *ptr, uintptr_t len, struct wasmtime_memory_image **ret)
{
    (void)ptr, (void)len;
    *ret = NULL;
    return 0;
}

int32_t wasmtime_memory_image_map_at(struct wasmtime_memory_image *image, uint8_t *addr, uintptr_t len)
{
    (void)image, (void)addr, (void)len;
    return NOT_YET;
}

void wasmtime_memory_image_free(struct wasmtime_memory_image *image)
{
    (void)image;
}

#endif

/* On several riscv64 harts; see the header for the others. */
#ifdef STILT_CODE_PUBLICATION

int32_t stilt_platform_publish_code(const uint8_t *ptr, uintptr_t len)
{
    (void)ptr, (void)len;
    return NOT_YET; /* TODO */
}

#endif

/* ---- Rung 2: hardware traps, in one of two ways ---- */

/* Where a handler may jump out of the exception: a signal handler, say. */
#ifdef WASMTIME_NATIVE_SIGNALS

int32_t wasmtime_init_traps(wasmtime_trap_handler_t handler)
{
    (void)handler;
    return NOT_YET; /* TODO: keep it; call it from the fault vector */
}

#endif

/* Where it may not: a kernel. */
#ifdef STILT_RESUMABLE_TRAPS

int32_t stilt_platform_init_resumable_traps(stilt_trap_resume_handler_t handler)
{
    (void)handler;
    return NOT_YET; /* TODO: keep it; call it from the fault vector, and return to what the frame then says */
}

#endif

/* ---- Rung 3: several threads ---- */

#ifdef WASMTIME_CUSTOM_SYNC

/* TODO: right for one thread only. */
void wasmtime_sync_lock_acquire(uintptr_t *lock) { *lock = 1; }
void wasmtime_sync_lock_release(uintptr_t *lock) { *lock = 0; }
void wasmtime_sync_lock_free(uintptr_t *lock) { (void)lock; }
void wasmtime_sync_rwlock_read(uintptr_t *lock) { *lock += 1; }
void wasmtime_sync_rwlock_read_release(uintptr_t *lock) { *lock -= 1; }
void wasmtime_sync_rwlock_write(uintptr_t *lock) { *lock = UINTPTR_MAX; }
void wasmtime_sync_rwlock_write_release(uintptr_t *lock) { *lock = 0; }
void wasmtime_sync_rwlock_free(uintptr_t *lock) { (void)lock; }

#endif

#ifdef STILT_PARKING

int32_t stilt_platform_park_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns, bool *ret_timed_out)
{
    (void)word, (void)expected, (void)timeout_ns, (void)ret_timed_out;
    return NOT_YET; /* TODO */
}

int32_t stilt_platform_park_notify(const uint32_t *word)
{
    (void)word;
    return NOT_YET; /* TODO */
}

#endif
