/*
 * What every kernel includes. A kernel is one file with one exported function: `int32_t run(int32_t n)` works for a time
 * that grows with n and returns a checksum, the same as wasm and natively. No libc, no allocation: storage is static.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __wasm__
#define RUN __attribute__((export_name("run"))) int32_t run
#else
/* NATIVE_NAME keeps the native kernels apart. */
#define RUN int32_t NATIVE_NAME
int32_t NATIVE_NAME(int32_t n);
#endif

/* A small generator of numbers, the same everywhere. */
static inline uint32_t next_random(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *state = x;
    return x;
}

#endif
