/* Doubles in registers, with a data-dependent exit. */
#include "kernel.h"

RUN(int32_t n)
{
    int32_t inside = 0;
    for (int32_t py = 0; py < n; py++) {
        for (int32_t px = 0; px < n; px++) {
            double cx = 3.0 * px / n - 2.0, cy = 2.0 * py / n - 1.0, x = 0, y = 0;
            int32_t i = 0;
            while (i < 100 && x * x + y * y < 4.0) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
                i++;
            }
            inside += i;
        }
    }
    return inside;
}
