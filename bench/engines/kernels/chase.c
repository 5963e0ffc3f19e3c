/* Loads that wait for the one before, over 4 MiB: the memory's own time. */
#include "kernel.h"

#define NODES 524288
static struct node {
    struct node *next;
    uint32_t value;
} nodes[NODES];

RUN(int32_t n)
{
    if (!nodes[0].next) {
        for (uint32_t i = 0; i < NODES; i++) {
            nodes[i].next = &nodes[(i * 5 + 12345) & (NODES - 1)];
            nodes[i].value = i * 2654435769u;
        }
    }
    uint32_t sum = 0;
    struct node *at = &nodes[0];
    for (int32_t i = 0; i < n; i++, at = at->next) {
        sum ^= at->value;
    }
    return (int32_t)sum;
}
