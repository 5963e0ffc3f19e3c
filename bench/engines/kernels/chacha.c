/* Sixteen values alive at once: ChaCha20. */
#include "kernel.h"

#define QUARTER(a, b, c, d)                        \
    a += b, d ^= a, d = d << 16 | d >> 16;         \
    c += d, b ^= c, b = b << 12 | b >> 20;         \
    a += b, d ^= a, d = d << 8 | d >> 24;          \
    c += d, b ^= c, b = b << 7 | b >> 25

RUN(int32_t n)
{
    uint32_t in[16], sum = 0, state = 31;
    for (int32_t i = 0; i < 16; i++) {
        in[i] = next_random(&state);
    }
    for (int32_t round = 0; round < n; round++) {
        uint32_t x[16];
        for (int32_t i = 0; i < 16; i++) {
            x[i] = in[i];
        }
        for (int32_t i = 0; i < 10; i++) {
            QUARTER(x[0], x[4], x[8], x[12]);
            QUARTER(x[1], x[5], x[9], x[13]);
            QUARTER(x[2], x[6], x[10], x[14]);
            QUARTER(x[3], x[7], x[11], x[15]);
            QUARTER(x[0], x[5], x[10], x[15]);
            QUARTER(x[1], x[6], x[11], x[12]);
            QUARTER(x[2], x[7], x[8], x[13]);
            QUARTER(x[3], x[4], x[9], x[14]);
        }
        for (int32_t i = 0; i < 16; i++) {
            sum = sum * 31 + x[i] + in[i];
        }
        in[12]++;
    }
    return (int32_t)sum;
}
