/* Bytes and their eight neighbours: Conway's game. */
#include "kernel.h"

#define SIDE 128
static uint8_t cells[2][SIDE + 2][SIDE + 2];

RUN(int32_t n)
{
    uint32_t state = 19, alive = 0;
    for (int32_t y = 1; y <= SIDE; y++) {
        for (int32_t x = 1; x <= SIDE; x++) {
            cells[0][y][x] = next_random(&state) >> 30 == 0;
        }
    }
    for (int32_t round = 0; round < n; round++) {
        uint8_t(*now)[SIDE + 2] = cells[round & 1], (*then)[SIDE + 2] = cells[~round & 1];
        for (int32_t y = 1; y <= SIDE; y++) {
            for (int32_t x = 1; x <= SIDE; x++) {
                int32_t around = now[y - 1][x - 1] + now[y - 1][x] + now[y - 1][x + 1] + now[y][x - 1] + now[y][x + 1] +
                                 now[y + 1][x - 1] + now[y + 1][x] + now[y + 1][x + 1];
                then[y][x] = around == 3 || (around == 2 && now[y][x]);
            }
        }
    }
    for (int32_t y = 1; y <= SIDE; y++) {
        for (int32_t x = 1; x <= SIDE; x++) {
            alive += cells[n & 1][y][x] * (uint32_t)(y * SIDE + x);
        }
    }
    return (int32_t)alive;
}
