/* A product of matrices of doubles, as everyone writes it first. */
#include "kernel.h"

#define SIZE 96
static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

RUN(int32_t n)
{
    for (int32_t i = 0; i < SIZE; i++) {
        for (int32_t j = 0; j < SIZE; j++) {
            a[i][j] = i + j;
            b[i][j] = i - j;
        }
    }
    for (int32_t round = 0; round < n; round++) {
        for (int32_t i = 0; i < SIZE; i++) {
            for (int32_t j = 0; j < SIZE; j++) {
                double sum = 0;
                for (int32_t k = 0; k < SIZE; k++) {
                    sum += a[i][k] * b[k][j];
                }
                c[i][j] = sum;
            }
        }
        a[round % SIZE][0] += 1;
    }
    double trace = 0;
    for (int32_t i = 0; i < SIZE; i++) {
        trace += c[i][i];
    }
    return (int32_t)trace;
}
