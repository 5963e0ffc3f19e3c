/* Recursion with three arguments. */
#include "kernel.h"

static __attribute__((noinline)) int32_t tak(int32_t x, int32_t y, int32_t z)
{
    return y < x ? tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) : z;
}

RUN(int32_t n)
{
    return tak(n, n * 2 / 3, n / 3);
}
