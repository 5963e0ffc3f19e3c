#include "timer.h"
#include "board.h"

static volatile uint32_t ticks;
/* While it is armed, the interrupt reads the two others, and nobody changes them. */
static volatile bool armed;
static volatile uint32_t deadline;
static stilt_interrupter *volatile target;

void timer_start(void) { board_start_timer(1000); }

uint32_t timer_ticks(void) { return ticks; }

void timer_stop_in(uint32_t ticks_from_now, stilt_interrupter *interrupter) {
  armed = false;
  target = interrupter;
  deadline = ticks + ticks_from_now;
  armed = true;
}

void timer_stop_nobody(void) { armed = false; }

void timer_tick(void) {
  uint32_t now = ticks + 1;
  ticks = now;
  if (!armed || (int32_t)(now - deadline) < 0) return;
  stilt_interrupt(target);
  armed = false;
}
