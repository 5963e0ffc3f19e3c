/*
 * digest: SHA-256, BLAKE2b-512 and CRC-32 of the standard input, in one pass.
 *
 *   digest [sha256|blake2b|crc32]... < input       digest --self-test
 *
 * Without arguments, all three. The self-test compares with answers that the algorithms' own papers give (FIPS 180-4
 * examples, RFC 7693 appendix A, the CRC catalogue's check value) and feeds them in pieces of many sizes.
 *
 * Exit status: 0, 1 for wrong use, a failing system or a wrong answer.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SHA256_BLOCK = 64, BLAKE2B_BLOCK = 128 };

/* ---- SHA-256 (FIPS 180-4): 32-bit arithmetic, big-endian ---- */

typedef struct {
    uint32_t state[8];
    uint64_t total;
    uint8_t block[SHA256_BLOCK];
} Sha256;

static const uint32_t sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t ror32(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static void sha256_compress(Sha256 *s) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++) {
        const uint8_t *b = s->block + 4 * i;
        w[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    }
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = ror32(w[i - 15], 7) ^ ror32(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = ror32(w[i - 2], 17) ^ ror32(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    memcpy(v, s->state, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t sum1 = ror32(v[4], 6) ^ ror32(v[4], 11) ^ ror32(v[4], 25);
        uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t t1 = v[7] + sum1 + choice + sha256_k[i] + w[i];
        uint32_t sum0 = ror32(v[0], 2) ^ ror32(v[0], 13) ^ ror32(v[0], 22);
        uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + sum0 + majority;
    }
    for (int i = 0; i < 8; i++) s->state[i] += v[i];
}

static void sha256_start(void *state) {
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    Sha256 *s = state;
    memset(s, 0, sizeof *s);
    memcpy(s->state, initial, sizeof initial);
}

static void sha256_feed(void *state, const uint8_t *at, size_t len) {
    Sha256 *s = state;
    while (len) {
        size_t have = s->total % SHA256_BLOCK, part = SHA256_BLOCK - have;
        if (part > len) part = len;
        memcpy(s->block + have, at, part);
        s->total += part;
        at += part;
        len -= part;
        if (s->total % SHA256_BLOCK == 0) sha256_compress(s);
    }
}

static size_t sha256_end(void *state, uint8_t *digest) {
    Sha256 *s = state;
    uint64_t bits = s->total * 8;
    uint8_t tail[8];
    sha256_feed(s, (const uint8_t[]){0x80}, 1);
    while (s->total % SHA256_BLOCK != SHA256_BLOCK - sizeof tail) sha256_feed(s, (const uint8_t[]){0}, 1);
    for (int i = 0; i < 8; i++) tail[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_feed(s, tail, sizeof tail);
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
    return 32;
}

/* ---- BLAKE2b-512 without a key (RFC 7693): 64-bit arithmetic, little-endian ---- */

typedef struct {
    uint64_t state[8];
    uint64_t total;
    size_t have;
    uint8_t block[BLAKE2B_BLOCK];
} Blake2b;

static const uint64_t blake2b_iv[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t blake2b_sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

static uint64_t ror64(uint64_t x, int n) {
    return x >> n | x << (64 - n);
}

static void blake2b_mix(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y) {
    v[a] += v[b] + x;
    v[d] = ror64(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = ror64(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = ror64(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = ror64(v[b] ^ v[c], 63);
}

static void blake2b_compress(Blake2b *s, int last) {
    uint64_t m[16], v[16];
    for (int i = 0; i < 16; i++) {
        m[i] = 0;
        for (int k = 7; k >= 0; k--) m[i] = m[i] << 8 | s->block[8 * i + k];
    }
    memcpy(v, s->state, sizeof s->state);
    memcpy(v + 8, blake2b_iv, sizeof blake2b_iv);
    v[12] ^= s->total; /* the upper half of the count stays zero below 2^64 bytes */
    if (last) v[14] = ~v[14];
    for (int round = 0; round < 12; round++) {
        const uint8_t *p = blake2b_sigma[round % 10];
        for (int i = 0; i < 4; i++) blake2b_mix(v, i, 4 + i, 8 + i, 12 + i, m[p[2 * i]], m[p[2 * i + 1]]);
        for (int i = 0; i < 4; i++) {
            blake2b_mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[p[8 + 2 * i]], m[p[9 + 2 * i]]);
        }
    }
    for (int i = 0; i < 8; i++) s->state[i] ^= v[i] ^ v[8 + i];
}

static void blake2b_start(void *state) {
    Blake2b *s = state;
    memset(s, 0, sizeof *s);
    memcpy(s->state, blake2b_iv, sizeof blake2b_iv);
    s->state[0] ^= 0x01010040; /* 64 bytes of digest, no key, one leaf */
}

/* The last block must be known as such, so a full one waits until there is more. */
static void blake2b_feed(void *state, const uint8_t *at, size_t len) {
    Blake2b *s = state;
    while (len) {
        if (s->have == BLAKE2B_BLOCK) {
            s->total += BLAKE2B_BLOCK;
            blake2b_compress(s, 0);
            s->have = 0;
        }
        size_t part = BLAKE2B_BLOCK - s->have;
        if (part > len) part = len;
        memcpy(s->block + s->have, at, part);
        s->have += part;
        at += part;
        len -= part;
    }
}

static size_t blake2b_end(void *state, uint8_t *digest) {
    Blake2b *s = state;
    s->total += s->have;
    memset(s->block + s->have, 0, BLAKE2B_BLOCK - s->have);
    blake2b_compress(s, 1);
    for (int i = 0; i < 64; i++) digest[i] = (uint8_t)(s->state[i / 8] >> (8 * (i % 8)));
    return 64;
}

/* ---- CRC-32 as in Ethernet and zip ---- */

static void crc32_start(void *state) {
    *(uint32_t *)state = ~0u;
}

static void crc32_feed(void *state, const uint8_t *at, size_t len) {
    uint32_t crc = *(uint32_t *)state;
    while (len--) {
        crc ^= *at++;
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    *(uint32_t *)state = crc;
}

static size_t crc32_end(void *state, uint8_t *digest) {
    uint32_t crc = ~*(uint32_t *)state;
    for (int i = 0; i < 4; i++) digest[i] = (uint8_t)(crc >> (24 - 8 * i));
    return 4;
}

/* ---- all of them alike: called through pointers ---- */

typedef union {
    Sha256 sha256;
    Blake2b blake2b;
    uint32_t crc32;
} State;

typedef struct {
    const char *name;
    void (*start)(void *state);
    void (*feed)(void *state, const uint8_t *at, size_t len);
    size_t (*end)(void *state, uint8_t *digest);
} Algorithm;

enum { ALGORITHMS = 3 };

static const Algorithm algorithms[ALGORITHMS] = {
    {"sha256", sha256_start, sha256_feed, sha256_end},
    {"blake2b", blake2b_start, blake2b_feed, blake2b_end},
    {"crc32", crc32_start, crc32_feed, crc32_end},
};

static void to_hex(char *text, const uint8_t *digest, size_t len) {
    for (size_t i = 0; i < len; i++) sprintf(text + 2 * i, "%02x", digest[i]);
}

typedef struct {
    int algorithm;
    const char *input;
    long repeated;
    const char *digest;
} Known;

static const Known known[] = {
    {0, "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {0, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {0, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {0, "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {1, "", 1,
     "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
     "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"},
    {1, "abc", 1,
     "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
     "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
    {2, "", 1, "00000000"},
    {2, "123456789", 1, "cbf43926"},
};

/* Feeds the input over and over, cut into pieces of `piece` bytes. */
static int matches(const Known *k, size_t piece) {
    static uint8_t input[1000000];
    const Algorithm *a = &algorithms[k->algorithm];
    size_t unit = strlen(k->input), len = unit * (size_t)k->repeated;
    State state;
    uint8_t digest[64];
    char text[129];
    for (long i = 0; i < k->repeated; i++) memcpy(input + unit * (size_t)i, k->input, unit);
    a->start(&state);
    for (size_t at = 0; at < len; at += piece) a->feed(&state, input + at, len - at < piece ? len - at : piece);
    to_hex(text, digest, a->end(&state, digest));
    return strcmp(text, k->digest) == 0;
}

static int self_test(void) {
    static const size_t pieces[] = {1, 3, 64, 127, 128, 129, 4096, 1000000};
    int wrong = 0, count = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        for (size_t p = 0; p < sizeof pieces / sizeof *pieces; p++, count++) {
            if (matches(&known[i], pieces[p])) continue;
            printf("wrong: %s, answer %zu, in pieces of %zu\n", algorithms[known[i].algorithm].name, i, pieces[p]);
            wrong++;
        }
    }
    printf("%d of %d answers right\n", count - wrong, count);
    return wrong != 0;
}

int main(int argc, char **argv) {
    int wanted[ALGORITHMS] = {0};
    if (argc == 2 && strcmp(argv[1], "--self-test") == 0) return self_test();
    for (int i = 1; i < argc; i++) {
        int k = 0;
        while (k < ALGORITHMS && strcmp(argv[i], algorithms[k].name) != 0) k++;
        if (k == ALGORITHMS) {
            fprintf(stderr, "use: digest [sha256|blake2b|crc32]... < input, or digest --self-test\n");
            return 1;
        }
        wanted[k] = 1;
    }

    static State states[ALGORITHMS];
    static uint8_t part[16384];
    uint64_t total = 0;
    size_t got;
    for (int k = 0; k < ALGORITHMS; k++) {
        wanted[k] |= argc < 2;
        algorithms[k].start(&states[k]);
    }
    while ((got = fread(part, 1, sizeof part, stdin)) > 0) {
        total += got;
        for (int k = 0; k < ALGORITHMS; k++) {
            if (wanted[k]) algorithms[k].feed(&states[k], part, got);
        }
    }
    if (ferror(stdin)) {
        perror("digest: input");
        return 1;
    }
    for (int k = 0; k < ALGORITHMS; k++) {
        uint8_t digest[64];
        char text[129];
        if (!wanted[k]) continue;
        to_hex(text, digest, algorithms[k].end(&states[k], digest));
        printf("%s %s\n", algorithms[k].name, text);
    }
    printf("bytes %" PRIu64 "\n", total);
    return fflush(stdout) != 0;
}
