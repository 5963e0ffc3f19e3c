/* Rotations and additions of 32-bit integers: SHA-256. */
#include "kernel.h"

static uint32_t k[64], schedule[64], h[8];

static uint32_t rotate(uint32_t x, int32_t by)
{
    return x >> by | x << (32 - by);
}

static void block(const uint32_t *words)
{
    for (int32_t i = 0; i < 16; i++) {
        schedule[i] = words[i];
    }
    for (int32_t i = 16; i < 64; i++) {
        uint32_t p = schedule[i - 15], q = schedule[i - 2];
        uint32_t s0 = rotate(p, 7) ^ rotate(p, 18) ^ p >> 3, s1 = rotate(q, 17) ^ rotate(q, 19) ^ q >> 10;
        schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
    }
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], z = h[7];
    for (int32_t i = 0; i < 64; i++) {
        uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25), ch = (e & f) ^ (~e & g);
        uint32_t t1 = z + s1 + ch + k[i] + schedule[i];
        uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22), maj = (a & b) ^ (a & c) ^ (b & c);
        z = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + s0 + maj;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += z;
}

RUN(int32_t n)
{
    uint32_t state = 1, words[16];
    for (int32_t i = 0; i < 64; i++) {
        k[i] = next_random(&state);
    }
    for (int32_t i = 0; i < 8; i++) {
        h[i] = next_random(&state);
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < 16; i++) {
            words[i] = h[i & 7] + (uint32_t)round;
        }
        block(words);
    }
    return (int32_t)h[0];
}
