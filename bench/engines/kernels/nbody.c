/* Doubles with square roots and divisions: planets. */
#include "kernel.h"

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[5];

RUN(int32_t n)
{
    for (int32_t i = 0; i < 5; i++) {
        bodies[i] = (struct body){ i * 1.7, 2.0 - i * 0.9, 0.3 * i, 0.01 * i, 0.3 - 0.1 * i, 0.02, 1.0 / (1 + i * i * 7) };
    }
    for (int32_t step = 0; step < n; step++) {
        for (int32_t i = 0; i < 5; i++) {
            struct body *p = &bodies[i];
            for (int32_t j = i + 1; j < 5; j++) {
                struct body *q = &bodies[j];
                double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
                double square = dx * dx + dy * dy + dz * dz + 0.01;
                double force = 0.001 / (square * __builtin_sqrt(square));
                p->vx -= dx * q->mass * force;
                p->vy -= dy * q->mass * force;
                p->vz -= dz * q->mass * force;
                q->vx += dx * p->mass * force;
                q->vy += dy * p->mass * force;
                q->vz += dz * p->mass * force;
            }
        }
        for (int32_t i = 0; i < 5; i++) {
            bodies[i].x += 0.001 * bodies[i].vx;
            bodies[i].y += 0.001 * bodies[i].vy;
            bodies[i].z += 0.001 * bodies[i].vz;
        }
    }
    return (int32_t)(bodies[0].x * 1e6);
}
