/*
 * squeeze: a compressor. LZ77 with hash chains and lazy matching over a 32 KiB window, then canonical Huffman codes,
 * new ones for each block.
 *
 *   squeeze c < raw > packed      squeeze d < packed > raw      squeeze t < raw   (there and back, prints figures)
 *
 * The packed form: "SQZ1", then blocks, then the CRC-32 of the raw bytes (little-endian). A block is a byte that says
 * what it is (0: the end, 1: stored, 2: coded), its raw length (4 bytes) and its content; the content of a coded block
 * is a stream of bits, lowest first: the code lengths of both alphabets, then symbols up to END, filled up to a byte.
 *
 * Exit status: 0, 1 for wrong use or a failing system, 2 for input that is not a packed file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = 1 << 15,
    BLOCK = 1 << 17,
    MIN_MATCH = 4,
    MAX_MATCH = 1024,
    CHAIN = 64, /* candidates looked at for a match */
    HASH_BITS = 15,
    BUCKETS = 32,
    END = 256,
    SYMBOLS = END + 1 + BUCKETS,
    DISTANCES = BUCKETS,
    MAX_CODE = 12, /* bits of the longest code: a decoding table has 4096 entries */
};

/* ---- bytes that grow ---- */

typedef struct {
    uint8_t *at;
    size_t len, room;
} Bytes;

static void fail(int status, const char *why) {
    fprintf(stderr, "squeeze: %s\n", why);
    exit(status);
}

static void push(Bytes *to, const void *from, size_t len) {
    if (len > to->room - to->len) {
        size_t room = to->room ? to->room * 2 : 4096;
        while (room - to->len < len) room *= 2;
        uint8_t *at = realloc(to->at, room);
        if (!at) fail(1, "out of memory");
        to->at = at;
        to->room = room;
    }
    if (len) memcpy(to->at + to->len, from, len);
    to->len += len;
}

static void push_byte(Bytes *to, unsigned value) {
    uint8_t byte = (uint8_t)value;
    push(to, &byte, 1);
}

static void push_u32(Bytes *to, uint32_t value) {
    for (int i = 0; i < 4; i++) push_byte(to, value >> (8 * i) & 0xff);
}

static Bytes read_all(FILE *from) {
    Bytes all = {0};
    uint8_t part[8192];
    size_t got;
    while ((got = fread(part, 1, sizeof part, from)) > 0) push(&all, part, got);
    if (ferror(from)) fail(1, "cannot read the input");
    return all;
}

static uint32_t crc32(const uint8_t *at, size_t len) {
    static uint32_t table[256];
    if (!table[1]) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
            table[i] = c;
        }
    }
    uint32_t crc = ~0u;
    while (len--) crc = table[(crc ^ *at++) & 0xff] ^ crc >> 8;
    return ~crc;
}

/* ---- bits ---- */

typedef struct {
    Bytes *to;
    uint64_t held;
    unsigned count;
} BitWriter;

static void put_bits(BitWriter *w, uint32_t value, unsigned count) {
    w->held |= (uint64_t)value << w->count;
    w->count += count;
    while (w->count >= 8) {
        push_byte(w->to, w->held & 0xff);
        w->held >>= 8;
        w->count -= 8;
    }
}

static void flush_bits(BitWriter *w) {
    if (w->count) put_bits(w, 0, 8 - w->count);
}

typedef struct {
    const uint8_t *at, *end;
    uint64_t held;
    unsigned count;
    unsigned missing; /* bits given out that the input does not have */
} BitReader;

static void want_bits(BitReader *r, unsigned count) {
    while (r->count < count) {
        if (r->at < r->end) {
            r->held |= (uint64_t)*r->at++ << r->count;
        } else {
            r->missing += 8;
            if (r->missing > 64) fail(2, "the input ends too early");
        }
        r->count += 8;
    }
}

static uint32_t take_bits(BitReader *r, unsigned count) {
    want_bits(r, count);
    uint32_t value = (uint32_t)(r->held & ((1ull << count) - 1));
    r->held >>= count;
    r->count -= count;
    return value;
}

/* ---- numbers as a bucket and some extra bits: 0, 1, 2, 3, 4-5, 6-7, 8-11, 12-15, 16-23, ... ---- */

static unsigned bucket_of(uint32_t value, unsigned *extra) {
    if (value < 4) {
        *extra = 0;
        return value;
    }
    unsigned top = 31u - (unsigned)__builtin_clz(value);
    *extra = top - 1;
    return 2 * top + (value >> (top - 1) & 1);
}

static uint32_t bucket_base(unsigned bucket, unsigned *extra) {
    if (bucket < 4) {
        *extra = 0;
        return bucket;
    }
    *extra = bucket / 2 - 1;
    return (2u + bucket % 2) << *extra;
}

/* ---- Huffman codes ---- */

typedef struct {
    uint8_t len[SYMBOLS];
    uint16_t code[SYMBOLS]; /* with its first bit lowest */
} Code;

typedef struct {
    uint32_t weight;
    int left, right, depth;
} Node;

static int lightest(const Node *nodes, const int *leaves, int *leaf, int leaf_count, int *inner, int inner_end) {
    if (*leaf < leaf_count && (*inner >= inner_end || nodes[leaves[*leaf]].weight <= nodes[*inner].weight))
        return leaves[(*leaf)++];
    return (*inner)++;
}

static const uint32_t *sorting_by;

static int by_weight(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    if (sorting_by[x] != sorting_by[y]) return sorting_by[x] < sorting_by[y] ? -1 : 1;
    return x - y;
}

/* Fills in code lengths for these weights; a symbol that does not occur has length 0. */
static void choose_lengths(Code *code, const uint32_t *weights, int symbols) {
    uint32_t weight[SYMBOLS];
    memcpy(weight, weights, sizeof *weights * (size_t)symbols);
    for (;;) {
        Node nodes[2 * SYMBOLS];
        int leaves[SYMBOLS], leaf_count = 0, deepest = 0;
        memset(code->len, 0, sizeof code->len);
        for (int s = 0; s < symbols; s++) {
            nodes[s] = (Node){weight[s], -1, -1, 0};
            if (weight[s]) leaves[leaf_count++] = s;
        }
        if (leaf_count == 1) code->len[leaves[0]] = 1;
        if (leaf_count < 2) return;
        sorting_by = weight;
        qsort(leaves, (size_t)leaf_count, sizeof *leaves, by_weight);
        int leaf = 0, inner = symbols, end = symbols;
        while (leaf_count - leaf + end - inner > 1) {
            int a = lightest(nodes, leaves, &leaf, leaf_count, &inner, end);
            int b = lightest(nodes, leaves, &leaf, leaf_count, &inner, end);
            nodes[end++] = (Node){nodes[a].weight + nodes[b].weight, a, b, 0};
        }
        for (int n = end - 1; n >= symbols; n--) {
            nodes[nodes[n].left].depth = nodes[nodes[n].right].depth = nodes[n].depth + 1;
        }
        for (int i = 0; i < leaf_count; i++) {
            int depth = nodes[leaves[i]].depth;
            code->len[leaves[i]] = (uint8_t)depth;
            if (depth > deepest) deepest = depth;
        }
        if (deepest <= MAX_CODE) return;
        /* Too deep: flatten the weights and try again. They end up equal, and then 9 bits do. */
        for (int s = 0; s < symbols; s++) weight[s] = (weight[s] + 1) / 2;
    }
}

/* Gives each length its codes, in order of symbols. False if the lengths ask for more codes than there are. */
static int assign_codes(Code *code, int symbols) {
    unsigned count[MAX_CODE + 1] = {0}, next[MAX_CODE + 2] = {0}, used = 0;
    for (int s = 0; s < symbols; s++) count[code->len[s]]++;
    for (int len = 1; len <= MAX_CODE; len++) {
        used += count[len] << (MAX_CODE - len);
        next[len + 1] = (next[len] + count[len]) << 1;
    }
    if (used > 1u << MAX_CODE) return 0;
    for (int s = 0; s < symbols; s++) {
        unsigned forward = next[code->len[s]], backward = 0;
        if (!code->len[s]) continue;
        next[code->len[s]]++;
        for (int i = 0; i < code->len[s]; i++) backward |= (forward >> i & 1) << (code->len[s] - 1 - i);
        code->code[s] = (uint16_t)backward;
    }
    return 1;
}

/* Code lengths go out as four bits each; behind a zero stands how many more zeros follow, up to 63. */
static void put_lengths(BitWriter *w, const Code *code, int symbols) {
    for (int s = 0; s < symbols; s++) {
        put_bits(w, code->len[s], 4);
        if (code->len[s]) continue;
        int run = 0;
        while (run < 63 && s + 1 < symbols && !code->len[s + 1]) s++, run++;
        put_bits(w, (uint32_t)run, 6);
    }
}

static void take_lengths(BitReader *r, Code *code, int symbols) {
    memset(code->len, 0, sizeof code->len);
    for (int s = 0; s < symbols; s++) {
        code->len[s] = (uint8_t)take_bits(r, 4);
        if (code->len[s] > MAX_CODE) fail(2, "a code is too long");
        if (!code->len[s]) s += (int)take_bits(r, 6);
        if (s >= symbols) fail(2, "too many code lengths");
    }
    if (!assign_codes(code, symbols)) fail(2, "too many codes");
}

typedef struct {
    uint16_t symbol[1 << MAX_CODE];
    uint8_t len[1 << MAX_CODE]; /* 0: no code begins with these bits */
} Decoder;

static void build_decoder(Decoder *d, const Code *code, int symbols) {
    memset(d->len, 0, sizeof d->len);
    for (int s = 0; s < symbols; s++) {
        if (!code->len[s]) continue;
        for (unsigned i = code->code[s]; i < 1u << MAX_CODE; i += 1u << code->len[s]) {
            d->symbol[i] = (uint16_t)s;
            d->len[i] = code->len[s];
        }
    }
}

static unsigned take_symbol(BitReader *r, const Decoder *d) {
    want_bits(r, MAX_CODE);
    unsigned bits = (unsigned)(r->held & ((1u << MAX_CODE) - 1));
    if (!d->len[bits]) fail(2, "not a code");
    r->held >>= d->len[bits];
    r->count -= d->len[bits];
    return d->symbol[bits];
}

/* ---- matches ---- */

typedef struct {
    int32_t head[1 << HASH_BITS]; /* the last position with this hash, or -1 */
    int32_t before[WINDOW];       /* by position modulo WINDOW: the one before with the same hash */
} Matcher;

typedef struct {
    uint32_t len, distance; /* a match, or len 0 and the literal in distance */
} Token;

static uint32_t hash(const uint8_t *at) {
    uint32_t four = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    return four * 2654435761u >> (32 - HASH_BITS);
}

static void remember(Matcher *m, const uint8_t *raw, size_t at, size_t len) {
    if (len - at < MIN_MATCH) return;
    uint32_t h = hash(raw + at);
    m->before[at % WINDOW] = m->head[h];
    m->head[h] = (int32_t)at;
}

static Token longest(const Matcher *m, const uint8_t *raw, size_t at, size_t end) {
    Token best = {0, raw[at]};
    size_t most = end - at < MAX_MATCH ? end - at : MAX_MATCH;
    if (most < MIN_MATCH) return best;
    int32_t from = m->head[hash(raw + at)];
    for (int tries = CHAIN; from >= 0 && at - (size_t)from <= WINDOW && tries > 0; tries--) {
        const uint8_t *a = raw + from, *b = raw + at;
        if (a[best.len] == b[best.len]) {
            size_t len = 0;
            while (len < most && a[len] == b[len]) len++;
            if (len >= MIN_MATCH && len > best.len) best = (Token){(uint32_t)len, (uint32_t)(at - (size_t)from)};
            if (len == most) break;
        }
        int32_t next = m->before[(size_t)from % WINDOW];
        if (next >= from) break; /* overwritten by a later position */
        from = next;
    }
    return best;
}

/* Divides raw[start..end] into tokens; a match gives way to a longer one that begins a byte later. */
static size_t tokenize(Matcher *m, Token *tokens, const uint8_t *raw, size_t start, size_t end, size_t len) {
    size_t count = 0;
    for (size_t at = start; at < end;) {
        Token token = longest(m, raw, at, end);
        remember(m, raw, at, len);
        if (token.len && at + 1 < end && longest(m, raw, at + 1, end).len > token.len) {
            token = (Token){0, raw[at]};
        }
        tokens[count++] = token;
        for (size_t i = 1; i < token.len; i++) remember(m, raw, at + i, len);
        at += token.len ? token.len : 1;
    }
    return count;
}

/* ---- both ways ---- */

static void encode(Bytes *to, const Token *tokens, size_t count) {
    uint32_t symbols[SYMBOLS] = {0}, distances[DISTANCES] = {0};
    unsigned extra;
    symbols[END] = 1;
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].len) {
            symbols[END + 1 + bucket_of(tokens[i].len - MIN_MATCH, &extra)]++;
            distances[bucket_of(tokens[i].distance - 1, &extra)]++;
        } else {
            symbols[tokens[i].distance]++;
        }
    }
    Code symbol, distance;
    choose_lengths(&symbol, symbols, SYMBOLS);
    choose_lengths(&distance, distances, DISTANCES);
    assign_codes(&symbol, SYMBOLS);
    assign_codes(&distance, DISTANCES);

    BitWriter w = {to, 0, 0};
    put_lengths(&w, &symbol, SYMBOLS);
    put_lengths(&w, &distance, DISTANCES);
    for (size_t i = 0; i < count; i++) {
        if (tokens[i].len) {
            uint32_t value = tokens[i].len - MIN_MATCH;
            unsigned s = END + 1 + bucket_of(value, &extra);
            put_bits(&w, symbol.code[s], symbol.len[s]);
            put_bits(&w, value & ((1u << extra) - 1), extra);
            value = tokens[i].distance - 1;
            s = bucket_of(value, &extra);
            put_bits(&w, distance.code[s], distance.len[s]);
            put_bits(&w, value & ((1u << extra) - 1), extra);
        } else {
            put_bits(&w, symbol.code[tokens[i].distance], symbol.len[tokens[i].distance]);
        }
    }
    put_bits(&w, symbol.code[END], symbol.len[END]);
    flush_bits(&w);
}

static Bytes compress(const Bytes *raw) {
    Bytes packed = {0};
    Matcher *matcher = malloc(sizeof *matcher);
    Token *tokens = malloc(sizeof *tokens * BLOCK);
    if (!matcher || !tokens) fail(1, "out of memory");
    if (raw->len > INT32_MAX) fail(1, "the input is too large");
    memset(matcher->head, 0xff, sizeof matcher->head);
    push(&packed, "SQZ1", 4);
    for (size_t at = 0; at < raw->len;) {
        size_t len = raw->len - at < BLOCK ? raw->len - at : BLOCK;
        size_t count = tokenize(matcher, tokens, raw->at, at, at + len, raw->len);
        size_t before = packed.len;
        push_byte(&packed, 2);
        push_u32(&packed, (uint32_t)len);
        encode(&packed, tokens, count);
        if (packed.len - before > 5 + len) {
            packed.len = before;
            push_byte(&packed, 1);
            push_u32(&packed, (uint32_t)len);
            push(&packed, raw->at + at, len);
        }
        at += len;
    }
    push_byte(&packed, 0);
    push_u32(&packed, crc32(raw->at, raw->len));
    free(tokens);
    free(matcher);
    return packed;
}

static uint32_t take_u32(const uint8_t **at, const uint8_t *end) {
    if (end - *at < 4) fail(2, "the input ends too early");
    const uint8_t *b = *at;
    *at += 4;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static const uint8_t *decode(Bytes *raw, const uint8_t *at, const uint8_t *end, size_t len) {
    static Decoder symbols, distances;
    Code code;
    BitReader r = {at, end, 0, 0, 0};
    size_t target = raw->len + len;
    unsigned extra;
    take_lengths(&r, &code, SYMBOLS);
    build_decoder(&symbols, &code, SYMBOLS);
    take_lengths(&r, &code, DISTANCES);
    build_decoder(&distances, &code, DISTANCES);
    for (;;) {
        unsigned s = take_symbol(&r, &symbols);
        if (s == END) break;
        if (s < END) {
            push_byte(raw, s);
        } else {
            uint32_t match = bucket_base(s - END - 1, &extra);
            match += take_bits(&r, extra) + MIN_MATCH;
            uint32_t distance = bucket_base(take_symbol(&r, &distances), &extra);
            distance += take_bits(&r, extra) + 1;
            if (distance > raw->len) fail(2, "a match before the beginning");
            if (match > target - raw->len) fail(2, "a block is too long");
            while (match--) push_byte(raw, raw->at[raw->len - distance]);
        }
        if (raw->len > target) fail(2, "a block is too long");
    }
    if (raw->len != target) fail(2, "a block is too short");
    /* Whole bytes that were looked at but not used belong to what follows. */
    unsigned unused = r.count / 8;
    if (r.missing / 8 > unused) fail(2, "the input ends too early");
    return r.at - (unused - r.missing / 8);
}

static Bytes decompress(const Bytes *packed) {
    Bytes raw = {0};
    const uint8_t *at = packed->at, *end = packed->at + packed->len;
    if (packed->len < 4 || memcmp(at, "SQZ1", 4) != 0) fail(2, "not a packed file");
    at += 4;
    for (;;) {
        if (at == end) fail(2, "the input ends too early");
        unsigned kind = *at++;
        uint32_t number = take_u32(&at, end);
        if (kind == 0) {
            if (at != end) fail(2, "something follows the end");
            if (number != crc32(raw.at, raw.len)) fail(2, "the checksum does not match");
            return raw;
        }
        if (kind > 2 || number == 0 || number > BLOCK) fail(2, "not a block");
        if (kind == 1) {
            if ((size_t)(end - at) < number) fail(2, "the input ends too early");
            push(&raw, at, number);
            at += number;
        } else {
            at = decode(&raw, at, end, number);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 2 || strlen(argv[1]) != 1 || !strchr("cdt", argv[1][0])) {
        fprintf(stderr, "use: squeeze c|d|t < input\n");
        return 1;
    }
    Bytes in = read_all(stdin), out = argv[1][0] == 'd' ? decompress(&in) : compress(&in);
    if (argv[1][0] == 't') {
        Bytes back = decompress(&out);
        if (back.len != in.len || (in.len && memcmp(back.at, in.at, in.len) != 0)) fail(1, "there is not back");
        printf("raw %zu packed %zu (%.2f%%) crc %08lx\n", in.len, out.len,
               in.len ? 100.0 * (double)out.len / (double)in.len : 0.0, (unsigned long)crc32(in.at, in.len));
        free(back.at);
    } else if (fwrite(out.at, 1, out.len, stdout) != out.len) {
        fail(1, "cannot write the output");
    }
    if (fflush(stdout) != 0) fail(1, "cannot write the output");
    free(in.at);
    free(out.at);
    return 0;
}
