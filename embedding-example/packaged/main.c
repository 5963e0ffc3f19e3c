/* A program for boards, with a WebAssembly module in it. Everything is in storage of its own. */
#include "stilt.h"

#include "blink.h"
#include "board.h"

#define FRAMES 4u
#define STACK 2048u

/* Storage, aligned as STILT_ALIGN says. */
#define STORAGE(name, size) static _Alignas(STILT_ALIGN) uint8_t name[size]
STORAGE(engine_storage, STILT_ENGINE_SIZE(BLINK_TYPES));
STORAGE(module_storage, STILT_MODULE_SIZE(BLINK_TYPES));
STORAGE(store_storage, BLINK_STORE_SIZE(FRAMES, STACK));

static stilt_engine *engine;
static stilt_store *store;
static stilt_interrupter *interrupter;
static unsigned times_lit;

static stilt_status led(void *env, stilt_caller *caller, int32_t lit) {
  (void)env;
  (void)caller;
  times_lit += lit != 0;
  return STILT_OK;
}

static void say(const char *what, long value) {
  char digits[12];
  unsigned at = sizeof digits - 1;
  digits[at] = 0;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  board_write(what);
  board_write(" ");
  board_write(digits + at);
  board_write("\n");
}

static int failed(const char *where, const stilt_error *error) {
  board_write(where);
  board_write(": ");
  board_write(error->message[0] ? error->message : stilt_status_text(error->status));
  board_write("\n");
  return 1;
}

static void stop(void) { stilt_interrupt(interrupter); }

static int run(const stilt_instance *instance) {
  stilt_error error = {0};
  blink_func_blink blink;
  blink_func_mean mean;
  blink_func_divide divide;
  blink_func_spin spin;
  int32_t blinked;
  double average;
  int64_t quotient;

  if (blink_find_blink(store, instance, &blink) != STILT_OK || blink_find_mean(store, instance, &mean) != STILT_OK ||
      blink_find_divide(store, instance, &divide) != STILT_OK || blink_find_spin(store, instance, &spin) != STILT_OK) {
    board_write("an export is missing\n");
    return 1;
  }
  if (blink_call_blink(store, &blink, 5, &blinked, &error) != STILT_OK) return failed("blink", &error);
  say("blinked", blinked);
  say("lit", (long)times_lit);
  if (blink_call_mean(store, &mean, 20.5, 63.5, &average, &error) != STILT_OK) return failed("mean", &error);
  say("mean", (long)average);
  if (blink_call_divide(store, &divide, 1000000000000, 1000000, &quotient, &error) != STILT_OK)
    return failed("divide", &error);
  say("quotient", (long)quotient);
  if (blink_call_divide(store, &divide, 1, 0, &quotient, &error) != STILT_TRAP) return failed("no trap", &error);
  board_write(stilt_trap_text(error.trap));
  say(" in function", (long)error.function);
  board_alarm(stop);
  if (blink_call_spin(store, &spin, &error) != STILT_TRAP || error.trap != STILT_TRAP_INTERRUPT)
    return failed("not stopped", &error);
  board_write("stopped\n");
  return 0;
}

int main(void) {
  static const stilt_engine_config config = {.function_types = BLINK_TYPES, .backtrace_frames = FRAMES, .stack_size = STACK};
  blink_host host = {0};
  stilt_module *module;
  stilt_instance instance;
  stilt_error error = {0};

  if (stilt_engine_new(engine_storage, sizeof engine_storage, &config, &engine, &error) != STILT_OK)
    return failed("engine", &error);
  if (stilt_module_link(engine, &blink, module_storage, sizeof module_storage, &module, &error) != STILT_OK)
    return failed("module", &error);
  if (stilt_store_new(engine, store_storage, sizeof store_storage, 0, &store, &error) != STILT_OK)
    return failed("store", &error);
  if (stilt_store_interrupter(store, &interrupter) != STILT_OK) return 1;
  host.board_led = led;
  if (blink_instantiate(store, module, &host, &instance, &error) != STILT_OK) return failed("instance", &error);
  return run(&instance);
}
