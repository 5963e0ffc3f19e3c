/* Memories, tables and globals, from both sides. */
#include "tests.h"

void memories(void) {
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

void growth(void) {
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
