/* Linux as a board: its interrupts are signals. */
#define _DEFAULT_SOURCE
#include "board.h"

#include "wasmtime-platform.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static __thread uint8_t *slots[2];

uint8_t *wasmtime_tls_get(uintptr_t slot) { return slots[slot]; }

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr) { slots[slot] = ptr; }

void board_write(const char *text) { fputs(text, stdout); }

static void (*alarm_fires)(void);

static void on_alarm(int signal) {
  (void)signal;
  alarm_fires();
}

void board_alarm(void (*fire)(void)) {
  struct itimerval soon = {{0, 0}, {0, 10000}};
  alarm_fires = fire;
  signal(SIGALRM, on_alarm);
  setitimer(ITIMER_REAL, &soon, 0);
}
