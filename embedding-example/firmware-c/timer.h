/* The timer: ticks, and a guest that has had its time. */
#ifndef TIMER_H
#define TIMER_H

#include "stilt.h"

/* A thousand ticks in a second. */
void timer_start(void);

/* How often it has ticked. */
uint32_t timer_ticks(void);

/* Stops a store's guest in some ticks. The store stays until then, or until timer_stop_nobody. */
void timer_stop_in(uint32_t ticks_from_now, stilt_interrupter *interrupter);
void timer_stop_nobody(void);

/* The board's timer has interrupted the firmware, and waits until this returns. */
void timer_tick(void);

#endif
