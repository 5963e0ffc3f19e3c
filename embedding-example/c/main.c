/* A module from C: loaded in place, linked, called; all in storage of the program's own. C99 and C++.
 *
 *   stilt compile sensor.wat --emit obj --traps explicit --interrupt epoch     # sensor.o and sensor.h
 *   cc main.c ground.c sensor.o libstilt.a
 */
#include "stilt.h"

#include "sensor.h"

#include <stdio.h>
#include <string.h>

#define FRAMES 8
#define STACK 65536u

/* Storage, aligned as STILT_ALIGN says. (On a board: arrays in a section of the linker script.) */
typedef union block { uint8_t bytes[16]; long double align; } block;
#define STORAGE(name, size) static block name[((size) + 15u) / 16u]
STORAGE(engine_storage, STILT_ENGINE_SIZE(SENSOR_TYPES));
STORAGE(module_storage, STILT_MODULE_SIZE(SENSOR_TYPES));
STORAGE(store_storage, SENSOR_STORE_SIZE(FRAMES, STACK));

/* What the module imports, as functions with its types. */
static stilt_status sample(void *env, stilt_caller *caller, int32_t place, int32_t *value) {
  const int32_t *samples = (const int32_t *)env;
  (void)caller;
  *value = samples[place % 4];
  return STILT_OK;
}

static stilt_status scale(void *env, stilt_caller *caller, double value, int64_t factor, double *scaled) {
  (void)env;
  (void)caller;
  *scaled = value * (double)factor;
  return STILT_OK;
}

static stilt_status print(void *env, stilt_caller *caller, int32_t at, int32_t length) {
  char text[64];
  stilt_memory memory;
  stilt_status status = stilt_caller_memory(caller, &memory);
  (void)env;
  if (status != STILT_OK) return status;
  if (length < 0 || (size_t)length >= sizeof text) return STILT_USER;
  status = stilt_memory_read(stilt_caller_store(caller), &memory, (uint32_t)at, text, (uintptr_t)length);
  if (status != STILT_OK) return status;
  printf("guest: %.*s\n", (int)length, text);
  return STILT_OK;
}

static int failed(const char *what, const stilt_error *error) {
  fprintf(stderr, "%s: %s\n", what, error->message);
  return 1;
}

int main(void) {
  static const int32_t samples[4] = {10, 20, 30, 60};
  stilt_engine_config config;
  sensor_host host;
  stilt_engine *engine;
  stilt_module *module;
  stilt_store *store;
  stilt_instance instance;
  stilt_error error;
  sensor_func_greet greet;
  sensor_func_mean mean;
  int32_t result;

  memset(&config, 0, sizeof config);
  config.function_types = SENSOR_TYPES;
  config.backtrace_frames = FRAMES;
  config.stack_size = STACK;
  if (stilt_engine_new(engine_storage, sizeof engine_storage, &config, &engine, &error) != STILT_OK)
    return failed("engine", &error);
  if (stilt_module_link(engine, &sensor, module_storage, sizeof module_storage, &module, &error) != STILT_OK)
    return failed("module", &error);
  if (stilt_store_new(engine, store_storage, sizeof store_storage, 0, &store, &error) != STILT_OK)
    return failed("store", &error);

  memset(&host, 0, sizeof host);
  host.env = (void *)samples;
  host.board_sample = sample;
  host.board_scale = scale;
  host.board_log = print;
  if (sensor_instantiate(store, module, &host, &instance, &error) != STILT_OK) return failed("instance", &error);

  if (sensor_find_greet(store, &instance, &greet) != STILT_OK || sensor_call_greet(store, &greet, &error) != STILT_OK)
    return failed("greet", &error);
  if (sensor_find_mean(store, &instance, &mean) != STILT_OK ||
      sensor_call_mean(store, &mean, 4, &result, &error) != STILT_OK)
    return failed("mean", &error);
  printf("mean %d\n", (int)result);
  if (sensor_call_mean(store, &mean, 0, &result, &error) != STILT_TRAP) return failed("no trap", &error);
  printf("trap %d (%s) in function %u at 0x%x\n", (int)error.trap, stilt_trap_text(error.trap), (unsigned)error.function,
         (unsigned)error.offset);

  stilt_store_drop(store);
  stilt_module_drop(module);
  stilt_engine_drop(engine);
  return 0;
}
