/* Small arrays of integers, shuffled: fannkuch. */
#include "kernel.h"

RUN(int32_t n)
{
    int32_t perm[16], perm1[16], count[16], flips = 0, checksum = 0, r = n, number = 0;
    for (int32_t i = 0; i < n; i++) {
        perm1[i] = i;
    }
    for (;;) {
        for (; r != 1; r--) {
            count[r - 1] = r;
        }
        for (int32_t i = 0; i < n; i++) {
            perm[i] = perm1[i];
        }
        int32_t done = 0;
        for (int32_t k; (k = perm[0]) != 0; done++) {
            for (int32_t low = 0, high = k; low < high; low++, high--) {
                int32_t t = perm[low];
                perm[low] = perm[high];
                perm[high] = t;
            }
        }
        flips = done > flips ? done : flips;
        checksum += number++ % 2 == 0 ? done : -done;
        for (;; r++) {
            if (r == n) {
                return checksum * 100 + flips;
            }
            int32_t first = perm1[0];
            for (int32_t i = 0; i < r; i++) {
                perm1[i] = perm1[i + 1];
            }
            perm1[r] = first;
            if (--count[r] > 0) {
                break;
            }
        }
    }
}
