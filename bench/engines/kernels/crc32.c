/* Loads from a table, each waiting for the last: CRC-32. */
#include "kernel.h"

static uint32_t table[256];
static uint8_t data[65536];

RUN(int32_t n)
{
    uint32_t state = 7, crc = ~0u;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int32_t bit = 0; bit < 8; bit++) {
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        }
        table[i] = c;
    }
    for (int32_t i = 0; i < 65536; i++) {
        data[i] = (uint8_t)next_random(&state);
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < 65536; i++) {
            crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
        }
    }
    return (int32_t)~crc;
}
