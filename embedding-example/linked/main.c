/* A program with two WebAssembly modules linked into it, for a ground that has a TLS pointer and nothing else. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "blinky.h"
#include "pulse.h"
#include "wasmtime-platform.h"

struct outcome {
  int32_t result;
  uint8_t trap;
  bool failed;
};

struct outcome stilt_linked_run(const struct stilt_linked_image *image, int32_t argument);

/* All that the ground has to offer; unless a whole platform is linked, for modules with hardware traps. */
#ifndef WITH_PLATFORM
static __thread uint8_t *slots[2];

uint8_t *wasmtime_tls_get(uintptr_t slot) { return slots[slot]; }

void wasmtime_tls_set(uintptr_t slot, uint8_t *ptr) { slots[slot] = ptr; }
#endif

/* The import `board.blink` of both modules; the declarations say that it has the type which they want. */
blinky_import_board_blink blink;
pulse_import_board_blink blink;

int32_t blink(int32_t number) { return 2 * number; }

static void run(const char *name, const struct stilt_linked_image *image, int32_t argument) {
  struct outcome outcome = stilt_linked_run(image, argument);
  if (outcome.failed) {
    printf("%s failed\n", name);
  } else if (outcome.trap != 0) {
    printf("%s trap %d\n", name, outcome.trap);
  } else {
    printf("%s %d\n", name, (int)outcome.result);
  }
}

int main(void) {
  run("blinky", &blinky, 3);
  run("pulse", &pulse, 10);
  run("pulse", &pulse, 0);
  return 0;
}
