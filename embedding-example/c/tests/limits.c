/* Limits of stores, and storage that is too small or not aligned. */
#include "tests.h"

void limits(void) {
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

void little_storage(void) {
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
