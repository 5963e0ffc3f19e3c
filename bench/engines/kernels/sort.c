/* Quicksort whose comparison is called through a pointer. */
#include "kernel.h"

typedef int32_t (*comparison)(const int32_t *, const int32_t *);
static int32_t numbers[8192];

static int32_t up(const int32_t *a, const int32_t *b)
{
    return (*a > *b) - (*a < *b);
}

static int32_t down(const int32_t *a, const int32_t *b)
{
    return (*a < *b) - (*a > *b);
}

static const comparison volatile orders[2] = { up, down };

static void sort(int32_t *low, int32_t *high, comparison compare)
{
    while (low < high) {
        int32_t pivot = low[(high - low) / 2], *i = low, *j = high;
        while (i <= j) {
            while (compare(i, &pivot) < 0) {
                i++;
            }
            while (compare(j, &pivot) > 0) {
                j--;
            }
            if (i <= j) {
                int32_t t = *i;
                *i++ = *j;
                *j-- = t;
            }
        }
        sort(low, j, compare);
        low = i;
    }
}

RUN(int32_t n)
{
    uint32_t state = 9, sum = 0;
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < 8192; i++) {
            numbers[i] = (int32_t)next_random(&state);
        }
        sort(numbers, numbers + 8191, orders[round & 1]);
        sum += (uint32_t)numbers[100];
    }
    return (int32_t)sum;
}
