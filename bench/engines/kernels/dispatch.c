/* An interpreter whose instructions are functions in a table: one indirect call for each. */
#include "kernel.h"

static uint32_t stack[64], top, position, left;
static uint8_t program[64];

static void push(void) { stack[++top & 63] = program[position++ & 63]; }
static void add(void) { top--; stack[top & 63] += stack[(top + 1) & 63]; }
static void xor(void) { top--; stack[top & 63] ^= stack[(top + 1) & 63]; }
static void dup(void) { top++; stack[top & 63] = stack[(top - 1) & 63]; }
static void shift(void) { stack[top & 63] = stack[top & 63] << 5 | stack[top & 63] >> 27; }
static void again(void) { position = left-- ? 0 : 60; }

typedef void (*operation)(void);
static const operation operations[] = { push, add, xor, dup, shift, again };

RUN(int32_t n)
{
    static const uint8_t loop[] = { 3, 4, 0, 17, 1, 3, 3, 2, 4, 1, 0, 99, 2, 4, 5 };
    for (int32_t i = 0; i < 64; i++) {
        program[i] = i < 15 ? loop[i] : 6;
    }
    top = 0, position = 0, left = (uint32_t)n, stack[0] = 1;
    while (program[position] < 6) {
        operations[program[position++]]();
    }
    return (int32_t)stack[top & 63];
}
