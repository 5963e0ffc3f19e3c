/* Misuse by programs that try: sizes and lengths that are not true, storage in storage, pointers to nothing in particular, and whatever can be
 * done in a host function that should not be. Each ends in a status, or does what it says. */
#include "tests.h"

#include <signal.h>
#include <sys/time.h>

/* ---- What is left of an instance that was not made ---- */

void left_behind(void) {
  scene self;
  stilt_error error;
  stilt_module *late_module = 0;
  stilt_instance instance;
  stilt_table table;
  stilt_import given[1];
  stilt_frame frames[FRAMES];
  sensor_func_apply apply;
  uintptr_t count = 0;
  int32_t number = 0;
  void *place;
  if (image) return; /* The other one is linked, for the machine itself. */
  place = storage(STILT_MODULE_SIZE(LATE_TYPES));
  open_with(&self, 0, 2 * store_size());
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(stilt_module_link(self.engine, &late, place, STILT_MODULE_SIZE(LATE_TYPES), &late_module, &error), STILT_OK);
  IS(stilt_instance_table(self.store, &self.instance, "table", 5, &table), STILT_OK);
  stilt_import_init(&given[0], "sensor", 6, "table", 5);
  given[0].table = &table;
  IS(stilt_instantiate(self.store, late_module, given, 1, &instance, &error), STILT_TRAP);
  CHECK(error.trap == STILT_TRAP_MEMORY_OUT_OF_BOUNDS);
  /* Its function can be called, so its module cannot go. */
  IS(stilt_module_drop(late_module), STILT_IN_USE);
  IS(sensor_find_apply(self.store, &self.instance, &apply), STILT_OK);
  IS(sensor_call_apply(self.store, &apply, 3, 10, &number, &error), STILT_OK);
  CHECK(number == 100);
  IS(sensor_call_apply(self.store, &apply, 3, 0, &number, &error), STILT_TRAP);
  IS(stilt_store_backtrace(self.store, frames, FRAMES, &count), STILT_OK);
  CHECK(count == 2 && frames[0].module_name.length == 4 && memcmp(frames[0].module_name.bytes, "late", 4) == 0);
  close_with(&self, late_module);
  free(place);
}

/* ---- In a host function, while an instance is made ---- */

typedef struct maker {
  scene *around;
  stilt_store *store;
  stilt_module *odd;
  odd_host *host;
  stilt_instance within;
  int depth;
} maker;

static stilt_status line(void *env, stilt_caller *caller, int32_t byte, stilt_v128 *all) {
  (void)env;
  (void)caller;
  memset(all, byte, sizeof *all);
  return STILT_OK;
}

static stilt_status begin(void *env, stilt_caller *caller) {
  maker *self = (maker *)env;
  scene *around = self->around;
  stilt_instance mine, another;
  stilt_memory memory;
  stilt_error error;
  sensor_func_mean mean;
  int32_t number = 0;
  uintptr_t left = 0, now = 0;
  IS(stilt_caller_instance(caller, &mine), STILT_OK);
  IS(stilt_caller_memory(caller, &memory), STILT_NO_EXPORT);
  /* Nothing can be taken away. */
  IS(stilt_store_drop(self->store), STILT_BUSY);
  IS(stilt_module_drop(self->odd), STILT_IN_USE);
  IS(stilt_engine_drop(around->engine), STILT_IN_USE);
  if (self->depth++ == 0) {
    /* One instance within another, both not made yet; one that misses something; one that there is no room for. */
    IS(odd_instantiate(self->store, self->odd, self->host, &another, &error), STILT_OK);
    around->host.board_log = 0;
    IS(sensor_instantiate(self->store, around->module, &around->host, &another, &error), STILT_IMPORT_MISSING);
    return STILT_OK;
  }
  IS(stilt_store_left(self->store, &left, 0), STILT_OK);
  IS(sensor_instantiate(self->store, around->module, &around->host, &self->within, &error), STILT_OK);
  IS(sensor_find_mean(self->store, &self->within, &mean), STILT_OK);
  IS(sensor_call_mean(self->store, &mean, 4, &number, &error), STILT_OK);
  CHECK(number == 30);
  IS(sensor_call_mean(self->store, &mean, 0, &number, &error), STILT_TRAP);
  IS(sensor_instantiate(self->store, around->module, &around->host, &another, &error), STILT_STORAGE_SIZE);
  IS(stilt_store_left(self->store, &now, 0), STILT_OK);
  CHECK(now < left && error.needed_size > now);
  return STILT_OK;
}

void made_within(void) {
  scene self;
  maker it;
  stilt_engine_config options = configuration();
  stilt_error error;
  stilt_instance outer;
  odd_host host;
  odd_func___end end;
  stilt_v128 all;
  sensor_func_mean mean;
  int32_t number = 0;
  uintptr_t size = STILT_ENGINE_SIZE(TYPES + ODD_TYPES) + 2 * 24 + STILT_ENGINE_TYPE;
  uintptr_t room = store_size() - STILT_INTERPRETER_SIZE - STACK + 2 * ODD_STORE_SIZE(FRAMES, 0);
  void *place = storage(size), *module_place = storage(STILT_MODULE_SIZE(SENSOR_TYPES));
  void *odd_place = storage(STILT_MODULE_SIZE(ODD_TYPES));
  void *store_place = storage(room);
  if (image) goto end; /* The other one is linked, for the machine itself. */
  open_with(&self, 0, store_size());
  memset(&it, 0, sizeof it);
  options.function_types = TYPES + ODD_TYPES;
  IS(stilt_store_drop(self.store), STILT_OK);
  IS(stilt_module_drop(self.module), STILT_OK);
  IS(stilt_engine_drop(self.engine), STILT_OK);
  free(self.engine_storage);
  free(self.module_storage);
  free(self.store_storage);
  self.engine_storage = place;
  self.module_storage = module_place;
  self.store_storage = store_place;
  IS(stilt_engine_new(place, size, &options, &self.engine, &error), STILT_OK);
  IS(load(self.engine, module_place, STILT_MODULE_SIZE(SENSOR_TYPES), &self.module, &error), STILT_OK);
  IS(stilt_module_link(self.engine, &odd, odd_place, STILT_MODULE_SIZE(ODD_TYPES), &it.odd, &error), STILT_OK);
  IS(stilt_store_new(self.engine, store_place, room, 0, &self.store, &error), STILT_OK);
  self.it.store = self.store;
  it.around = &self;
  it.store = self.store;
  it.host = &host;
  host.env = &it;
  host.import_3d_line = line;
  host.import_static_assert = begin;
  IS(odd_instantiate(self.store, it.odd, &host, &outer, &error), STILT_OK);
  CHECK(it.depth == 2);
  IS(odd_find___end(self.store, &outer, &end), STILT_OK);
  IS(odd_call___end(self.store, &end, 0x11, &all, &error), STILT_OK);
  CHECK(all.bytes[0] == 0x11 && all.bytes[15] == 0x11);
  IS(sensor_find_mean(self.store, &it.within, &mean), STILT_OK);
  IS(sensor_call_mean(self.store, &mean, 2, &number, &error), STILT_OK);
  CHECK(number == 15);
  close_with(&self, it.odd);
  free(odd_place);
  return;
end:
  free(place);
  free(module_place);
  free(odd_place);
  free(store_place);
}

/* ---- A memory that grows while its guest waits for the host ---- */

typedef struct grower {
  stilt_store *store;
  stilt_memory memory;
  uint8_t *bytes;
} grower;

static stilt_status grow_and_read(void *env, stilt_caller *caller, int32_t place, int32_t *value) {
  grower *self = (grower *)env;
  uint64_t old = 0;
  (void)caller;
  if (place == 1) {
    IS(stilt_memory_grow(self->store, &self->memory, 1, &old), STILT_OK);
    CHECK(old == 1);
    IS(stilt_memory_grow(self->store, &self->memory, UINT64_MAX, &old), STILT_LIMIT);
    IS(stilt_memory_range(self->store, &self->memory, 65536, 65536, &self->bytes), STILT_OK);
    memset(self->bytes, 1, 65536);
  }
  *value = place;
  return STILT_OK;
}

void grown_within(void) {
  scene self;
  stilt_store_config config;
  stilt_error error;
  sensor_func_mean mean;
  sensor_func_peek peek;
  grower it;
  uintptr_t room = 2 * 65536 + 16;
  int32_t number = 0;
  void *place = storage(room);
  memset(&config, 0, sizeof config);
  config.memory_storage = place;
  config.memory_storage_size = room;
  open_with(&self, &config, store_size() - 65536);
  it.store = self.store;
  self.host.env = &it;
  self.host.board_sample = grow_and_read;
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(stilt_instance_memory(self.store, &self.instance, "memory", 6, &it.memory), STILT_OK);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  IS(sensor_find_peek(self.store, &self.instance, &peek), STILT_OK);
  IS(sensor_call_peek(self.store, &peek, 65536, &number, &error), STILT_TRAP);
  IS(sensor_call_mean(self.store, &mean, 3, &number, &error), STILT_OK);
  CHECK(number == 1);
  IS(sensor_call_peek(self.store, &peek, 131068, &number, &error), STILT_OK);
  CHECK(number == 0x01010101);
  IS(sensor_call_peek(self.store, &peek, 131069, &number, &error), STILT_TRAP);
  close_scene(&self);
  free(place);
}

/* ---- Two stores that call each other ---- */

typedef struct pair {
  scene *self, *other;
  int depth;
} pair;

static stilt_status over(void *env, stilt_caller *caller, int32_t place, int32_t *value) {
  pair *it = (pair *)env;
  scene *there = it->depth % 2 ? it->self : it->other;
  sensor_func_mean mean;
  sensor_func_peek peek;
  stilt_error error;
  stilt_status status;
  (void)caller;
  *value = place;
  if (it->depth == 6) {
    IS(sensor_find_peek(there->store, &there->instance, &peek), STILT_OK);
    return sensor_call_peek(there->store, &peek, -1, value, &error);
  }
  it->depth++;
  IS(sensor_find_mean(there->store, &there->instance, &mean), STILT_OK);
  status = sensor_call_mean(there->store, &mean, 1, value, &error);
  CHECK(status == STILT_TRAP);
  return status;
}

void two_stores(void) {
  scene self, other;
  pair it;
  stilt_error error;
  sensor_func_mean mean;
  int32_t number = 0, round;
  open_with(&self, 0, store_size());
  open_with(&other, 0, store_size());
  it.self = &self;
  it.other = &other;
  self.host.env = other.host.env = &it;
  self.host.board_sample = other.host.board_sample = over;
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(sensor_instantiate(other.store, other.module, &other.host, &other.instance, &error), STILT_OK);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  for (round = 0; round < 3; round++) {
    it.depth = 0;
    IS(sensor_call_mean(self.store, &mean, 1, &number, &error), STILT_TRAP);
    CHECK(it.depth == 6);
    IS(sensor_call_mean(self.store, &mean, 0, &number, &error), STILT_TRAP);
    CHECK(error.trap == STILT_TRAP_INTEGER_DIVISION_BY_ZERO);
  }
  close_scene(&other);
  close_scene(&self);
}

/* ---- Numbers that are far too large ---- */

void huge(int interpreted) {
  static const uintptr_t stacks[] = {UINTPTR_MAX, UINTPTR_MAX - 15, UINTPTR_MAX / 2, UINTPTR_MAX / 2 + 1, UINTPTR_MAX - 4096};
  scene self;
  stilt_engine_config options = configuration();
  stilt_store_config config;
  stilt_error error;
  stilt_engine *engine = 0;
  stilt_store *store = 0;
  stilt_instance instance;
  stilt_memory memory;
  stilt_global count;
  stilt_func func;
  stilt_value value;
  sensor_func_mean mean;
  stilt_import given;
  stilt_status status;
  uint8_t *place, byte = 0;
  uintptr_t number;
  uint64_t slots[4] = {0, 0, 0, 0};
  int32_t found = 0;
  open_scene(&self);
  place = (uint8_t *)storage(store_size());
  options.function_types = UINT32_MAX;
  IS(stilt_engine_new(place, 4096, &options, &engine, &error), STILT_STORAGE_SIZE);
  CHECK(error.needed_size > UINT32_MAX / 2);
  IS(stilt_engine_new(place, UINTPTR_MAX, &options, &engine, &error), STILT_STORAGE_SIZE);
  options = configuration();
  options.backtrace_frames = UINT32_MAX;
  IS(stilt_engine_new(place, STILT_ENGINE_SIZE(TYPES), &options, &engine, &error), STILT_OK);
  IS(stilt_store_new(engine, place + (STILT_ENGINE_SIZE(TYPES) + 15) / 16 * 16, 8192, 0, &store, &error), STILT_STORAGE_SIZE);
  CHECK(error.needed_size > UINT32_MAX / 2);
  IS(stilt_engine_drop(engine), STILT_OK);
  /* Stacks: of the engine, of the store, later. */
  for (number = 0; number < sizeof stacks / sizeof stacks[0]; number++) {
    memset(&config, 0, sizeof config);
    config.stack_size = stacks[number];
    IS(stilt_store_new(self.engine, place, store_size(), &config, &store, &error), STILT_OK);
    status = sensor_instantiate(store, self.module, &self.host, &instance, &error);
    if (interpreted) {
      CHECK(status == STILT_STORAGE_SIZE && error.needed_size >= UINT32_MAX);
    } else {
      IS(status, STILT_OK);
      self.it.store = store;
      IS(sensor_find_mean(store, &instance, &mean), STILT_OK);
      IS(sensor_call_mean(store, &mean, 4, &found, &error), STILT_OK);
      IS(stilt_store_set_stack(store, 65536, UINTPTR_MAX), STILT_OK);
      IS(sensor_call_mean(store, &mean, 4, &found, &error), STILT_TRAP);
      CHECK(error.trap == STILT_TRAP_STACK_OVERFLOW);
      IS(stilt_store_set_stack(store, stacks[number], 1), STILT_OK);
      IS(sensor_call_mean(store, &mean, 4, &found, &error), STILT_OK);
      CHECK(found == 30);
    }
    IS(stilt_store_drop(store), STILT_OK);
  }
  /* Lengths of texts, lists, buffers. */
  IS(stilt_instance_func(self.store, &self.instance, "mean", UINTPTR_MAX, &func), STILT_INVALID);
  IS(stilt_instance_func(self.store, &self.instance, "mean", 0, &func), STILT_NO_EXPORT);
  IS(stilt_instance_func(self.store, &self.instance, 0, 0, &func), STILT_NO_EXPORT);
  stilt_import_init(&given, "board", 5, "sample", 6);
  IS(stilt_instantiate(self.store, self.module, &given, UINTPTR_MAX, &instance, &error), STILT_INVALID);
  IS(stilt_instantiate(self.store, self.module, &given, UINTPTR_MAX / sizeof given, &instance, &error), STILT_INVALID);
  given.module.length = UINTPTR_MAX;
  IS(stilt_instantiate(self.store, self.module, &given, 1, &instance, &error), STILT_INVALID);
  given.module.length = 5;
  given.module.bytes = 0;
  IS(stilt_instantiate(self.store, self.module, &given, 1, &instance, &error), STILT_INVALID);
  IS(stilt_instance_memory(self.store, &self.instance, "memory", 6, &memory), STILT_OK);
  IS(stilt_memory_read(self.store, &memory, 1, &byte, UINTPTR_MAX), STILT_BOUNDS);
  IS(stilt_memory_write(self.store, &memory, UINT64_MAX, &byte, UINTPTR_MAX), STILT_BOUNDS);
  IS(stilt_memory_range(self.store, &memory, 65537, 0, &place), STILT_BOUNDS);
  IS(stilt_memory_grow(self.store, &memory, UINT64_MAX, 0), STILT_LIMIT);
  IS(stilt_instance_func(self.store, &self.instance, "mean", 4, &func), STILT_OK);
  IS(stilt_call_slots(self.store, &func, slots, UINTPTR_MAX, &error), STILT_INVALID);
  IS(stilt_call_slots(self.store, &func, 0, 0, &error), STILT_TYPE);
  IS(stilt_call(self.store, &func, &value, UINTPTR_MAX, &value, 1, &error), STILT_INVALID);
  IS(stilt_func_check(self.store, &func, &byte, UINTPTR_MAX, &byte, 1), STILT_INVALID);
  IS(stilt_module_load(self.engine, image ? image->bytes : place, UINTPTR_MAX, place, 4096, &self.module, &error), STILT_INVALID);
  IS(stilt_module_export(self.module, UINT32_MAX, 0), STILT_BOUNDS);
  /* One kind of handle for another. */
  memcpy(&count, &memory, sizeof count);
  IS(stilt_global_get(self.store, &count, &value), STILT_NOT_ALIVE);
  memcpy(&memory, &self.instance, sizeof memory);
  IS(stilt_memory_size(self.store, &memory, 0, 0), STILT_NOT_ALIVE);
  close_scene(&self);
  free(place);
}

/* ---- Pointers that are not aligned, and outputs that stay as they were ---- */

void misaligned(void) {
  scene self;
  stilt_error error;
  stilt_engine_config options = configuration();
  stilt_memory memory;
  stilt_func func;
  stilt_funcref reference = 0;
  stilt_value value;
  union { uint64_t words[256]; uint8_t bytes[2048]; } room;
  uint8_t *odd = room.bytes + 1;
  uintptr_t size = 0;
  stilt_store_config config;
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  stilt_store *store = 0;
  void *place = storage(4096);
  uintptr_t memories = 2 * 65536 + 16;
  void *memory_place = storage(memories);
  int times;
  memset(&room, 0, sizeof room);
  memset(&config, 0, sizeof config);
  config.memory_storage = memory_place;
  config.memory_storage_size = memories;
  open_with(&self, &config, store_size() - 65536);
  IS(sensor_instantiate(self.store, self.module, &self.host, &self.instance, &error), STILT_OK);
  IS(stilt_instance_memory(self.store, &self.instance, "memory", 6, &memory), STILT_OK);
  IS(stilt_instance_func(self.store, &self.instance, "mean", 4, &func), STILT_OK);
  /* It does not grow if it cannot say how large it was. */
  IS(stilt_memory_grow(self.store, &memory, 1, (uint64_t *)(void *)odd), STILT_INVALID);
  IS(stilt_memory_size(self.store, &memory, &size, 0), STILT_OK);
  CHECK(size == 65536);
  IS(stilt_memory_size(self.store, &memory, (uintptr_t *)(void *)odd, 0), STILT_INVALID);
  size = 77;
  IS(stilt_func_shape(self.store, &func, &size, (uintptr_t *)(void *)odd, 0), STILT_INVALID);
  CHECK(size == 77);
  IS(stilt_store_left(self.store, &size, (uintptr_t *)(void *)odd), STILT_INVALID);
  CHECK(size == 77);
  IS(stilt_engine_drop((stilt_engine *)(void *)odd), STILT_INVALID);
  IS(stilt_store_drop((stilt_store *)(void *)odd), STILT_INVALID);
  IS(stilt_engine_new(place, 4096, (stilt_engine_config *)(void *)odd, &engine, &error), STILT_INVALID);
  IS(stilt_engine_new(place, 4096, &options, (stilt_engine **)(void *)odd, &error), STILT_INVALID);
  IS(stilt_engine_new(place, 4096, &options, 0, &error), STILT_INVALID);
  IS(stilt_store_new(self.engine, place, 4096, (stilt_store_config *)(void *)odd, &store, &error), STILT_INVALID);
  /* Many times: the engine's room for types is not used up by modules that came to nothing. */
  for (times = 0; times < 100; times++) {
    IS(load(self.engine, place, 4096, (stilt_module **)(void *)odd, &error), STILT_INVALID);
    IS(load(self.engine, place, 4096, 0, &error), STILT_INVALID);
  }
  IS(load(self.engine, place, 4096, &module, 0), STILT_OK);
  IS(stilt_module_drop(module), STILT_OK);
  IS(stilt_store_new(self.engine, place, 4096, 0, 0, &error), STILT_INVALID);
  IS(stilt_instance_func(self.store, &self.instance, "mean", 4, (stilt_func *)(void *)odd), STILT_INVALID);
  IS(stilt_call(self.store, (stilt_func *)(void *)odd, 0, 0, 0, 0, &error), STILT_INVALID);
  value.type = STILT_I32;
  value.of.i32 = 4;
  IS(stilt_call(self.store, &func, &value, 1, (stilt_value *)(void *)odd, 1, &error), STILT_INVALID);
  IS(stilt_call(self.store, &func, (stilt_value *)(void *)odd, 1, &value, 1, &error), STILT_INVALID);
  IS(stilt_call_slots(self.store, &func, (uint64_t *)(void *)odd, 4, &error), STILT_INVALID);
  IS(stilt_func_reference(self.store, &func, (stilt_funcref *)(void *)odd), STILT_INVALID);
  IS(stilt_func_reference(self.store, &func, &reference), STILT_OK);
  IS(stilt_reference_func(self.store, reference, (stilt_func *)(void *)odd), STILT_INVALID);
  IS(stilt_store_backtrace(self.store, (stilt_frame *)(void *)odd, 3, &size), STILT_INVALID);
  IS(stilt_store_backtrace(self.store, 0, 3, &size), STILT_INVALID);
  IS(stilt_store_backtrace(self.store, 0, 0, &size), STILT_OK);
  CHECK(size == 0);
  stilt_interrupt((stilt_interrupter *)(void *)odd);
  /* Without a place for what went wrong. */
  IS(stilt_call(self.store, &func, 0, 0, 0, 0, (stilt_error *)(void *)odd), STILT_TYPE);
  for (times = 0; times < (int)sizeof room.bytes; times++) CHECK(room.bytes[times] == 0);
  close_scene(&self);
  free(place);
  free(memory_place);
}

/* ---- Storage in storage ---- */

void overlaps(void) {
  scene self;
  stilt_error error;
  stilt_module *module = 0;
  stilt_store *store = 0;
  stilt_store_config config;
  uint8_t *engine_place, *store_place;
  open_scene(&self);
  engine_place = (uint8_t *)self.engine_storage;
  store_place = (uint8_t *)storage(4096);
  /* The engine's own, by a slip of the pen. */
  IS(load(self.engine, engine_place, STILT_ENGINE_SIZE(TYPES), &module, &error), STILT_INVALID);
  IS(load(self.engine, engine_place + (STILT_ENGINE_SIZE(TYPES) - 1) / 16 * 16, STILT_MODULE_SIZE(SENSOR_TYPES), &module, &error), STILT_INVALID);
  IS(stilt_store_new(self.engine, engine_place, 4096, 0, &store, &error), STILT_INVALID);
  /* Memories in the store, and in the engine. */
  memset(&config, 0, sizeof config);
  config.memory_storage = store_place + 1024;
  config.memory_storage_size = 65536;
  IS(stilt_store_new(self.engine, store_place, 4096, &config, &store, &error), STILT_INVALID);
  config.memory_storage = store_place;
  config.memory_storage_size = 1;
  IS(stilt_store_new(self.engine, store_place + 16, 4080, &config, &store, &error), STILT_OK);
  IS(stilt_store_drop(store), STILT_OK);
  store = 0;
  config.memory_storage_size = 17;
  IS(stilt_store_new(self.engine, store_place + 16, 4080, &config, &store, &error), STILT_INVALID);
  config.memory_storage = engine_place;
  IS(stilt_store_new(self.engine, store_place, 4096, &config, &store, &error), STILT_INVALID);
  CHECK(store == 0 && module == 0);
  close_scene(&self);
  free(store_place);
}

/* ---- Stacks that are too small for anything ---- */

void tiny_stacks(void) {
  scene self;
  stilt_store_config config;
  stilt_error error;
  stilt_store *store = 0;
  stilt_instance instance;
  sensor_func_down down;
  sensor_func_mean mean;
  uintptr_t size, place_size = store_size() - STACK + 4096;
  uint8_t *place = (uint8_t *)storage(place_size);
  int32_t value = 0;
  open_scene(&self);
  memset(&config, 0, sizeof config);
  for (size = 1; size < 2048; size += 1 + size / 8) {
    stilt_status status;
    config.stack_size = size;
    IS(stilt_store_new(self.engine, place, place_size, &config, &store, &error), STILT_OK);
    self.it.store = store;
    IS(sensor_instantiate(store, self.module, &self.host, &instance, &error), STILT_OK);
    IS(sensor_find_down(store, &instance, &down), STILT_OK);
    IS(sensor_find_mean(store, &instance, &mean), STILT_OK);
    status = sensor_call_mean(store, &mean, 4, &value, &error);
    CHECK(status == STILT_OK ? value == 30 : status == STILT_TRAP && error.trap == STILT_TRAP_STACK_OVERFLOW);
    CHECK(size < 1024 || status == STILT_OK);
    IS(sensor_call_down(store, &down, 100000, &value, &error), STILT_TRAP);
    CHECK(error.trap == STILT_TRAP_STACK_OVERFLOW);
    IS(stilt_store_drop(store), STILT_OK);
  }
  close_scene(&self);
  free(place);
}

/* ---- A signal handler that interrupts, again and again ---- */

static stilt_interrupter *volatile interrupted;

static void on_alarm(int number) {
  (void)number;
  stilt_interrupt(interrupted);
}

void signals(void) {
  scene self;
  stilt_error error;
  sensor_func_spin spin;
  sensor_func_mean mean;
  stilt_interrupter *interrupter = 0;
  struct sigaction action, before;
  struct itimerval often, never;
  int32_t number = 0, times;
  open_scene(&self);
  IS(stilt_store_interrupter(self.store, &interrupter), STILT_OK);
  IS(sensor_find_spin(self.store, &self.instance, &spin), STILT_OK);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  interrupted = interrupter;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_alarm;
  CHECK(sigaction(SIGALRM, &action, &before) == 0);
  memset(&often, 0, sizeof often);
  memset(&never, 0, sizeof never);
  often.it_value.tv_usec = often.it_interval.tv_usec = 500;
  CHECK(setitimer(ITIMER_REAL, &often, 0) == 0);
  for (times = 0; times < 30; times++) {
    stilt_status status;
    IS(sensor_call_spin(self.store, &spin, &error), STILT_TRAP);
    CHECK(error.trap == STILT_TRAP_INTERRUPT);
    status = sensor_call_mean(self.store, &mean, 4, &number, &error);
    CHECK(status == STILT_OK ? number == 30 : status == STILT_TRAP && error.trap == STILT_TRAP_INTERRUPT);
  }
  CHECK(setitimer(ITIMER_REAL, &never, 0) == 0);
  CHECK(sigaction(SIGALRM, &before, 0) == 0);
  interrupted = 0;
  close_scene(&self);
}

/* ---- Threads: one engine and one module, a store for each ---- */

static stilt_status doubled(void *env, stilt_caller *caller, int32_t place, int32_t *value) {
  (void)env;
  (void)caller;
  *value = 2 * place;
  return STILT_OK;
}

static void *one_of_many(void *shared) {
  scene *self = (scene *)shared;
  stilt_error error;
  stilt_module *module = 0;
  stilt_store *store = 0;
  stilt_instance instance;
  sensor_host host;
  sensor_func_mean mean;
  int32_t number = 0, times;
  void *place = storage(store_size()), *module_place = storage(STILT_MODULE_SIZE(SENSOR_TYPES));
  memset(&host, 0, sizeof host);
  host.board_sample = doubled;
  host.board_scale = scale;
  host.board_log = self->host.board_log;
  for (times = 0; times < 50; times++) {
    stilt_module *used = self->module;
    IS(load(self->engine, module_place, STILT_MODULE_SIZE(SENSOR_TYPES), &module, &error), STILT_OK);
    if (times % 2) used = module;
    IS(stilt_store_new(self->engine, place, store_size(), 0, &store, &error), STILT_OK);
    IS(sensor_instantiate(store, used, &host, &instance, &error), STILT_OK);
    IS(sensor_find_mean(store, &instance, &mean), STILT_OK);
    IS(sensor_call_mean(store, &mean, 5, &number, &error), STILT_OK);
    CHECK(number == 4);
    IS(sensor_call_mean(store, &mean, 0, &number, &error), STILT_TRAP);
    IS(stilt_engine_drop(self->engine), STILT_IN_USE);
    IS(stilt_store_drop(store), STILT_OK);
    IS(stilt_module_drop(module), STILT_OK);
  }
  free(place);
  free(module_place);
  return 0;
}

void threads(void) {
  scene self;
  pthread_t all[4];
  int number;
  open_scene(&self);
  for (number = 0; number < 4; number++) CHECK(pthread_create(&all[number], 0, one_of_many, &self) == 0);
  for (number = 0; number < 4; number++) CHECK(pthread_join(all[number], 0) == 0);
  close_scene(&self);
}

/* ---- What host functions answer ---- */

void odd_answers(void) {
  static const int answers[] = {STILT_TRAP, STILT_INVALID, STILT_BUSY, STILT_FAILED, 77, STILT_USER, STILT_STATUS_LAST};
  scene self;
  stilt_error error;
  sensor_func_mean mean;
  int32_t number = 5;
  unsigned place;
  open_scene(&self);
  IS(sensor_find_mean(self.store, &self.instance, &mean), STILT_OK);
  for (place = 0; place < sizeof answers / sizeof answers[0]; place++) {
    self.it.answer = (stilt_status)answers[place];
    IS(sensor_call_mean(self.store, &mean, 1, &number, &error), (stilt_status)answers[place]);
    CHECK(number == 5 && error.trap == STILT_TRAP_NONE && error.status == (stilt_status)answers[place]);
  }
  self.it.answer = STILT_OK;
  IS(sensor_call_mean(self.store, &mean, 1, &number, &error), STILT_OK);
  close_scene(&self);
}
