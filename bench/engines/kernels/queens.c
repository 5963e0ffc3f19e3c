/* Recursion and unpredictable branches: the n queens problem by bit masks. */
#include "kernel.h"

static int32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right)
{
    if (columns == all) {
        return 1;
    }
    int32_t found = 0;
    for (uint32_t open = all & ~(columns | left | right); open;) {
        uint32_t bit = open & (0u - open);
        open ^= bit;
        found += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return found;
}

RUN(int32_t n)
{
    return place((1u << n) - 1, 0, 0, 0);
}
