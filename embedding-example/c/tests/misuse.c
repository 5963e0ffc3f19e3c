/* Misuse, and images that are not fit: each has its status. */
#include "tests.h"

void misuse(void) {
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

/* Images (the good one without what linkers and debuggers want) that are damaged, cut or misplaced: refused, with the reason in words. */
void bad_images(const file *good) {
  stilt_engine_config options = configuration();
  stilt_error error;
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  uintptr_t place, step;
  void *engine_storage = storage(STILT_ENGINE_SIZE(TYPES)), *module_storage = storage(STILT_MODULE_SIZE(SENSOR_TYPES));
  uint8_t *copy = (uint8_t *)storage(good->length + 64);
  IS(stilt_engine_new(engine_storage, STILT_ENGINE_SIZE(TYPES), &options, &engine, &error), STILT_OK);
#define LOAD(bytes, length) stilt_module_load(engine, bytes, length, module_storage, STILT_MODULE_SIZE(SENSOR_TYPES), &module, &error)
  memcpy(copy, good->bytes, good->length);
  IS(LOAD(copy + 1, good->length - 1), STILT_IMAGE);
  memmove(copy + 4, copy, good->length);
  IS(LOAD(copy + 4, good->length), STILT_IMAGE_ALIGN);
  CHECK(error.needed_align >= 16);
  memcpy(copy, good->bytes, good->length);
  IS(LOAD("\0asm\1\0\0\0", 8), STILT_IMAGE);
  CHECK(strstr(error.message, "stilt compile") != 0);
  /* Cut short, with nothing behind it. */
  for (place = 0; place < good->length; place += 1 + place / 7) {
    uint8_t *cut = (uint8_t *)storage(place);
    memcpy(cut, good->bytes, place);
    IS(LOAD(cut, place), STILT_IMAGE);
    free(cut);
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

/* Places in the header of an image, what is put there, and what is said then. */
static const struct { uint8_t place, value; stilt_status status; const char *words; } headers[] = {
    {8, 200, STILT_IMAGE, "the image has ABI 200, this runtime reads ABI 0: compile it again"},
    {9, 7, STILT_IMAGE, "byte order"},
    {10, 4, STILT_GROUND, "the image is for 32-bit machines, this one has 64 bits"},
    {11, 5, STILT_GROUND, "the image is for s390x, this machine is x86_64: compile it with `--target x86_64`"},
    {12, 77, STILT_GROUND, "calling convention 77, which this runtime does not know: compile it with this version's `stilt`"},
    {13, 9, STILT_GROUND, "trap mode 9"},
};

/* For other grounds: those compiled so, each with what is said of it, and the good one with another header. */
void foreign_images(const file *good, const file *foreign) {
  static const struct { stilt_status status; const char *words; } said[] = {
      {STILT_GROUND, "the image is for aarch64, this machine is x86_64: compile it with `--target x86_64`"},
      {STILT_GROUND, "needs `virtual-memory`, which this runtime was built without, for guard pages: compile it with `--traps explicit`"},
      {STILT_GROUND, "the image is for 32-bit machines, this one has 64 bits: compile it for 64"},
      {STILT_IMAGE, "the image is for big-endian targets, this one is little-endian: compile it for this one"},
  };
  stilt_engine_config options = configuration();
  stilt_error error;
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  unsigned at;
  void *engine_storage = storage(STILT_ENGINE_SIZE(TYPES)), *module_storage = storage(STILT_MODULE_SIZE(SENSOR_TYPES));
  uint8_t *copy = (uint8_t *)storage(good->length);
  IS(stilt_engine_new(engine_storage, STILT_ENGINE_SIZE(TYPES), &options, &engine, &error), STILT_OK);
  for (at = 0; at < sizeof said / sizeof said[0]; at++) {
    IS(LOAD(foreign[at].bytes, foreign[at].length), said[at].status);
    CHECK(strstr(error.message, said[at].words) != 0);
  }
  for (at = 0; at < sizeof headers / sizeof headers[0]; at++) {
    memcpy(copy, good->bytes, good->length);
    copy[headers[at].place] = headers[at].value;
    IS(LOAD(copy, good->length), headers[at].status);
    CHECK(strstr(error.message, headers[at].words) != 0);
  }
  /* Linked, and compiled as `stilt compile` does unless told otherwise: this library finds no traps by hardware. */
  IS(stilt_module_link(engine, &eager, module_storage, STILT_MODULE_SIZE(EAGER_TYPES), &module, &error), STILT_GROUND);
  CHECK(strstr(error.message, said[1].words) != 0);
  IS(stilt_engine_drop(engine), STILT_OK);
  free(copy);
  free(module_storage);
  free(engine_storage);
}
