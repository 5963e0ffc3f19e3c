/* Sixteen bytes at a time: newlines counted, letters folded. */
#include "kernel.h"

typedef uint8_t bytes __attribute__((vector_size(16)));
#define SIZE 2048
static bytes text[SIZE];

RUN(int32_t n)
{
    uint32_t state = 37;
    for (int32_t i = 0; i < SIZE; i++) {
        for (int32_t j = 0; j < 16; j++) {
            text[i][j] = (uint8_t)(next_random(&state) % 96 + 10);
        }
    }
    uint32_t sum = 0;
    for (int32_t round = 0; round < n; round++) {
        bytes newlines = { 0 };
        for (int32_t i = 0; i < SIZE; i++) {
            bytes x = text[i];
            newlines -= (bytes)(x == 10);
            bytes upper = (bytes)(x >= 'A') & (bytes)(x <= 'Z');
            text[i] = (x | (upper & 32)) ^ ((bytes)(x == (uint8_t)round) & 3);
        }
        for (int32_t j = 0; j < 16; j++) {
            sum += newlines[j];
        }
    }
    return (int32_t)(sum + text[77][3]);
}
