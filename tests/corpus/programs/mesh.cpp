// meshoptimizer: makes a bumpy surface, optimises, simplifies, encodes and decodes it, and prints checksums of each step.

#include <math.h>
#include <meshoptimizer.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The library's only wish of C++'s own library.
void* operator new(size_t size) { return malloc(size); }
void operator delete(void* block) noexcept { free(block); }
void operator delete(void* block, size_t) noexcept { free(block); }

struct Vertex {
    float x, y, z;
};

const unsigned SIDE = 96, VERTICES = SIDE * SIDE, INDICES = (SIDE - 1) * (SIDE - 1) * 6;

static uint32_t sum(const void* bytes, size_t length) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ static_cast<const unsigned char*>(bytes)[i]) * 16777619u;
    return hash;
}

static void say(const char* what, size_t length, uint32_t hash) {
    printf("%s: %lu, %08lx\n", what, static_cast<unsigned long>(length), static_cast<unsigned long>(hash));
}

int main() {
    static Vertex vertices[VERTICES], ordered[VERTICES];
    static unsigned indices[INDICES], cached[INDICES], simple[INDICES], decoded[INDICES];
    for (unsigned i = 0; i < VERTICES; i++) {
        unsigned x = i % SIDE, y = i / SIDE;
        // A height that is exact in binary, so that no library's rounding shows.
        vertices[i] = {float(x), float(y), float((x * x * 7 + y * 13 + x * y) % 31) / 16.0f};
    }
    unsigned count = 0;
    for (unsigned y = 0; y + 1 < SIDE; y++)
        for (unsigned x = 0; x + 1 < SIDE; x++) {
            unsigned a = y * SIDE + x, corners[6] = {a, a + 1, a + SIDE, a + SIDE, a + 1, a + SIDE + 1};
            memcpy(indices + count, corners, sizeof corners);
            count += 6;
        }

    meshopt_optimizeVertexCache(cached, indices, INDICES, VERTICES);
    say("cache", INDICES, sum(cached, sizeof cached));
    size_t used = meshopt_optimizeVertexFetch(ordered, cached, INDICES, vertices, VERTICES, sizeof(Vertex));
    say("fetch", used, sum(ordered, sizeof ordered));

    static unsigned char packed[1 << 20];
    size_t length = meshopt_encodeIndexBuffer(packed, sizeof packed, cached, INDICES);
    say("indices", length, sum(packed, length));
    if (meshopt_decodeIndexBuffer(decoded, INDICES, sizeof *decoded, packed, length) != 0)
        return 1;
    if (meshopt_decodeIndexBuffer(decoded, INDICES, sizeof *decoded, packed, length - 1) == 0)
        return 2;

    length = meshopt_encodeVertexBuffer(packed, sizeof packed, ordered, VERTICES, sizeof(Vertex));
    say("vertices", length, sum(packed, length));
    static Vertex back[VERTICES];
    if (meshopt_decodeVertexBuffer(back, VERTICES, sizeof(Vertex), packed, length) != 0)
        return 3;
    if (memcmp(back, ordered, sizeof back) != 0)
        return 4;

    float error;
    size_t left = meshopt_simplify(simple, cached, INDICES, &ordered[0].x, VERTICES, sizeof(Vertex), INDICES / 5, 0.5f, 0, &error);
    say("simplified", left, sum(simple, left * sizeof *simple));
    printf("error: %.6f\n", double(error));
    return 0;
}
