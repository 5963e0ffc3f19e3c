/* A hash table with open addressing: multiplications, and loads from anywhere in 1 MiB. */
#include "kernel.h"

#define SLOTS 131072
static uint32_t keys[SLOTS], values[SLOTS];

RUN(int32_t n)
{
    uint32_t state = 11, sum = 0;
    for (int32_t i = 0; i < n; i++) {
        uint32_t key = next_random(&state) % 90000 + 1, at = key * 2654435769u >> 15;
        while (keys[at] && keys[at] != key) {
            at = (at + 1) & (SLOTS - 1);
        }
        keys[at] = key;
        sum += ++values[at];
    }
    for (int32_t i = 0; i < SLOTS; i++) {
        keys[i] = values[i] = 0;
    }
    return (int32_t)sum;
}
