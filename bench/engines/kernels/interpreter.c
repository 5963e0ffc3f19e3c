/* A register machine decoded by a switch: br_table. */
#include "kernel.h"

enum { ADD, SUB, XOR, ROTATE, LOAD, STORE, LESS, JUMP_IF, MULTIPLY, HALT };
struct instruction {
    uint8_t operation, a, b, c;
};

static uint32_t memory[256];

RUN(int32_t n)
{
    static const struct instruction program[] = {
        { ADD, 1, 1, 0 },    { LOAD, 2, 1, 0 },     { XOR, 3, 3, 2 },    { ROTATE, 3, 3, 7 }, { STORE, 3, 1, 0 },
        { MULTIPLY, 4, 3, 1 }, { SUB, 5, 4, 3 },    { LESS, 6, 5, 4 },   { JUMP_IF, 6, 10, 0 }, { ADD, 3, 3, 5 },
        { LESS, 6, 1, 7 },   { JUMP_IF, 6, 0, 0 },  { HALT, 0, 0, 0 },
    };
    uint32_t registers[8] = { 1, 0, 0, 0, 0, 0, 0, (uint32_t)n };
    for (uint32_t at = 0;;) {
        struct instruction i = program[at++];
        uint32_t b = registers[i.b & 7], c = registers[i.c & 7];
        switch (i.operation) {
        case ADD: registers[i.a] = b + c; break;
        case SUB: registers[i.a] = b - c; break;
        case XOR: registers[i.a] = b ^ c; break;
        case ROTATE: registers[i.a] = b << i.c | b >> (32 - i.c); break;
        case LOAD: registers[i.a] = memory[b & 255]; break;
        case STORE: memory[b & 255] = registers[i.a]; break;
        case LESS: registers[i.a] = b < c; break;
        case JUMP_IF: at = registers[i.a] ? i.b : at; break;
        case MULTIPLY: registers[i.a] = b * c; break;
        case HALT: return (int32_t)registers[3];
        default: __builtin_trap();
        }
    }
}
