/* 64-bit integers: products, remainders, counts of bits. */
#include "kernel.h"

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus)
{
    uint64_t result = 1;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1) {
            result = result * base % modulus;
        }
        base = base * base % modulus;
    }
    return result;
}

RUN(int32_t n)
{
    uint64_t sum = 0, state = 88172645463325252u;
    for (int32_t i = 0; i < n; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        sum += power(state % 4294967291u, 65537, 4294967291u) + (uint64_t)__builtin_popcountll(state);
    }
    return (int32_t)(sum ^ sum >> 32);
}
