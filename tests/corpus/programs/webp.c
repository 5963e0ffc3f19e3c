/* libwebp on pictures of raw RGBA: `draw` draws one, a number compresses it at that quality, `lossless` without loss, `d`
   decompresses. From standard input to standard output. */

#include <src/webp/decode.h>
#include <src/webp/encode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 256, ROW = 4 * WIDTH, ROOM = 1 << 20 };

static size_t draw(uint8_t *out) {
    enum { HEIGHT = 150 };
    unsigned noise = 1;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            uint8_t *pixel = out + y * ROW + x * 4;
            int far = (x - 128) * (x - 128) + (y - 75) * (y - 75);
            noise = noise * 1664525 + 1013904223;
            pixel[0] = (uint8_t)(far < 3600 ? 255 - far / 20 : x);
            pixel[1] = (uint8_t)(x / 32 + y / 25 & 1 ? y : 200 - y);
            pixel[2] = (uint8_t)(x < 64 ? noise >> 24 : far >> 7);
            pixel[3] = (uint8_t)(y < 100 ? 255 : far >> 6 & 255);
        }
    return HEIGHT * ROW;
}

int main(int argc, char **argv) {
    static uint8_t in[ROOM];
    uint8_t *out = NULL;
    size_t used = fread(in, 1, sizeof in, stdin), made = 0;
    if (argc != 2)
        return 1;
    int height = (int)(used / ROW), width = WIDTH;
    if (strcmp(argv[1], "draw") == 0) {
        out = malloc(ROOM);
        made = out ? draw(out) : 0;
    } else if (strcmp(argv[1], "d") == 0) {
        out = WebPDecodeRGBA(in, used, &width, &height);
        made = out ? (size_t)width * (size_t)height * 4 : 0;
    } else if (strcmp(argv[1], "lossless") == 0) {
        made = WebPEncodeLosslessRGBA(in, width, height, ROW, &out);
    } else {
        made = WebPEncodeRGBA(in, width, height, ROW, (float)atof(argv[1]), &out);
    }
    if (!made) {
        fprintf(stderr, "refused\n");
        return 2;
    }
    int failed = fwrite(out, 1, made, stdout) == made ? 0 : 4;
    WebPFree(out);
    return failed;
}
