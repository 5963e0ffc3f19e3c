/* Calls of guests: with their types, and with values. */
#include "tests.h"

void typed_calls(void) {
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

void generic_calls(void) {
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
