/* Guests on a microcontroller: a filter over samples; one that goes wrong; one that never ends; a state machine that switches lights, and
 * an update of it, with everything that can be wrong with one. */
#include "board.h"
#include "console.h"
#include "guest.h"
#include "programs.h"
#include "stack.h"
#include "timer.h"

#include "faulty.h"
#include "filter.h"

static bool failed(const char *what, const stilt_error *error) {
  print("error: %s: ", what);
  guest_report(NULL, error);
  return false;
}

/* Samples of a block. */
#define BLOCK 128
#define BLOCKS 8

static int16_t sample(uint32_t *noise, int32_t place) {
  *noise = *noise * 1664525 + 1013904223;
  /* A period of 64 samples, and noise of a quarter of its height. */
  int32_t phase = place % 64;
  int32_t triangle = ((phase < 32 ? phase : 64 - phase) - 16) * 1500;
  return (int16_t)(triangle + (int32_t)(*noise >> 19) - 4096);
}

/* A triangle with noise, low-pass filtered by the guest; its outcome as one number, which the same C gives on any machine. */
static bool run_filter(void) {
  guest guest;
  stilt_error error;
  stilt_memory memory;
  filter_func_block block;
  filter_func_filter filter_block;
  int32_t place, loudest, peak = 0;
  uint32_t noise = 1, hash = 0x811c9dc5;
  uint8_t *bytes;
  if (guest_link(&guest, &filter, NULL, &error) != STILT_OK) return failed("filter", &error);
  if (filter_find_block(guest.store, &guest.instance, &block) != STILT_OK ||
      filter_find_filter(guest.store, &guest.instance, &filter_block) != STILT_OK ||
      stilt_instance_memory(guest.store, &guest.instance, "memory", 6, &memory) != STILT_OK)
    return false;
  if (filter_call_block(guest.store, &block, &place, &error) != STILT_OK) return failed("block", &error);
  for (int32_t done = 0; done < BLOCKS * BLOCK; done += BLOCK) {
    if (stilt_memory_range(guest.store, &memory, (uint32_t)place, 2 * BLOCK, &bytes) != STILT_OK) return false;
    for (int32_t i = 0; i < BLOCK; i++) {
      uint16_t value = (uint16_t)sample(&noise, done + i);
      bytes[2 * i] = (uint8_t)value;
      bytes[2 * i + 1] = (uint8_t)(value >> 8);
    }
    if (filter_call_filter(guest.store, &filter_block, BLOCK, &loudest, &error) != STILT_OK) return failed("filter", &error);
    peak = loudest > peak ? loudest : peak;
    if (stilt_memory_range(guest.store, &memory, (uint32_t)place, 2 * BLOCK, &bytes) != STILT_OK) return false;
    for (int32_t i = 0; i < 2 * BLOCK; i++) hash = (hash ^ bytes[i]) * 0x01000193;
  }
  guest_end(&guest);
  print("filter: peak %d, hash %x\n", (int)peak, (unsigned)hash);
  return true;
}

/* A call that must trap in this way, and is told. */
static bool trapped(guest *guest, stilt_status status, const stilt_error *error, stilt_trap trap) {
  if (status == STILT_OK) {
    print("error: nothing trapped\n");
    return false;
  }
  guest_report(guest, error);
  return status == STILT_TRAP && error->trap == trap;
}

static bool divide_after_that(guest *guest, const faulty_func_divide *divide) {
  stilt_error error;
  int32_t result;
  if (faulty_call_divide(guest->store, divide, 42, 2, &result, &error) != STILT_OK) return failed("divide", &error);
  print("after that: %d\n", (int)result);
  return true;
}

static bool go_wrong(void) {
  guest guest;
  stilt_error error;
  stilt_memory memory;
  faulty_func_parse parse;
  faulty_func_divide divide;
  faulty_func_deep deep;
  int32_t result;
  const uint8_t long_record = 200;
  if (guest_link(&guest, &faulty, NULL, &error) != STILT_OK) return failed("faulty", &error);
  if (faulty_find_parse(guest.store, &guest.instance, &parse) != STILT_OK ||
      faulty_find_divide(guest.store, &guest.instance, &divide) != STILT_OK ||
      faulty_find_deep(guest.store, &guest.instance, &deep) != STILT_OK ||
      stilt_instance_memory(guest.store, &guest.instance, "memory", 6, &memory) != STILT_OK ||
      stilt_memory_write(guest.store, &memory, 2000, &long_record, 1) != STILT_OK)
    return false;
  stilt_status status = faulty_call_parse(guest.store, &parse, 2000, &result, &error);
  if (!trapped(&guest, status, &error, STILT_TRAP_MEMORY_OUT_OF_BOUNDS)) return false;
  status = faulty_call_divide(guest.store, &divide, 7, 0, &result, &error);
  if (!trapped(&guest, status, &error, STILT_TRAP_INTEGER_DIVISION_BY_ZERO)) return false;
  status = faulty_call_deep(guest.store, &deep, 1000, &result, &error);
  if (status != STILT_TRAP || error.trap != STILT_TRAP_STACK_OVERFLOW) return failed("deep", &error);
  print("trap %d: %s\n", (int)error.trap, stilt_trap_text(error.trap));
  if (!divide_after_that(&guest, &divide)) return false;
  guest_end(&guest);
  return true;
}

static bool never_end(void) {
  guest guest;
  stilt_error error;
  stilt_interrupter *interrupter;
  faulty_func_spin spin;
  faulty_func_divide divide;
  if (guest_link(&guest, &faulty, NULL, &error) != STILT_OK) return failed("faulty", &error);
  if (faulty_find_spin(guest.store, &guest.instance, &spin) != STILT_OK ||
      faulty_find_divide(guest.store, &guest.instance, &divide) != STILT_OK ||
      stilt_store_interrupter(guest.store, &interrupter) != STILT_OK)
    return false;
  uint32_t start = timer_ticks();
  timer_stop_in(5, interrupter);
  stilt_status status = faulty_call_spin(guest.store, &spin, &error);
  timer_stop_nobody();
  uint32_t took = timer_ticks() - start;
  if (!trapped(&guest, status, &error, STILT_TRAP_INTERRUPT)) return false;
  if (took < 5 || took >= 50) {
    print("error: stopped after %u ticks, and not after 5\n", (unsigned)took);
    return false;
  }
  if (!divide_after_that(&guest, &divide)) return false;
  guest_end(&guest);
  return true;
}

static bool all(void) {
  stilt_error error;
  bool booted;
  if (guests_prepare(&error) != STILT_OK) return failed("engine", &error);
  if (!update_boot_again(&booted)) return false;
  if (booted) return true;
  print("-- a filter\n");
  if (!run_filter()) return false;
  print("-- one that goes wrong\n");
  if (!go_wrong()) return false;
  print("-- one that never ends\n");
  if (!never_end()) return false;
  print("-- an update\n");
  return update_all();
}

int main(void) {
  stack_mark();
  board_prepare();
  timer_start();
  print("firmware on %s\n", board_name);
  bool well = all();
  print(well ? "firmware: all went well\n" : "error: it ends here\n");
  print("most of the heap in use: 0 bytes (there is none); of the stack: %u bytes\n", (unsigned)stack_most());
  return well ? 0 : 1;
}
