/* Goes wrong two calls deep: reads a record whose length nobody has looked at; and divides, and spins. */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))

__attribute__((noinline)) static int32_t field(const uint8_t *record, uint32_t at)
{
    return *(const volatile int32_t *)(record + at);
}

EXPORT("parse") int32_t parse(const uint8_t *record)
{
    return field(record, *record * 0x1000000u) + 1;
}

EXPORT("divide") int32_t divide(int32_t a, int32_t b)
{
    return a / b;
}

EXPORT("deep") int32_t deep(int32_t n)
{
    volatile int32_t here = n;
    return n == 0 ? 0 : deep(n - 1) + here;
}

EXPORT("spin") void spin(void)
{
    for (volatile uint32_t rounds = 0;; rounds++) {
    }
}
