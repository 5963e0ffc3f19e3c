/* The filter on any machine, with the samples that src/bin/programs.rs makes: what the boards' outcome is compared with. */
#include "filter.c"

#include <stdio.h>

int main(void)
{
    uint32_t noise = 1, hash = 0x811c9dc5;
    int32_t peak = 0;
    for (int place = 0; place < 8 * 128;) {
        for (int i = 0; i < 128; i++, place++) {
            noise = noise * 1664525 + 1013904223;
            int32_t phase = place % 64;
            int32_t triangle = ((phase < 32 ? phase : 64 - phase) - 16) * 1500;
            block()[i] = (int16_t)(triangle + (int32_t)(noise >> 19) - 4096);
        }
        int32_t found = filter(128);
        peak = found > peak ? found : peak;
        for (int i = 0; i < 128; i++) {
            uint16_t sample = (uint16_t)block()[i];
            hash = (hash ^ (sample & 0xff)) * 0x01000193;
            hash = (hash ^ (sample >> 8)) * 0x01000193;
        }
    }
    printf("filter: peak %d, hash 0x%08x\n", (int)peak, (unsigned)hash);
    return 0;
}
