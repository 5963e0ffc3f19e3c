/* Structures copied and cleared, of 16 to 300 bytes: memory.copy and memory.fill. */
#include "kernel.h"

static uint8_t from[4096], to[4096];

RUN(int32_t n)
{
    uint32_t state = 13, sum = 0;
    for (int32_t i = 0; i < 4096; i++) {
        from[i] = (uint8_t)next_random(&state);
    }
    for (int32_t i = 0; i < n; i++) {
        uint32_t random = next_random(&state), at = random & 2047, size = 16 + (random >> 11 & 255);
        __builtin_memcpy(to + at, from + (random >> 20 & 2047), size);
        sum += to[at + size / 2];
        __builtin_memset(to + at, (int)random & 255, size / 2);
        sum += to[at + 3];
    }
    return (int32_t)sum;
}
