/*
 * A pedestrian crossing: a state machine that the host ticks ten times a second. VERSION 2 lets pedestrians wait less; it is what the
 * update brings.
 */
#include <stdint.h>

#define HOST(name) __attribute__((import_module("host"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

HOST("gpio_write") void gpio_write(int32_t pin, int32_t level);
HOST("gpio_read") int32_t gpio_read(int32_t pin);
HOST("uart_write") void uart_write(const char *text, uint32_t length);

enum { RED, AMBER, GREEN, WALK, BUTTON };
enum state { DRIVE, STOPPING, CROSS, CLEARING };

#ifndef VERSION
#define VERSION 1
#endif

static enum state state = DRIVE;
static int32_t left = 10;
static int32_t wanted;

static void say(const char *text)
{
    uint32_t length = 0;
    while (text[length] != 0) {
        length++;
    }
    uart_write(text, length);
}

static void lights(int32_t red, int32_t amber, int32_t green, int32_t walk)
{
    gpio_write(RED, red);
    gpio_write(AMBER, amber);
    gpio_write(GREEN, green);
    gpio_write(WALK, walk);
}

EXPORT("version") int32_t version(void)
{
    return VERSION;
}

EXPORT("start") void start(void)
{
    lights(0, 0, 1, 0);
    say(VERSION == 1 ? "crossing 1: drive\n" : "crossing 2: drive\n");
}

EXPORT("tick") void tick(void)
{
    wanted |= gpio_read(BUTTON);
    if (left > 0) {
        left--;
        return;
    }
    switch (state) {
    case DRIVE:
        if (wanted) {
            state = STOPPING;
            left = VERSION == 1 ? 3 : 2;
            lights(0, 1, 0, 0);
            say("stopping\n");
        }
        break;
    case STOPPING:
        state = CROSS;
        wanted = 0;
        left = 5;
        lights(1, 0, 0, 1);
        say("walk\n");
        break;
    case CROSS:
        state = CLEARING;
        left = 2;
        lights(1, 1, 0, 0);
        say("clearing\n");
        break;
    case CLEARING:
        state = DRIVE;
        left = VERSION == 1 ? 10 : 6;
        lights(0, 0, 1, 0);
        say("drive\n");
        break;
    }
}
