/* What images need: CPU features that the program knows of, in place of what the library finds; builtins. */
#include "tests.h"

/* What comes of an image where the CPU is said to have so much. */
static stilt_status load_with(const char *features, const file *native, stilt_error *error) {
  stilt_engine_config options = configuration();
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  stilt_status status;
  void *place = storage(STILT_ENGINE_SIZE(TYPES)), *module_place = storage(STILT_MODULE_SIZE(SENSOR_TYPES));
  options.cpu_features = features;
  IS(stilt_engine_new(place, STILT_ENGINE_SIZE(TYPES), &options, &engine, error), STILT_OK);
  status = stilt_module_load(engine, native->bytes, native->length, module_place, STILT_MODULE_SIZE(SENSOR_TYPES), &module, error);
  if (status == STILT_OK) IS(stilt_module_drop(module), STILT_OK);
  IS(stilt_engine_drop(engine), STILT_OK);
  free(module_place);
  free(place);
  return status;
}

/* An image of native code for an x86-64-v2, which is the least that `stilt compile` takes unless told otherwise. */
void cpu_features(const file *native) {
  stilt_error error;
  stilt_engine_config options = configuration();
  stilt_engine *engine = 0;
  void *place = storage(STILT_ENGINE_SIZE(TYPES));
  IS(load_with(0, native, &error), STILT_OK);
  IS(load_with("cmpxchg16b sse3 ssse3 sse4.1 sse4.2 popcnt", native, &error), STILT_OK);
  IS(load_with(" popcnt  sse4.2 sse4.1 something ssse3 sse3 cmpxchg16b ", native, &error), STILT_OK);
  /* The one that is missing is named. */
  IS(load_with("", native, &error), STILT_GROUND);
  IS(load_with("cmpxchg16b sse3 ssse3 sse4.2 popcnt", native, &error), STILT_GROUND);
  CHECK(strstr(error.message, "sse4.1") != 0);
  /* A part of a name is another. */
  IS(load_with("cmpxchg16b sse3 ssse3 sse4.1x sse4 sse4.2 popcnt", native, &error), STILT_GROUND);
  CHECK(strstr(error.message, "sse4.1") != 0);
  /* No text at all. */
  options.cpu_features = "sse3 \377";
  IS(stilt_engine_new(place, STILT_ENGINE_SIZE(TYPES), &options, &engine, &error), STILT_INVALID);
  free(place);
}

/* An image whose builtins the library may have been built without (`WITHOUT`): then it says which. */
void groups(const file *soft) {
  stilt_error error;
  stilt_engine_config options = configuration();
  stilt_engine *engine = 0;
  stilt_module *module = 0;
  stilt_store *store = 0;
  stilt_instance instance;
  stilt_func func;
  stilt_value value;
  uintptr_t room = STILT_STORE_SIZE(FRAMES) + STILT_INSTANCE_BASE + 1024;
  void *place = storage(STILT_ENGINE_SIZE(TYPES)), *module_place = storage(STILT_MODULE_SIZE(1)), *store_place = storage(room);
  IS(stilt_engine_new(place, STILT_ENGINE_SIZE(TYPES), &options, &engine, &error), STILT_OK);
#ifdef WITHOUT
  IS(stilt_module_load(engine, soft->bytes, soft->length, module_place, STILT_MODULE_SIZE(1), &module, &error), STILT_GROUND);
  CHECK(strstr(error.message, "builtins `" WITHOUT "`") != 0);
  (void)store, (void)instance, (void)func, (void)value;
#else
  IS(stilt_module_load(engine, soft->bytes, soft->length, module_place, STILT_MODULE_SIZE(1), &module, &error), STILT_OK);
  IS(stilt_store_new(engine, store_place, room, 0, &store, &error), STILT_OK);
  IS(stilt_instantiate(store, module, 0, 0, &instance, &error), STILT_OK);
  IS(stilt_instance_func(store, &instance, "double", 6, &func), STILT_OK);
  value.type = STILT_F64;
  value.of.f64 = 1.25;
  IS(stilt_call(store, &func, &value, 1, &value, 1, &error), STILT_OK);
  CHECK(value.of.f64 == 2.5);
  IS(stilt_store_drop(store), STILT_OK);
  IS(stilt_module_drop(module), STILT_OK);
#endif
  IS(stilt_engine_drop(engine), STILT_OK);
  free(store_place);
  free(module_place);
  free(place);
}
