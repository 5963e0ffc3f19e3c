/* Text, one character after the other, by ranges: classes counted, letters folded. */
#include "kernel.h"

static char text[32768];

static int32_t class_of(char c)
{
    if (c >= 'a' && c <= 'z') {
        return 0;
    }
    if (c >= 'A' && c <= 'Z') {
        return 1;
    }
    if (c >= '0' && c <= '9') {
        return 2;
    }
    return c == ' ' || (c >= '\t' && c <= '\r') ? 3 : 4;
}

RUN(int32_t n)
{
    uint32_t state = 3, counts[5] = { 0 };
    for (int32_t i = 0; i < 32768; i++) {
        text[i] = (char)(32 + next_random(&state) % 95);
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < 32768; i++) {
            int32_t class = class_of(text[i]);
            counts[class]++;
            if (class < 2) {
                text[i] ^= 32;
            }
        }
    }
    return (int32_t)(counts[0] + counts[1] * 3 + counts[2] * 5 + counts[3] * 7 + counts[4] * 11);
}
