/* Imports and exports; modules with each other, and other modules than the sensor's. */
#include "tests.h"

void imports(void) {
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

void two_instances(void) {
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
void others(void) {
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
