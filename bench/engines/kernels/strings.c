/* Strings as C has them: length, comparison, search, copying. */
#include "kernel.h"

static char words[512][16], buffer[16384];

static size_t length(const char *s)
{
    size_t n = 0;
    while (s[n]) {
        n++;
    }
    return n;
}

static int32_t compare(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++, b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

static const char *find(const char *in, const char *what)
{
    for (; *in; in++) {
        size_t i = 0;
        while (what[i] && in[i] == what[i]) {
            i++;
        }
        if (!what[i]) {
            return in;
        }
    }
    return NULL;
}

RUN(int32_t n)
{
    uint32_t state = 5, sum = 0;
    for (int32_t i = 0; i < 512; i++) {
        size_t size = 3 + next_random(&state) % 12;
        for (size_t j = 0; j < size; j++) {
            words[i][j] = (char)('a' + next_random(&state) % 4);
        }
    }
    for (int32_t round = 0; round < n; round++) {
        char *to = buffer;
        for (int32_t i = 0; i < 512; i++) {
            const char *word = words[(i * 7 + round) & 511];
            sum += (uint32_t)length(word) + (compare(word, words[i]) < 0);
            while (*word) {
                *to++ = *word++;
            }
            *to++ = ' ';
        }
        *to = 0;
        for (int32_t i = 0; i < 8; i++) {
            const char *at = find(buffer, words[(round + i) & 511]);
            sum += at ? (uint32_t)(at - buffer) : 0;
        }
    }
    return (int32_t)sum;
}
