/* A host, and the scenes of the tests. */
#include "tests.h"

const char *what = "";
const file *image;

void is(stilt_status found, stilt_status expected, const char *file, int line, const char *text) {
  if (found == expected) return;
  fprintf(stderr, "%s:%d: %s: %s gives %d (%s), expected %d (%s)\n", file, line, what, text, (int)found,
          stilt_status_text(found), (int)expected, stilt_status_text(expected));
  exit(1);
}

void *storage(uintptr_t size) {
  void *place = 0;
  if (posix_memalign(&place, STILT_ALIGN, size ? size : 1) != 0) exit(2);
  memset(place, 0xa5, size);
  return place;
}

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

stilt_status scale(void *env, stilt_caller *caller, double value, int64_t factor, double *scaled) {
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

stilt_status load(stilt_engine *engine, void *place, uintptr_t size, stilt_module **module, stilt_error *error) {
  if (image) return stilt_module_load(engine, image->bytes, image->length, place, size, module, error);
  return stilt_module_link(engine, &sensor, place, size, module, error);
}

stilt_engine_config configuration(void) {
  stilt_engine_config config;
  memset(&config, 0, sizeof config);
  config.function_types = TYPES;
  config.backtrace_frames = FRAMES;
  config.stack_size = STACK;
  return config;
}

uintptr_t store_size(void) {
  return STILT_STORE_SIZE(FRAMES) + STILT_INSTANCE_BASE + SENSOR_STORAGE_SIZE + 3 * STILT_IMPORT_SIZE +
         STILT_INTERPRETER_SIZE + STACK;
}

void open_with(scene *self, const stilt_store_config *config, uintptr_t size) {
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

void open_scene(scene *self) {
  stilt_error error;
  open_with(self, 0, store_size());
  memset(&error, 0, sizeof error);
  if (sensor_instantiate(self->store, self->module, &self->host, &self->instance, &error) != STILT_OK) {
    fprintf(stderr, "%s: %s, %lu\n", what, error.message, (unsigned long)error.needed_size);
    exit(1);
  }
}

void close_with(scene *self, stilt_module *other) {
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

void close_scene(scene *self) { close_with(self, 0); }
