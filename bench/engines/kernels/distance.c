/* Two rows of a table filled by minima: the edit distance. */
#include "kernel.h"

#define SIZE 400
static uint8_t a[SIZE], b[SIZE];
static int32_t row[SIZE + 1];

RUN(int32_t n)
{
    uint32_t state = 23;
    int32_t sum = 0;
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < SIZE; i++) {
            a[i] = (uint8_t)(next_random(&state) >> 28);
            b[i] = (uint8_t)(next_random(&state) >> 28);
            row[i + 1] = i + 1;
        }
        row[0] = 0;
        for (int32_t i = 0; i < SIZE; i++) {
            int32_t corner = row[0];
            row[0] = i + 1;
            for (int32_t j = 0; j < SIZE; j++) {
                int32_t best = corner + (a[i] != b[j]), above = row[j + 1] + 1, left = row[j] + 1;
                corner = row[j + 1];
                best = above < best ? above : best;
                row[j + 1] = left < best ? left : best;
            }
        }
        sum += row[SIZE];
    }
    return sum;
}
