/* Direct recursion with little else: the cost of a call. */
#include "kernel.h"

static __attribute__((noinline)) int32_t fib(int32_t n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

RUN(int32_t n)
{
    return fib(n);
}
