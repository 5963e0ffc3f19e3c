/* Four 32-bit integers at a time: products and shifts. */
#include "kernel.h"

typedef uint32_t integers __attribute__((vector_size(16)));
#define SIZE 1024
static integers numbers[SIZE];

RUN(int32_t n)
{
    integers sum = { 1, 2, 3, 4 };
    for (uint32_t i = 0; i < SIZE; i++) {
        numbers[i] = (integers){ i, i * 3, i * 5, i * 7 };
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < SIZE; i++) {
            integers x = numbers[i];
            x = (x << 7) ^ (x >> 9);
            sum += x * 2654435769u;
            numbers[i] = x + sum;
        }
    }
    return (int32_t)(sum[0] ^ sum[1] ^ sum[2] ^ sum[3]);
}
