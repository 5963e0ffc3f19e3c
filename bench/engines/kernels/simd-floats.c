/* Four floats at a time: a filter over a signal. */
#include "kernel.h"

typedef float floats __attribute__((vector_size(16)));
#define SIZE 2048
static floats signal[SIZE], out[SIZE];

RUN(int32_t n)
{
    for (int32_t i = 0; i < SIZE; i++) {
        float x = (float)(i & 255) / 256;
        signal[i] = (floats){ x, x * x, 1 - x, 0.5f };
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 2; i < SIZE; i++) {
            out[i] = signal[i] * 0.5f + signal[i - 1] * 0.25f + signal[i - 2] * 0.125f;
        }
        for (int32_t i = 2; i < SIZE; i++) {
            signal[i] = (out[i] + out[i - 1]) * 0.57f;
        }
    }
    floats sum = { 0, 0, 0, 0 };
    for (int32_t i = 0; i < SIZE; i++) {
        sum += signal[i];
    }
    return (int32_t)((sum[0] + sum[1] + sum[2] + sum[3]) * 1000);
}
