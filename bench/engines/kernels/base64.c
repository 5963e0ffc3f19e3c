/* Bytes to text and back. */
#include "kernel.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t back[256], plain[12288], text[16384];

RUN(int32_t n)
{
    uint32_t state = 29, sum = 0;
    for (uint8_t i = 0; i < 64; i++) {
        back[(uint8_t)alphabet[i]] = i;
    }
    for (int32_t i = 0; i < 12288; i++) {
        plain[i] = (uint8_t)next_random(&state);
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0, j = 0; i < 12288; i += 3, j += 4) {
            uint32_t three = (uint32_t)plain[i] << 16 | (uint32_t)plain[i + 1] << 8 | plain[i + 2];
            text[j] = (uint8_t)alphabet[three >> 18];
            text[j + 1] = (uint8_t)alphabet[three >> 12 & 63];
            text[j + 2] = (uint8_t)alphabet[three >> 6 & 63];
            text[j + 3] = (uint8_t)alphabet[three & 63];
        }
        for (int32_t i = 0, j = 0; i < 12288; i += 3, j += 4) {
            uint32_t three = (uint32_t)back[text[j]] << 18 | (uint32_t)back[text[j + 1]] << 12 |
                             (uint32_t)back[text[j + 2]] << 6 | back[text[j + 3]];
            sum += three ^ (uint32_t)round;
            plain[i] = (uint8_t)(three >> 16) + 1;
        }
    }
    return (int32_t)sum;
}
