/*
 * A low-pass filter over samples: 31 taps in Q15, saturating, with a state that carries over from block to block. The host puts samples
 * where `block` says and calls `filter`.
 */
#include <stdint.h>

#define TAPS 31
#define MOST 256

/* Symmetric; their sum is 32768, so that what does not change passes as it is. */
static const int16_t taps[TAPS] = {
    -53, -61, -35, 54, 200, 308, 223, -160, -742, -1168, -946,
    278, 2450, 5010, 7085, 7882, 7085, 5010, 2450, 278, -946,
    -1168, -742, -160, 223, 308, 200, 54, -35, -61, -53,
};

static int16_t samples[MOST];
static int16_t history[TAPS - 1];

#ifdef __wasm__
#define EXPORT(name) __attribute__((export_name(name)))
#else
#define EXPORT(name) /* built for a host, to compare with */
#endif

EXPORT("block") int16_t *block(void)
{
    return samples;
}

/* Filters the first `count` samples in place. The answer: the largest magnitude among the results; -1 for too many. */
EXPORT("filter") int32_t filter(int32_t count)
{
    int16_t window[TAPS - 1 + MOST];
    int32_t peak = 0;
    if (count < 0 || count > MOST) {
        return -1;
    }
    for (int i = 0; i < TAPS - 1; i++) {
        window[i] = history[i];
    }
    for (int i = 0; i < count; i++) {
        window[TAPS - 1 + i] = samples[i];
    }
    for (int i = 0; i < count; i++) {
        int64_t sum = 1 << 14;
        for (int tap = 0; tap < TAPS; tap++) {
            sum += (int64_t)taps[tap] * window[i + tap];
        }
        sum >>= 15;
        int32_t value = sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : (int32_t)sum;
        samples[i] = (int16_t)value;
        int32_t magnitude = value < 0 ? -value : value;
        peak = magnitude > peak ? magnitude : peak;
    }
    for (int i = 0; i < TAPS - 1; i++) {
        history[i] = window[count + i];
    }
    return peak;
}
