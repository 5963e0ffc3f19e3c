/* Conversions and divisions of floats: the spectral norm. */
#include "kernel.h"

#define SIZE 100
static double u[SIZE], v[SIZE], w[SIZE];

static double entry(int32_t i, int32_t j)
{
    return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

static void multiply(const double *x, double *y, int32_t transposed)
{
    for (int32_t i = 0; i < SIZE; i++) {
        double sum = 0;
        for (int32_t j = 0; j < SIZE; j++) {
            sum += (transposed ? entry(j, i) : entry(i, j)) * x[j];
        }
        y[i] = sum;
    }
}

RUN(int32_t n)
{
    for (int32_t i = 0; i < SIZE; i++) {
        u[i] = 1;
    }
    for (int32_t round = 0; round < n; round++) {
        multiply(u, w, 0);
        multiply(w, v, 1);
        multiply(v, w, 0);
        multiply(w, u, 1);
        double most = 0;
        for (int32_t i = 0; i < SIZE; i++) {
            most = u[i] > most ? u[i] : most;
        }
        for (int32_t i = 0; i < SIZE; i++) {
            u[i] /= most;
        }
    }
    return (int32_t)(u[7] * 1e9);
}
