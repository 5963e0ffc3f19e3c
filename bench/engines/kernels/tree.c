/* A binary search tree in an arena: pointers and unpredictable branches. */
#include "kernel.h"

#define NODES 20000
static struct node {
    struct node *left, *right;
    uint32_t key, count;
} nodes[NODES];

RUN(int32_t n)
{
    uint32_t sum = 0;
    for (int32_t round = 0; round < n; round++) {
        uint32_t state = 17u + (uint32_t)round, used = 0;
        struct node *root = NULL;
        for (int32_t i = 0; i < NODES; i++) {
            uint32_t key = next_random(&state) >> 12;
            struct node **at = &root;
            while (*at && (*at)->key != key) {
                at = key < (*at)->key ? &(*at)->left : &(*at)->right;
            }
            if (!*at) {
                *at = &nodes[used++];
                **at = (struct node){ NULL, NULL, key, 0 };
            }
            sum += ++(*at)->count;
        }
        sum += used;
    }
    return (int32_t)sum;
}
