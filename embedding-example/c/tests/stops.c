/* What stops a guest: traps, failures of host functions, the interrupt word, the end of the stack. */
#include "tests.h"

#include <unistd.h>

void traps(void) {
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

void host_failures(void) {
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

void reentrancy(void) {
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

static void *interrupt_soon(void *interrupter) {
  usleep(20000);
  stilt_interrupt((stilt_interrupter *)interrupter);
  return 0;
}

void interrupts(void) {
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

void stacks(int interpreted) {
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
