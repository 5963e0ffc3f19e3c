/* Byte stores with a stride, then a scan. */
#include "kernel.h"

#define SIZE 200000
static uint8_t composite[SIZE];

RUN(int32_t n)
{
    int32_t primes = 0;
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < SIZE; i++) {
            composite[i] = 0;
        }
        primes = 0;
        for (int32_t i = 2; i < SIZE; i++) {
            if (!composite[i]) {
                primes++;
                for (int32_t j = i + i; j < SIZE; j += i) {
                    composite[j] = 1;
                }
            }
        }
    }
    return primes;
}
