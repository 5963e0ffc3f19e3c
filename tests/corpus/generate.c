/*
 * generate: input for the other programs, the same bytes everywhere and every time.
 *
 *   generate text|table|noise BYTES [SEED]
 *
 * text: lines of made-up words, few of them frequent; table: comma-separated columns with a name, an integer and a
 * decimal fraction; noise: every byte as likely as any other. At least BYTES bytes come out, up to the end of a line.
 * Only integers are computed with, so no compiler and no C library has a say.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* Steele, Lea and Flood's splitmix64: the state counts, the output is the state well mixed. */
static uint64_t draw(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static unsigned below(unsigned bound) {
    return (unsigned)((draw() >> 32) * bound >> 32);
}

/* Word number `rank` of the language: short for the frequent ones. Always the same one for the same number. */
static size_t word(char *to, unsigned rank) {
    static const char *const heads[] = {"b", "k", "d", "f", "gr", "h", "l", "m", "n", "p", "st", "r", "s", "t", "v", "w"};
    static const char *const cores[] = {"a", "e", "i", "o", "u", "ai", "ou", "ea"};
    static const char *const tails[] = {"", "", "n", "r", "s", "t", "ng", "ck"};
    size_t len = 0;
    for (unsigned left = rank * 2654435761u % 65536 + rank / 64 * 65536u, first = 1; first || left; first = 0) {
        len += (size_t)sprintf(to + len, "%s%s%s", heads[left % 16], cores[left / 16 % 8], tails[left / 128 % 8]);
        left /= 4096;
    }
    return len;
}

static size_t text_line(char *to) {
    size_t len = 0;
    for (unsigned count = 4 + below(10), i = 0; i < count; i++) {
        /* A number below a power of two that is itself drawn: half the ranks, twice as often, as in real languages. */
        unsigned rank = below(1u << below(13));
        size_t start = len;
        len += word(to + len, rank);
        if (i == 0) to[start] = (char)(to[start] - 'a' + 'A');
        to[len++] = i + 1 == count ? '.' : below(12) == 0 ? ',' : ' ';
        if (to[len - 1] == ',') to[len++] = ' ';
    }
    to[len++] = '\n';
    return len;
}

static size_t table_line(char *to) {
    size_t len = word(to, below(300));
    len += (size_t)sprintf(to + len, ",%u,", below(100000));
    /* A sum of draws is bell-shaped. */
    int value = -60000;
    for (int k = 0; k < 12; k++) value += (int)below(10001);
    len += (size_t)sprintf(to + len, "%s%d.%04d\n", value < 0 ? "-" : "", abs(value) / 10000, abs(value) % 10000);
    return len;
}

static size_t noise(char *to) {
    uint64_t bits = draw();
    for (int i = 0; i < 8; i++) to[i] = (char)(bits >> 8 * i & 0xff);
    return 8;
}

int main(int argc, char **argv) {
    size_t (*make)(char *to) = NULL;
    if (argc == 3 || argc == 4) {
        if (strcmp(argv[1], "text") == 0) make = text_line;
        if (strcmp(argv[1], "table") == 0) make = table_line;
        if (strcmp(argv[1], "noise") == 0) make = noise;
    }
    if (!make) {
        fprintf(stderr, "use: generate text|table|noise BYTES [SEED]\n");
        return 2;
    }
    uint64_t left = strtoull(argv[2], NULL, 10);
    state = argc == 4 ? strtoull(argv[3], NULL, 10) : 1;
    while (left) {
        char line[1024];
        size_t len = make(line);
        if (fwrite(line, 1, len, stdout) != len) break;
        left -= len < left ? len : left;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("generate: output");
        return 1;
    }
    return 0;
}
