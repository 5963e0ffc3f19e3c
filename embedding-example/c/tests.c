/* Every function of stilt.h, used and misused; C99 and C++. `tests IMAGE...` with images of the same module as the linked one, and
 * of others: see xtask/src/c_api.rs, which runs this under AddressSanitizer. */
#include "stilt.h"

#include "sensor.h"

#include "relay.h"

#include "odd.h"

#include "beyond.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 8
#define STACK 65536u
#define TYPES (SENSOR_TYPES + RELAY_TYPES)

static const char *what = "";

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__, what, #condition); \
      exit(1); \
    } \
  } while (0)

#define IS(call, expected) is((call), (expected), __LINE__, #call)

static void is(stilt_status found, stilt_status expected, int line, const char *text) {
  if (found == expected) return;
  fprintf(stderr, "%s:%d: %s: %s gives %d (%s), expected %d (%s)\n", __FILE__, line, what, text, (int)found,
          stilt_status_text(found), (int)expected, stilt_status_text(expected));
  exit(1);
}

/* Storage as a program without an allocator has it; here from one, so that AddressSanitizer knows its ends. */
static void *storage(uintptr_t size) {
  void *place = 0;
  if (posix_memalign(&place, STILT_ALIGN, size ? size : 1) != 0) exit(2);
  memset(place, 0xa5, size);
  return place;
}

/* A file, at an address that native code is content with. */
typedef struct file { uint8_t *bytes; uintptr_t length; } file;

#include <sys/mman.h>

static file read_file(const char *path) {
  file found;
  FILE *stream = fopen(path, "rb");
  long length;
  if (!stream) { perror(path); exit(2); }
  fseek(stream, 0, SEEK_END);
  length = ftell(stream);
  rewind(stream);
  found.length = (uintptr_t)length;
  found.bytes = (uint8_t *)mmap(0, found.length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (found.bytes == MAP_FAILED || fread(found.bytes, 1, found.length, stream) != found.length) { perror(path); exit(2); }
  fclose(stream);
  mprotect(found.bytes, found.length, PROT_READ | PROT_EXEC);
  return found;
}

/* ---- The host ---- */

typedef struct world {
  int32_t samples[4];
  char said[64];
  stilt_status answer;
  stilt_store *store;
  stilt_instance *instance;
  int reenter;
  int hand_on;
  stilt_caller *kept;
} world;

static stilt_status sample(void *env, stilt_caller *caller, int32_t place, int32_t *value) {
  world *self = (world *)env;
  stilt_instance instance;
  stilt_error error;
  if (self->answer != STILT_OK) return self->answer;
  self->kept = caller;
  IS(stilt_caller_instance(caller, &instance), STILT_OK);
  /* The store that the guest runs in is the one that it was called in, and C may use it. */
  CHECK(stilt_caller_store(caller) == self->store);
  if (self->reenter) {
    sensor_func_apply apply;
    sensor_func_peek peek;
    int32_t doubled = 0, now = --self->reenter;
    stilt_status status;
    IS(sensor_find_apply(self->store, &instance, &apply), STILT_OK);
    IS(sensor_call_apply(self->store, &apply, 0, place, &doubled, &error), STILT_OK);
    CHECK(doubled == 2 * place);
    /* Not while it is in use. */
    IS(stilt_store_drop(self->store), STILT_BUSY);
    /* Another level of it. */
    if (now) {
      sensor_func_mean mean;
      int32_t within = 0;
      IS(sensor_find_mean(self->store, &instance, &mean), STILT_OK);
      IS(sensor_call_mean(self->store, &mean, 2, &within, &error), STILT_OK);
    }
    /* A trap within is told here, and may be handed on. */
    IS(sensor_find_peek(self->store, &instance, &peek), STILT_OK);
    status = sensor_call_peek(self->store, &peek, -1, 0, &error);
    CHECK(status == STILT_TRAP && error.trap == STILT_TRAP_MEMORY_OUT_OF_BOUNDS);
    if (self->hand_on) return status;
  }
  *value = self->samples[(uint32_t)place % 4];
  return STILT_OK;
}

static stilt_status scale(void *env, stilt_caller *caller, double value, int64_t factor, double *scaled) {
  (void)env;
  (void)caller;
  *scaled = value * (double)factor;
  return STILT_OK;
}

static stilt_status print(void *env, stilt_caller *caller, int32_t at, int32_t length) {
  world *self = (world *)env;
  stilt_memory memory;
  IS(stilt_caller_memory(caller, &memory), STILT_OK);
  if ((size_t)length >= sizeof self->said) return (stilt_status)(STILT_USER + 1);
  self->said[length] = 0;
  return stilt_memory_read(stilt_caller_store(caller), &memory, (uint32_t)at, self->said, (uintptr_t)length);
}

/* ---- A module with all that is around it ---- */

typedef struct scene {
  void *engine_storage, *module_storage, *store_storage;
  stilt_engine *engine;
  stilt_module *module;
  stilt_store *store;
  stilt_instance instance;
  world it;
  sensor_host host;
} scene;

static const file *image; /* or NULL for the linked one */

static stilt_status load(stilt_engine *engine, void *place, uintptr_t size, stilt_module **module, stilt_error *error) {
  if (image) return stilt_module_load(engine, image->bytes, image->length, place, size, module, error);
  return stilt_module_link(engine, &sensor, place, size, module, error);
}

static stilt_engine_config configuration(void) {
  stilt_engine_config config;
  memset(&config, 0, sizeof config);
  config.function_types = TYPES;
  config.backtrace_frames = FRAMES;
  config.stack_size = STACK;
  return config;
}

static uintptr_t store_size(void) {
  /* As for bytecode, whatever it is. */
  return STILT_STORE_SIZE(FRAMES) + STILT_INSTANCE_BASE + SENSOR_STORAGE_SIZE + 3 * STILT_IMPORT_SIZE +
         STILT_INTERPRETER_SIZE + STACK;
}

static void open_with(scene *self, const stilt_store_config *config, uintptr_t size) {
  stilt_engine_config options = configuration();
  stilt_error error;
  memset(self, 0, sizeof *self);
  self->engine_storage = storage(STILT_ENGINE_SIZE(TYPES));
  self->module_storage = storage(STILT_MODULE_SIZE(SENSOR_TYPES));
  self->store_storage = storage(size);
  IS(stilt_engine_new(self->engine_storage, STILT_ENGINE_SIZE(TYPES), &options, &self->engine, &error), STILT_OK);
  IS(load(self->engine, self->module_storage, STILT_MODULE_SIZE(SENSOR_TYPES), &self->module, &error), STILT_OK);
  IS(stilt_module_verify(self->module), STILT_OK);
  IS(stilt_store_new(self->engine, self->store_storage, size, config, &self->store, &error), STILT_OK);
  self->it.samples[0] = 10;
  self->it.samples[1] = 20;
  self->it.samples[2] = 30;
  self->it.samples[3] = 60;
  self->it.store = self->store;
  self->it.instance = &self->instance;
  self->host.env = &self->it;
  self->host.board_sample = sample;
  self->host.board_scale = scale;
  self->host.board_log = print;
}

static void open_scene(scene *self) {
  stilt_error error;
  open_with(self, 0, store_size());
  memset(&error, 0, sizeof error);
  if (sensor_instantiate(self->store, self->module, &self->host, &self->instance, &error) != STILT_OK) {
    fprintf(stderr, "%s: %s, %lu\n", what, error.message, (unsigned long)error.needed_size);
    exit(1);
  }
}

static void close_with(scene *self, stilt_module *other) {
  IS(stilt_store_drop(self->store), STILT_OK);
  if (other) {
    IS(stilt_module_drop(other), STILT_OK);
  }
  IS(stilt_module_drop(self->module), STILT_OK);
  IS(stilt_engine_drop(self->engine), STILT_OK);
  /* Each object knows that it is over. */
  IS(stilt_store_drop(self->store), STILT_NOT_ALIVE);
  IS(stilt_module_drop(self->module), STILT_NOT_ALIVE);
  IS(stilt_engine_drop(self->engine), STILT_NOT_ALIVE);
  free(self->store_storage);
  free(self->module_storage);
  free(self->engine_storage);
}

static void close_scene(scene *self) { close_with(self, 0); }

/* ---- What is tested ---- */

static void typed_calls(void) {
  scene self;
  stilt_error error;
  sensor_func_mean mean;
  sensor_func_greet greet;
  sensor_func_scaled scaled;
  sensor_func_spread spread;
  sensor_func_tag tag;
  int32_t number = 0, first = 0;
  int64_t second = 0;
  float third = 0;
  double fourth = 0, product = 0;
  stilt_v128 given, fifth;
  stilt_externref reference = 0;
  open_scene(&self);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  IS(sensor_call_mean(self.store, &mean, 4, &number, &error), STILT_OK);
  CHECK(number == 30);
  IS(sensor_call_mean(self.store, &mean, 4, 0, 0), STILT_OK);
  IS(sensor_find_greet(self.store, &self.instance, &greet), STILT_OK);
  IS(sensor_call_greet(self.store, &greet, &error), STILT_OK);
  CHECK(strcmp(self.it.said, "sensor ready") == 0);
  IS(sensor_find_scaled(self.store, &self.instance, &scaled), STILT_OK);
  IS(sensor_call_scaled(self.store, &scaled, 1.5, -4, &product, &error), STILT_OK);
  CHECK(product == -6.0);
  memset(&given, 7, sizeof given);
  given.bytes[15] = 200;
  IS(sensor_find_spread(self.store, &self.instance, &spread), STILT_OK);
  IS(sensor_call_spread(self.store, &spread, -1, INT64_MIN, 0.5f, -2.25, given, 43, &first, &second, &third, &fourth, &fifth,
                        &error),
     STILT_OK);
  CHECK(first == 42 && second == INT64_MIN && third == 0.5f && fourth == -2.25);
  CHECK(memcmp(&fifth, &given, sizeof given) == 0);
  IS(sensor_find_tag(self.store, &self.instance, &tag), STILT_OK);
  IS(sensor_call_tag(self.store, &tag, 0xfffffff0u, &reference, &error), STILT_OK);
  CHECK(reference == 0xfffffff0u);
  close_scene(&self);
}

static void generic_calls(void) {
  scene self;
  stilt_error error;
  stilt_func func;
  stilt_value arguments[6], results[5];
  uintptr_t params = 0, returned = 0, slots = 0;
  stilt_funcref reference = 0;
  uint64_t few[3];
  static const uint8_t i32[1] = {STILT_I32};
  static const uint8_t i64[1] = {STILT_I64};
  open_scene(&self);
  IS(stilt_instance_func(self.store, &self.instance, "spread", 6, &func), STILT_OK);
  IS(stilt_func_shape(self.store, &func, &params, &returned, &slots), STILT_OK);
  CHECK(params == 6 && returned == 5 && slots == 7);
  memset(arguments, 0, sizeof arguments);
  arguments[0].type = STILT_I32;
  arguments[0].of.i32 = 40;
  arguments[1].type = STILT_I64;
  arguments[1].of.i64 = -5;
  arguments[2].type = STILT_F32;
  arguments[2].of.f32 = 1.25f;
  arguments[3].type = STILT_F64;
  arguments[3].of.f64 = -1e300;
  arguments[4].type = STILT_V128;
  memset(arguments[4].of.v128.bytes, 0xc3, 16);
  arguments[5].type = STILT_I32;
  arguments[5].of.i32 = 2;
  IS(stilt_call(self.store, &func, arguments, 6, results, 5, &error), STILT_OK);
  CHECK(results[0].type == STILT_I32 && results[0].of.i32 == 42);
  CHECK(results[1].type == STILT_I64 && results[1].of.i64 == -5);
  CHECK(results[2].type == STILT_F32 && results[2].of.f32 == 1.25f);
  CHECK(results[3].type == STILT_F64 && results[3].of.f64 == -1e300);
  CHECK(results[4].type == STILT_V128 && results[4].of.v128.bytes[9] == 0xc3);
  /* Numbers and types are compared. */
  IS(stilt_call(self.store, &func, arguments, 5, results, 5, &error), STILT_TYPE);
  IS(stilt_call(self.store, &func, arguments, 6, results, 4, &error), STILT_TYPE);
  arguments[5].type = STILT_F32;
  IS(stilt_call(self.store, &func, arguments, 6, results, 5, &error), STILT_TYPE);
  IS(stilt_call(self.store, &func, 0, 6, results, 5, &error), STILT_INVALID);
  IS(stilt_call(self.store, &func, arguments, 6, 0, 5, &error), STILT_INVALID);
  /* In one place. */
  arguments[5].type = STILT_I32;
  IS(stilt_call(self.store, &func, arguments, 6, arguments, 5, &error), STILT_OK);
  CHECK(arguments[0].of.i32 == 42 && arguments[4].of.v128.bytes[0] == 0xc3);
  /* Functions as values. */
  IS(stilt_instance_func(self.store, &self.instance, "pick", 4, &func), STILT_OK);
  arguments[0].type = STILT_I32;
  arguments[0].of.i32 = 1;
  IS(stilt_call(self.store, &func, arguments, 1, results, 1, &error), STILT_OK);
  CHECK(results[0].type == STILT_FUNCREF && results[0].of.funcref != 0);
  IS(stilt_reference_func(self.store, results[0].of.funcref, &func), STILT_OK);
  IS(stilt_func_check(self.store, &func, i32, 1, i32, 1), STILT_OK);
  IS(stilt_func_check(self.store, &func, i32, 1, i64, 1), STILT_TYPE);
  IS(stilt_func_check(self.store, &func, i32, 1, 0, 0), STILT_TYPE);
  arguments[0].of.i32 = 17;
  IS(stilt_call(self.store, &func, arguments, 1, results + 1, 1, &error), STILT_OK);
  CHECK(results[1].of.i32 == -17);
  IS(stilt_func_reference(self.store, &func, &reference), STILT_OK);
  CHECK(reference == results[0].of.funcref);
  IS(stilt_reference_func(self.store, 0, &func), STILT_NO_EXPORT);
  /* Too few slots. */
  IS(stilt_call_slots(self.store, &func, few, 3, &error), STILT_TYPE);
  close_scene(&self);
}

static void memories(void) {
  scene self;
  stilt_memory memory;
  sensor_func_peek peek;
  sensor_func_grow grow;
  stilt_error error;
  uintptr_t bytes = 0;
  uint64_t pages = 0, old = 0;
  int32_t value = 0;
  uint8_t *place = 0;
  char text[16];
  open_scene(&self);
  IS(stilt_instance_memory(self.store, &self.instance, "memory", 6, &memory), STILT_OK);
  IS(stilt_memory_size(self.store, &memory, &bytes, &pages), STILT_OK);
  CHECK(bytes == 65536 && pages == 1);
  memset(text, 0, sizeof text);
  IS(stilt_memory_read(self.store, &memory, 64, text, 12), STILT_OK);
  CHECK(strcmp(text, "sensor ready") == 0);
  value = 0x01020304;
  IS(stilt_memory_write(self.store, &memory, 65532, &value, 4), STILT_OK);
  IS(sensor_find_peek(self.store, &self.instance, &peek), STILT_OK);
  IS(sensor_call_peek(self.store, &peek, 65532, &value, &error), STILT_OK);
  CHECK(value == 0x01020304);
  /* Ends and beyond. */
  IS(stilt_memory_write(self.store, &memory, 65533, &value, 4), STILT_BOUNDS);
  IS(stilt_memory_read(self.store, &memory, 65533, text, 4), STILT_BOUNDS);
  IS(stilt_memory_read(self.store, &memory, UINT64_MAX, text, 2), STILT_BOUNDS);
  IS(stilt_memory_read(self.store, &memory, 65536, text, 0), STILT_OK);
  IS(stilt_memory_read(self.store, &memory, 65537, text, 0), STILT_BOUNDS);
  IS(stilt_memory_read(self.store, &memory, 0, 0, 4), STILT_INVALID);
  IS(stilt_memory_range(self.store, &memory, 65520, 16, &place), STILT_OK);
  CHECK(place[12] == (uint8_t)value || place[15] == (uint8_t)value);
  /* A memory's own bytes, to another place that overlaps. */
  IS(stilt_memory_write(self.store, &memory, 65518, place, 16), STILT_OK);
  CHECK(place[10] == (uint8_t)value || place[13] == (uint8_t)value);
  IS(stilt_memory_range(self.store, &memory, 65520, 17, &place), STILT_BOUNDS);
  IS(stilt_memory_range(self.store, &memory, 1, UINTPTR_MAX, &place), STILT_BOUNDS);
  /* There is no room behind it: its table is there. */
  IS(stilt_memory_grow(self.store, &memory, 1, &old), STILT_LIMIT);
  IS(sensor_find_grow(self.store, &self.instance, &grow), STILT_OK);
  IS(sensor_call_grow(self.store, &grow, 1, &value, &error), STILT_OK);
  CHECK(value == -1);
  close_scene(&self);
}

static void growth(void) {
  scene self;
  stilt_store_config config;
  stilt_memory memory;
  sensor_func_grow grow;
  sensor_func_peek peek;
  stilt_error error;
  int32_t value = 0;
  uint64_t old = 0;
  uintptr_t left = 0, memory_left = 0, room = 2 * 65536 + 16 + 100;
  void *place = storage(room);
  memset(&config, 0, sizeof config);
  config.memory_storage = place;
  config.memory_storage_size = room;
  config.user = &self;
  open_with(&self, &config, store_size() - 65536);
  CHECK(stilt_store_user(self.store) == &self);
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(stilt_store_left(self.store, &left, &memory_left), STILT_OK);
  CHECK(memory_left == 65536 + 100);
  IS(sensor_find_grow(self.store, &self.instance, &grow), STILT_OK);
  IS(sensor_find_peek(self.store, &self.instance, &peek), STILT_OK);
  IS(sensor_call_peek(self.store, &peek, 65536, &value, &error), STILT_TRAP);
  IS(sensor_call_grow(self.store, &grow, 1, &value, &error), STILT_OK);
  CHECK(value == 1);
  IS(sensor_call_peek(self.store, &peek, 2 * 65536 - 4, &value, &error), STILT_OK);
  CHECK(value == 0);
  IS(sensor_call_grow(self.store, &grow, 1, &value, &error), STILT_OK);
  CHECK(value == -1);
  IS(stilt_instance_memory(self.store, &self.instance, "memory", 6, &memory), STILT_OK);
  IS(stilt_memory_grow(self.store, &memory, 0, &old), STILT_OK);
  CHECK(old == 2);
  close_scene(&self);
  free(place);
}

static void traps(void) {
  scene self;
  stilt_error error;
  sensor_func_mean mean;
  sensor_func_apply apply;
  sensor_func_peek peek;
  stilt_frame frames[FRAMES];
  uintptr_t count = 0;
  int32_t number = 5;
  open_scene(&self);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  memset(&error, 0, sizeof error);
  IS(sensor_call_mean(self.store, &mean, 0, &number, &error), STILT_TRAP);
  CHECK(number == 5);
  CHECK(error.status == STILT_TRAP && error.trap == STILT_TRAP_INTEGER_DIVISION_BY_ZERO);
  CHECK(error.function == 6 && error.offset > 100 && error.offset < 1000);
  CHECK(strcmp(stilt_trap_text(error.trap), "integer divide by zero") == 0);
  CHECK(strstr(error.message, "integer divide by zero") != 0);
  IS(stilt_store_backtrace(self.store, frames, FRAMES, &count), STILT_OK);
  CHECK(count == 1 && frames[0].function == 6 && frames[0].offset == error.offset);
  CHECK(frames[0].module_name.length == 6 && memcmp(frames[0].module_name.bytes, "sensor", 6) == 0);
  IS(sensor_find_apply(self.store, &self.instance, &apply), STILT_OK);
  IS(sensor_call_apply(self.store, &apply, 2, 1, &number, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_UNINITIALIZED_ELEMENT);
  IS(sensor_call_apply(self.store, &apply, 4, 1, &number, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_UNDEFINED_ELEMENT);
  IS(sensor_find_peek(self.store, &self.instance, &peek), STILT_OK);
  IS(sensor_call_peek(self.store, &peek, 65533, &number, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_MEMORY_OUT_OF_BOUNDS);
  /* Without a place for it. */
  IS(sensor_call_peek(self.store, &peek, -4, &number, 0), STILT_TRAP);
  /* And it goes on. */
  IS(sensor_call_mean(self.store, &mean, 1, &number, &error), STILT_OK);
  CHECK(number == 10);
  close_scene(&self);
}

static void host_failures(void) {
  scene self;
  stilt_error error;
  sensor_func_mean mean;
  stilt_instance instance;
  int32_t number = 0;
  open_scene(&self);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  self.it.answer = (stilt_status)(STILT_USER + 41);
  IS(sensor_call_mean(self.store, &mean, 3, &number, &error), (stilt_status)(STILT_USER + 41));
  CHECK(error.status == (stilt_status)(STILT_USER + 41) && error.trap == STILT_TRAP_NONE);
  self.it.answer = STILT_OK;
  IS(sensor_call_mean(self.store, &mean, 4, &number, &error), STILT_OK);
  CHECK(number == 30);
  /* A caller that is over. */
  IS(stilt_caller_instance(self.it.kept, &instance), STILT_NOT_ALIVE);
  close_scene(&self);
}

static void reentrancy(void) {
  scene self;
  stilt_error error;
  sensor_func_mean mean;
  int32_t number = 0;
  open_scene(&self);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  self.it.reenter = 3;
  IS(sensor_call_mean(self.store, &mean, 4, &number, &error), STILT_OK);
  CHECK(number == 30 && self.it.reenter == 0);
  /* Handed on, with what it was and where. */
  self.it.reenter = self.it.hand_on = 1;
  IS(sensor_call_mean(self.store, &mean, 4, &number, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_MEMORY_OUT_OF_BOUNDS && error.function == 12 && error.offset != STILT_UNKNOWN);
  CHECK(strstr(error.message, stilt_trap_text(error.trap)) != 0);
  /* Nothing of it is left for a status that stands for no call. */
  self.it.answer = STILT_TRAP;
  IS(sensor_call_mean(self.store, &mean, 4, &number, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_NONE && error.function == STILT_UNKNOWN);
  close_scene(&self);
}

#include <pthread.h>
#include <unistd.h>

static void *interrupt_soon(void *interrupter) {
  usleep(20000);
  stilt_interrupt((stilt_interrupter *)interrupter);
  return 0;
}

static void interrupts(void) {
  scene self;
  stilt_error error;
  sensor_func_spin spin;
  sensor_func_mean mean;
  stilt_interrupter *interrupter = 0;
  pthread_t thread;
  int32_t number = 0;
  open_scene(&self);
  IS(stilt_store_interrupter(self.store, &interrupter), STILT_OK);
  IS(sensor_find_spin(self.store, &self.instance, &spin), STILT_OK);
  CHECK(pthread_create(&thread, 0, interrupt_soon, interrupter) == 0);
  IS(sensor_call_spin(self.store, &spin, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_INTERRUPT);
  pthread_join(thread, 0);
  /* None runs: the next one is stopped. */
  stilt_interrupt(interrupter);
  IS(sensor_call_spin(self.store, &spin, &error), STILT_TRAP);
  stilt_interrupt(0);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  IS(sensor_call_mean(self.store, &mean, 4, &number, &error), STILT_OK);
  close_scene(&self);
}

static void stacks(int interpreted) {
  scene self;
  stilt_error error;
  sensor_func_down down;
  int32_t number = 0;
  open_scene(&self);
  IS(sensor_find_down(self.store, &self.instance, &down), STILT_OK);
  IS(sensor_call_down(self.store, &down, 100, &number, &error), STILT_OK);
  CHECK(number == 100);
  IS(sensor_call_down(self.store, &down, 1000000, &number, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_STACK_OVERFLOW);
  IS(sensor_call_down(self.store, &down, 200, &number, &error), STILT_OK);
  if (!interpreted) {
    /* Another bound for the next call, and the old one again. */
    IS(stilt_store_set_stack(self.store, 4096, 0), STILT_OK);
    IS(sensor_call_down(self.store, &down, 1000, &number, &error), STILT_TRAP);
    CHECK(error.trap == STILT_TRAP_STACK_OVERFLOW);
    IS(stilt_store_set_stack(self.store, 1 << 20, 0), STILT_OK);
    IS(sensor_call_down(self.store, &down, 5000, &number, &error), STILT_OK);
    CHECK(number == 5000);
    /* The lowest address of the stack: here there is nothing left. */
    IS(stilt_store_set_stack(self.store, 0, (uintptr_t)&error), STILT_OK);
    IS(sensor_call_down(self.store, &down, 1, &number, &error), STILT_TRAP);
    CHECK(error.trap == STILT_TRAP_STACK_OVERFLOW);
  }
  close_scene(&self);
}

static void limits(void) {
  scene self;
  stilt_store_config config;
  stilt_error error;
  stilt_instance second;
  sensor_func_grow grow;
  int32_t value = 0;
  uintptr_t room = 3 * 65536 + 16;
  void *place = storage(room);
  memset(&config, 0, sizeof config);
  config.most_memory_size = 65535;
  open_with(&self, &config, store_size());
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_LIMIT);
  close_scene(&self);
  config.most_memory_size = 2 * 65536;
  config.most_instances = 1;
  config.memory_storage = place;
  config.memory_storage_size = room;
  open_with(&self, &config, 2 * store_size());
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(sensor_find_grow(self.store, &self.instance, &grow), STILT_OK);
  IS(sensor_call_grow(self.store, &grow, 1, &value, &error), STILT_OK);
  CHECK(value == 1);
  /* There is room for the third page, but it may not. */
  IS(sensor_call_grow(self.store, &grow, 1, &value, &error), STILT_OK);
  CHECK(value == -1);
  config.memory_storage = 0;
  close_scene(&self);
  open_with(&self, &config, 2 * store_size());
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(sensor_instantiate(self.store, self.module, &self.host, &second, &error), STILT_LIMIT);
  close_scene(&self);
  free(place);
}

static void little_storage(void) {
  scene self;
  stilt_engine_config options = configuration();
  stilt_error error;
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  stilt_store *store = 0;
  stilt_instance instance;
  stilt_needs needs;
  uintptr_t needed, size, left = 0;
  uint8_t *place = (uint8_t *)storage(store_size() + 1000);
  /* Nothing was done to what is named in outputs; and what is said to be needed is enough, and no more than the header says. */
  IS(stilt_engine_new(place, 0, &options, &engine, &error), STILT_STORAGE_SIZE);
  CHECK(engine == 0 && error.needed_size <= STILT_ENGINE_SIZE(TYPES) && error.needed_align == STILT_ALIGN);
  needed = error.needed_size;
  IS(stilt_engine_new(place, needed - 1, &options, &engine, &error), STILT_STORAGE_SIZE);
  IS(stilt_engine_new(place + 8, needed + 8, &options, &engine, &error), STILT_STORAGE_ALIGN);
  CHECK(engine == 0 && error.needed_align == STILT_ALIGN);
  IS(stilt_engine_new(0, needed, &options, &engine, &error), STILT_INVALID);
  IS(stilt_engine_new(place, needed, &options, &engine, &error), STILT_OK);
  IS(stilt_engine_drop(engine), STILT_OK);

  open_with(&self, 0, store_size());
  IS(stilt_module_needs(self.module, &needs), STILT_OK);
  CHECK(needs.imports == 3 && needs.exports == 16 && needs.types <= SENSOR_TYPES);
  CHECK(needs.instance_size + needs.memories_size <= SENSOR_STORAGE_SIZE + STILT_INSTANCE_BASE);
  IS(load(self.engine, place, 0, &module, &error), STILT_STORAGE_SIZE);
  IS(load(self.engine, place, error.needed_size, &module, &error), STILT_STORAGE_SIZE);
  needed = error.needed_size;
  CHECK(needed <= STILT_MODULE_SIZE(SENSOR_TYPES));
  IS(load(self.engine, place, needed - 1, &module, &error), STILT_STORAGE_SIZE);
  IS(load(self.engine, place + 4, needed, &module, &error), STILT_STORAGE_ALIGN);
  CHECK(module == 0);
  IS(load(self.engine, place, needed, &module, &error), STILT_OK);
  IS(stilt_module_drop(module), STILT_OK);

  IS(stilt_store_new(self.engine, place, 16, 0, &store, &error), STILT_STORAGE_SIZE);
  needed = error.needed_size;
  CHECK(needed <= STILT_STORE_SIZE(FRAMES));
  IS(stilt_store_new(self.engine, place, needed - 1, 0, &store, &error), STILT_STORAGE_SIZE);
  IS(stilt_store_new(self.engine, place + 2, needed, 0, &store, &error), STILT_STORAGE_ALIGN);
  CHECK(store == 0);
  IS(stilt_store_new(self.engine, place, needed, 0, &store, &error), STILT_OK);
  IS(stilt_store_left(store, &left, 0), STILT_OK);
  /* An instance does not fit, and nothing of it stays. */
  IS(sensor_instantiate(store, self.module, &self.host, &instance, &error), STILT_STORAGE_SIZE);
  CHECK(error.needed_size > 65536 && left < 64);
  size = needed + error.needed_size;
  IS(stilt_store_drop(store), STILT_OK);
  IS(stilt_store_new(self.engine, place, size - 16, 0, &store, &error), STILT_OK);
  IS(stilt_store_left(store, &left, 0), STILT_OK);
  IS(sensor_instantiate(store, self.module, &self.host, &instance, &error), STILT_STORAGE_SIZE);
  needed = left;
  IS(stilt_store_left(store, &left, 0), STILT_OK);
  CHECK(left == needed);
  IS(stilt_store_drop(store), STILT_OK);
  IS(stilt_store_new(self.engine, place, size, 0, &store, &error), STILT_OK);
  IS(sensor_instantiate(store, self.module, &self.host, &instance, &error), STILT_OK);
  IS(stilt_store_drop(store), STILT_OK);
  close_scene(&self);
  free(place);
  /* Room for a type too few. */
  place = (uint8_t *)storage(STILT_ENGINE_SIZE(2) + STILT_MODULE_SIZE(SENSOR_TYPES));
  options.function_types = 2;
  IS(stilt_engine_new(place, STILT_ENGINE_SIZE(2), &options, &engine, &error), STILT_OK);
  IS(load(engine, place + (STILT_ENGINE_SIZE(2) + 15) / 16 * 16, STILT_MODULE_SIZE(SENSOR_TYPES) - 16, &module, &error), STILT_TYPES);
  IS(stilt_engine_drop(engine), STILT_OK);
  free(place);
}

static void imports(void) {
  scene self;
  stilt_error error;
  stilt_instance instance;
  stilt_import given[3];
  stilt_host hosts[3];
  stilt_item item;
  static const uint8_t i32[2] = {STILT_I32, STILT_I32};
  open_with(&self, 0, store_size());
  self.host.board_scale = 0;
  IS(sensor_instantiate(self.store, self.module, &self.host, &instance, &error), STILT_IMPORT_MISSING);
  CHECK(error.import_index == 1);
  CHECK(error.import_module.length == 5 && memcmp(error.import_module.bytes, "board", 5) == 0);
  CHECK(error.import_name.length == 5 && memcmp(error.import_name.bytes, "scale", 5) == 0);
  IS(stilt_instantiate(self.store, self.module, 0, 0, &instance, &error), STILT_IMPORT_MISSING);
  CHECK(error.import_index == 0);
  /* By hand: another type. */
  stilt_host_init(&hosts[0], sensor_code_board_sample, &self.host, i32, 1, i32, 1);
  stilt_host_init(&hosts[1], sensor_code_board_scale, &self.host, i32, 2, 0, 0);
  stilt_host_init(&hosts[2], sensor_code_board_log, &self.host, i32, 2, 0, 0);
  stilt_import_init(&given[2], "board", 5, "sample", 6);
  stilt_import_init(&given[1], "board", 5, "scale", 5);
  stilt_import_init(&given[0], "board", 5, "log", 3);
  given[2].host = &hosts[0];
  given[1].host = &hosts[1];
  given[0].host = &hosts[2];
  IS(stilt_instantiate(self.store, self.module, given, 3, &instance, &error), STILT_IMPORT_TYPE);
  CHECK(error.import_index == 1 && memcmp(error.import_name.bytes, "scale", 5) == 0);
  IS(stilt_module_import(self.module, 1, &item), STILT_OK);
  CHECK(item.kind == STILT_FUNC && item.params_length == 2 && item.params[0] == STILT_F64 && item.params[1] == STILT_I64);
  CHECK(item.results_length == 1 && item.results[0] == STILT_F64);
  stilt_host_init(&hosts[1], sensor_code_board_scale, &self.host, item.params, 2, item.results, 1);
  self.host.board_scale = scale;
  hosts[1].code = 0;
  IS(stilt_instantiate(self.store, self.module, given, 3, &instance, &error), STILT_INVALID);
  hosts[1].code = sensor_code_board_scale;
  IS(stilt_instantiate(self.store, self.module, given, 3, &instance, &error), STILT_OK);
  IS(stilt_module_import(self.module, 3, &item), STILT_BOUNDS);
  IS(stilt_module_export(self.module, 16, &item), STILT_BOUNDS);
  close_scene(&self);
}

static void two_instances(void) {
  scene self;
  stilt_error error;
  stilt_module *module = 0;
  stilt_instance instance;
  stilt_func mean;
  stilt_memory memory;
  stilt_global count, version;
  stilt_table table;
  stilt_value value;
  stilt_funcref first = 0, second = 0;
  relay_host host;
  relay_func_relay run;
  int32_t number = 0;
  uint64_t elements = 0;
  void *place;
  if (image) return; /* The other one is linked, for the machine itself. */
  open_with(&self, 0, 2 * store_size());
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  place = storage(STILT_MODULE_SIZE(RELAY_TYPES));
  IS(stilt_module_link(self.engine, &relay, place, STILT_MODULE_SIZE(RELAY_TYPES), &module, &error), STILT_OK);
  IS(stilt_instance_memory(self.store, &self.instance, "memory", 6, &memory), STILT_OK);
  IS(stilt_instance_global(self.store, &self.instance, "count", 5, &count), STILT_OK);
  IS(stilt_instance_func(self.store, &self.instance, "mean", 4, &mean), STILT_OK);
  stilt_import given[3];
  (void)host;
  stilt_import_init(&given[0], "sensor", 6, "mean", 4);
  stilt_import_init(&given[1], "sensor", 6, "memory", 6);
  stilt_import_init(&given[2], "sensor", 6, "count", 5);
  given[0].func = &mean;
  given[1].memory = &memory;
  IS(stilt_instantiate(self.store, module, given, 3, &instance, &error), STILT_IMPORT_MISSING);
  CHECK(error.import_index == 2);
  IS(stilt_instance_global(self.store, &self.instance, "version", 7, &version), STILT_OK);
  given[2].global = &version;
  IS(stilt_instantiate(self.store, module, given, 3, &instance, &error), STILT_IMPORT_TYPE);
  given[2].global = &count;
  IS(stilt_instantiate(self.store, module, given, 3, &instance, &error), STILT_OK);
  IS(relay_find_relay(self.store, &instance, &run), STILT_OK);
  IS(relay_call_relay(self.store, &run, 4, &number, &error), STILT_OK);
  CHECK(number == 34);
  IS(stilt_module_drop(module), STILT_IN_USE);
  /* Globals. */
  IS(stilt_global_get(self.store, &count, &value), STILT_OK);
  CHECK(value.type == STILT_I32 && value.of.i32 == 4);
  value.of.i32 = 100;
  IS(stilt_global_set(self.store, &count, &value), STILT_OK);
  IS(relay_call_relay(self.store, &run, 1, &number, &error), STILT_OK);
  CHECK(number == 111);
  value.type = STILT_I64;
  IS(stilt_global_set(self.store, &count, &value), STILT_TYPE);
  IS(stilt_global_set(self.store, &version, &value), STILT_IMMUTABLE);
  IS(stilt_global_get(self.store, &version, &value), STILT_OK);
  CHECK(value.of.i64 == 7);
  /* Tables. */
  IS(stilt_instance_table(self.store, &self.instance, "table", 5, &table), STILT_OK);
  IS(stilt_table_size(self.store, &table, &elements), STILT_OK);
  CHECK(elements == 4);
  IS(stilt_table_get(self.store, &table, 0, &first), STILT_OK);
  IS(stilt_table_get(self.store, &table, 3, &second), STILT_OK);
  CHECK(first != 0 && second == 0);
  IS(stilt_table_set(self.store, &table, 3, first), STILT_OK);
  IS(stilt_table_get(self.store, &table, 3, &second), STILT_OK);
  CHECK(first == second);
  IS(stilt_table_set(self.store, &table, 3, 0), STILT_OK);
  IS(stilt_table_set(self.store, &table, 4, 0), STILT_BOUNDS);
  IS(stilt_table_get(self.store, &table, 4, &first), STILT_BOUNDS);
  close_with(&self, module);
  free(place);
}

static stilt_status line(void *env, stilt_caller *caller, int32_t byte, stilt_v128 *all) {
  (void)env;
  (void)caller;
  if (byte != 0) memset(all, byte, sizeof *all);
  return STILT_OK;
}

static stilt_status begin(void *env, stilt_caller *caller) {
  (void)caller;
  return *(stilt_status *)env;
}

/* Other modules than the sensor's, which are linked. */
static void others(void) {
  scene self;
  stilt_engine_config options = configuration();
  stilt_error error;
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  stilt_store *store = 0;
  stilt_instance instance;
  sensor_func_mean mean;
  odd_host host;
  odd_func___end call;
  stilt_v128 all;
  stilt_status answer = STILT_FAILED;
  int32_t number = 0;
  uintptr_t size = STILT_ENGINE_SIZE(ODD_TYPES), room = STILT_STORE_SIZE(FRAMES) + 2 * ODD_STORE_SIZE(FRAMES, 0);
  uint8_t *engine_place = (uint8_t *)storage(size + 2 * 24 + STILT_ENGINE_TYPE);
  void *module_place = storage(STILT_MODULE_SIZE(ODD_TYPES)), *store_place = storage(room);
  options.function_types = ODD_TYPES;
  /* Storage of the engine that has no room for its long type: not the module's, which is said to be enough. */
  IS(stilt_engine_new(engine_place, 0, &options, &engine, &error), STILT_STORAGE_SIZE);
  IS(stilt_engine_new(engine_place, error.needed_size, &options, &engine, &error), STILT_OK);
  IS(stilt_module_link(engine, &odd, module_place, STILT_MODULE_SIZE(ODD_TYPES), &module, &error), STILT_TYPES);
  IS(stilt_engine_drop(engine), STILT_OK);
  IS(stilt_engine_new(engine_place, size + 2 * 24 + STILT_ENGINE_TYPE, &options, &engine, &error), STILT_OK);
  IS(stilt_module_link(engine, &odd, module_place, STILT_MODULE_SIZE(ODD_TYPES), &module, &error), STILT_OK);
  IS(stilt_store_new(engine, store_place, room, 0, &store, &error), STILT_OK);
  host.env = &answer;
  host.import_3d_line = line;
  host.import_static_assert = begin;
  error.status = STILT_OK;
  IS(odd_instantiate(store, module, 0, &instance, &error), STILT_INVALID);
  CHECK(error.status == STILT_INVALID);
  /* What a host function answers is no limit. */
  IS(odd_instantiate(store, module, &host, &instance, &error), STILT_FAILED);
  answer = STILT_OK;
  IS(odd_instantiate(store, module, &host, &instance, &error), STILT_OK);
  IS(odd_find___end(store, &instance, &call), STILT_OK);
  IS(odd_call___end(store, &call, 0x5a, &all, &error), STILT_OK);
  CHECK(all.bytes[0] == 0x5a && all.bytes[15] == 0x5a);
  /* A result that the host function leaves out is zero, not what lay on the stack. */
  IS(odd_call___end(store, &call, 0, &all, &error), STILT_OK);
  CHECK(all.bytes[0] == 0 && all.bytes[15] == 0);
  IS(stilt_store_drop(store), STILT_OK);
  IS(stilt_module_drop(module), STILT_OK);
  IS(stilt_engine_drop(engine), STILT_OK);
  free(store_place);
  free(module_place);
  free(engine_place);
  /* A trap without a guest has no place, whatever was before. */
  open_with(&self, 0, 2 * store_size());
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  IS(sensor_call_mean(self.store, &mean, 0, &number, &error), STILT_TRAP);
  CHECK(error.function != STILT_UNKNOWN);
  module_place = storage(STILT_MODULE_SIZE(BEYOND_TYPES));
  IS(stilt_module_link(self.engine, &beyond, module_place, STILT_MODULE_SIZE(BEYOND_TYPES), &module, &error), STILT_OK);
  IS(beyond_instantiate(self.store, module, &instance, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_MEMORY_OUT_OF_BOUNDS && error.function == STILT_UNKNOWN && error.offset == STILT_UNKNOWN);
  close_with(&self, module);
  free(module_place);
}

static void misuse(void) {
  scene self, other;
  stilt_error error;
  stilt_engine_config options = configuration();
  stilt_instance instance;
  stilt_func func;
  stilt_memory memory;
  stilt_item item;
  sensor_func_mean mean;
  stilt_engine *engine = 0;
  int32_t number = 0;
  uint64_t zeroes[64];
  void *place;
  open_scene(&self);
  open_scene(&other);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  /* In the wrong order. */
  IS(stilt_module_drop(self.module), STILT_IN_USE);
  IS(stilt_engine_drop(self.engine), STILT_IN_USE);
  /* Null. */
  IS(stilt_engine_new(self.engine_storage, 1000, 0, &engine, 0), STILT_INVALID);
  IS(stilt_engine_drop(0), STILT_INVALID);
  IS(stilt_module_drop(0), STILT_INVALID);
  IS(stilt_store_drop(0), STILT_INVALID);
  CHECK(stilt_store_user(0) == 0);
  IS(stilt_store_new(0, self.store_storage, 100000, 0, &self.store, &error), STILT_INVALID);
  IS(stilt_module_load(self.engine, 0, 100, other.module_storage, 400, &self.module, &error), STILT_INVALID);
  IS(stilt_instantiate(0, self.module, 0, 0, &instance, &error), STILT_INVALID);
  IS(stilt_instantiate(self.store, 0, 0, 0, &instance, &error), STILT_INVALID);
  IS(stilt_instantiate(self.store, self.module, 0, 0, 0, &error), STILT_INVALID);
  IS(stilt_instance_func(self.store, &self.instance, 0, 4, &func), STILT_INVALID);
  IS(stilt_instance_func(self.store, &self.instance, "mean", 4, 0), STILT_INVALID);
  IS(stilt_call(self.store, 0, 0, 0, 0, 0, 0), STILT_INVALID);
  IS(stilt_memory_size(self.store, 0, 0, 0), STILT_INVALID);
  IS(stilt_store_interrupter(self.store, 0), STILT_INVALID);
  IS(stilt_module_needs(self.module, 0), STILT_INVALID);
  IS(stilt_module_export(self.module, 0, 0), STILT_INVALID);
  /* What was never made. */
  memset(zeroes, 0, sizeof zeroes);
  IS(stilt_engine_drop((stilt_engine *)zeroes), STILT_NOT_ALIVE);
  IS(stilt_store_drop((stilt_store *)self.engine), STILT_NOT_ALIVE);
  IS(stilt_module_drop((stilt_module *)self.store), STILT_NOT_ALIVE);
  memset(&func, 0, sizeof func);
  IS(stilt_call(self.store, &func, 0, 0, 0, 0, &error), STILT_NOT_ALIVE);
  memset(&memory, 0, sizeof memory);
  IS(stilt_memory_size(self.store, &memory, 0, 0), STILT_NOT_ALIVE);
  memset(&instance, 0, sizeof instance);
  IS(stilt_instance_func(self.store, &instance, "mean", 4, &func), STILT_NOT_ALIVE);
  /* Of another store; of another engine. */
  IS(sensor_call_mean(other.store, &mean, 1, &number, &error), STILT_FOREIGN);
  IS(stilt_instance_func(other.store, &self.instance, "mean", 4, &func), STILT_FOREIGN);
  IS(stilt_instance_memory(self.store, &self.instance, "memory", 6, &memory), STILT_OK);
  IS(stilt_memory_size(other.store, &memory, 0, 0), STILT_FOREIGN);
  IS(sensor_instantiate(self.store, other.module, &self.host, &instance, &error), STILT_FOREIGN);
  /* Names and kinds. */
  IS(stilt_instance_func(self.store, &self.instance, "nothing", 7, &func), STILT_NO_EXPORT);
  IS(stilt_instance_func(self.store, &self.instance, "memory", 6, &func), STILT_NO_EXPORT);
  IS(stilt_instance_memory(self.store, &self.instance, "mean", 4, &memory), STILT_NO_EXPORT);
  IS(stilt_instance_func(self.store, &self.instance, "\377\376", 2, &func), STILT_NO_EXPORT);
  IS(stilt_module_export(self.module, 0, &item), STILT_OK);
  /* It was all for nothing. */
  IS(sensor_call_mean(self.store, &mean, 4, &number, &error), STILT_OK);
  CHECK(number == 30);
  close_scene(&other);
  close_scene(&self);
  /* The bound of the stack has a default here, but frames may be none. */
  memset(&options, 0, sizeof options);
  place = storage(STILT_ENGINE_SIZE(0));
  IS(stilt_engine_new(place, STILT_ENGINE_SIZE(0), &options, &engine, 0), STILT_OK);
  IS(stilt_engine_drop(engine), STILT_OK);
  free(place);
  CHECK(stilt_version() == STILT_VERSION);
  CHECK(strcmp(stilt_status_text((stilt_status)4711), "a host function failed") == 0);
  CHECK(strcmp(stilt_status_text((stilt_status)77), "no status of this library") == 0);
}

/* Images (the good one without what linkers and debuggers want) that are damaged, cut, misplaced, or for other machines: refused, with the reason in words. */
static void bad_images(const file *good, const file *foreign) {
  stilt_engine_config options = configuration();
  stilt_error error;
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  uintptr_t place, step;
  void *engine_storage = storage(STILT_ENGINE_SIZE(TYPES)), *module_storage = storage(STILT_MODULE_SIZE(SENSOR_TYPES));
  uint8_t *copy = (uint8_t *)storage(good->length + 64);
  IS(stilt_engine_new(engine_storage, STILT_ENGINE_SIZE(TYPES), &options, &engine, &error), STILT_OK);
#define LOAD(bytes, length) stilt_module_load(engine, bytes, length, module_storage, STILT_MODULE_SIZE(SENSOR_TYPES), &module, &error)
  IS(LOAD(foreign->bytes, foreign->length), STILT_GROUND);
  CHECK(strstr(error.message, "aarch64") != 0);
  memcpy(copy, good->bytes, good->length);
  IS(LOAD(copy + 1, good->length - 1), STILT_IMAGE);
  memmove(copy + 4, copy, good->length);
  IS(LOAD(copy + 4, good->length), STILT_IMAGE_ALIGN);
  CHECK(error.needed_align >= 16);
  memcpy(copy, good->bytes, good->length);
  IS(LOAD("\0asm\1\0\0\0", 8), STILT_IMAGE);
  CHECK(strstr(error.message, "stilt compile") != 0);
  for (place = 0; place < good->length; place += 1 + place / 7) {
    stilt_status status = LOAD(copy, place);
    CHECK(status == STILT_IMAGE);
  }
  /* One bit in each of many places: never loaded, unless it is in code or data, which verifying finds. */
  step = good->length / 1000 + 1;
  for (place = 0; place < good->length; place += step) {
    stilt_status status;
    copy[place] ^= (uint8_t)(1u << (place % 8));
    status = LOAD(copy, good->length);
    if (status == STILT_OK) {
      IS(stilt_module_verify(module), STILT_IMAGE);
      IS(stilt_module_drop(module), STILT_OK);
    }
    copy[place] = good->bytes[place];
  }
  IS(stilt_engine_drop(engine), STILT_OK);
  free(copy);
  free(module_storage);
  free(engine_storage);
}

static void all(const char *name, int interpreted) {
  what = name;
  typed_calls();
  generic_calls();
  memories();
  growth();
  traps();
  host_failures();
  reentrancy();
  interrupts();
  stacks(interpreted);
  limits();
  little_storage();
  imports();
  two_instances();
  misuse();
}

int main(int argc, char **argv) {
  file native, bytecode, stripped, foreign;
  if (argc != 5) {
    fprintf(stderr, "usage: tests NATIVE BYTECODE STRIPPED FOREIGN\n");
    return 2;
  }
  native = read_file(argv[1]);
  bytecode = read_file(argv[2]);
  stripped = read_file(argv[3]);
  foreign = read_file(argv[4]);
  all("linked", 0);
  others();
  image = &native;
  all("native image", 0);
  image = &bytecode;
  all("bytecode", 1);
  what = "bad images";
  bad_images(&stripped, &foreign);
  printf("stilt.h does what it says\n");
  return 0;
}
