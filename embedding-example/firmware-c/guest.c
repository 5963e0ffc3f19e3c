#include "guest.h"
#include "board.h"
#include "console.h"

#include "memory.h"

/* Of all guests together, and of the host's functions. */
#define TYPES 16u
/* Of backtraces. */
#define FRAMES 8u
/* The interpreter's stack: all calls of a guest within each other. */
#define STACK 1024u
/* What a guest may have beside its memory: imports; bytes of globals, tables and the like (NAME_INSTANCE_SIZE of a module's header). */
#define IMPORTS 4u
#define INSTANCE 512u
/* Bytes of a guest's memory (`--memory-bytes`, see the makefile), and what the runtime adds. */
#define MEMORY (4096u + 32u)

#define STORAGE(name, size) static _Alignas(STILT_ALIGN) uint8_t name[size]
STORAGE(engine_storage, STILT_ENGINE_SIZE(TYPES));
STORAGE(module_storage, STILT_MODULE_SIZE(TYPES));
STORAGE(checked_storage, STILT_MODULE_SIZE(TYPES));
STORAGE(store_storage, STILT_STORE_SIZE(FRAMES) + STILT_INTERPRETER_SIZE + STACK + IMPORTS * STILT_IMPORT_SIZE + INSTANCE);
__attribute__((section(".guest"))) STORAGE(memory_storage, MEMORY);

static stilt_engine *engine;

/* ---- Functions for guests --------------------------------------------------------------------------------------------- */

/* The pin that is an input. Those below are lights. */
#define BUTTON 4

static stilt_status gpio_write(void *env, stilt_caller *caller, uint64_t *slots) {
  pins *pins = stilt_store_user(stilt_caller_store(caller));
  uint32_t pin = (uint32_t)stilt_i32_slot(slots[0]);
  (void)env;
  if (pin >= BUTTON) return STILT_USER;
  uint32_t before = board_lights();
  uint32_t after = (before & ~(1u << pin)) | (uint32_t)(stilt_i32_slot(slots[1]) != 0) << pin;
  board_set_lights(after);
  pins->switched += before != after;
  return STILT_OK;
}

static stilt_status gpio_read(void *env, stilt_caller *caller, uint64_t *slots) {
  const pins *pins = stilt_store_user(stilt_caller_store(caller));
  (void)env;
  if (stilt_i32_slot(slots[0]) != BUTTON) return STILT_USER;
  slots[0] = stilt_slot_i32(pins->button);
  return STILT_OK;
}

static stilt_status uart_write(void *env, stilt_caller *caller, uint64_t *slots) {
  stilt_memory memory;
  uint8_t *bytes;
  stilt_text text;
  (void)env;
  stilt_status status = stilt_caller_memory(caller, &memory);
  if (status != STILT_OK) return status;
  text.length = (uint32_t)stilt_i32_slot(slots[1]);
  status = stilt_memory_range(stilt_caller_store(caller), &memory, (uint32_t)stilt_i32_slot(slots[0]), text.length, &bytes);
  if (status != STILT_OK) return status;
  text.bytes = (const char *)bytes;
  print("  | %t", &text);
  return STILT_OK;
}

static const uint8_t two_numbers[] = {STILT_I32, STILT_I32};

static const stilt_host write_host = {.code = gpio_write, .params = two_numbers, .params_length = 2};
static const stilt_host read_host = {
    .code = gpio_read, .params = two_numbers, .params_length = 1, .results = two_numbers, .results_length = 1};
static const stilt_host text_host = {.code = uart_write, .params = two_numbers, .params_length = 2};

static const stilt_import functions[] = {
    {.module = STILT_TEXT("host"), .name = STILT_TEXT("gpio_write"), .host = &write_host},
    {.module = STILT_TEXT("host"), .name = STILT_TEXT("gpio_read"), .host = &read_host},
    {.module = STILT_TEXT("host"), .name = STILT_TEXT("uart_write"), .host = &text_host},
};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

/* ---- Their life ------------------------------------------------------------------------------------------------------- */

stilt_status guests_prepare(stilt_error *error) {
  const stilt_engine_config config = {.function_types = TYPES, .backtrace_frames = FRAMES, .stack_size = STACK};
  return stilt_engine_new(engine_storage, sizeof engine_storage, &config, &engine, error);
}

/* The rest, when there is a module. */
static stilt_status instantiate(guest *guest, pins *pins, stilt_error *error) {
  const stilt_store_config config = {
      .user = pins, .memory_storage = memory_storage, .memory_storage_size = sizeof memory_storage};
  stilt_status status = stilt_store_new(engine, store_storage, sizeof store_storage, &config, &guest->store, error);
  if (status == STILT_OK) {
    status = stilt_instantiate(guest->store, guest->module, functions, FUNCTIONS, &guest->instance, error);
    if (status == STILT_OK) return STILT_OK;
    stilt_store_drop(guest->store);
  }
  stilt_module_drop(guest->module);
  return status;
}

stilt_status guest_link(guest *guest, const struct stilt_linked_image *image, pins *pins, stilt_error *error) {
  stilt_status status = stilt_module_link(engine, image, module_storage, sizeof module_storage, &guest->module, error);
  return status == STILT_OK ? instantiate(guest, pins, error) : status;
}

stilt_status guest_load(guest *guest, const void *image, size_t length, pins *pins, stilt_error *error) {
  stilt_status status = stilt_module_load(engine, image, length, module_storage, sizeof module_storage, &guest->module, error);
  return status == STILT_OK ? instantiate(guest, pins, error) : status;
}

void guest_end(guest *guest) {
  stilt_store_drop(guest->store);
  stilt_module_drop(guest->module);
}

stilt_status guest_call(guest *guest, const char *name, int32_t *result, stilt_error *error) {
  stilt_func func;
  stilt_value value = {.type = STILT_I32};
  stilt_status status = stilt_instance_func(guest->store, &guest->instance, name, strlen(name), &func);
  if (status != STILT_OK) {
    memset(error, 0, sizeof *error);
    error->status = status;
    return status;
  }
  status = stilt_call(guest->store, &func, NULL, 0, &value, result != NULL, error);
  if (status == STILT_OK && result != NULL) *result = value.of.i32;
  return status;
}

/* ---- Images that are to be installed ---------------------------------------------------------------------------------- */

static bool same(const void *a, uintptr_t a_length, const void *b, uintptr_t b_length) {
  return a_length == b_length && memcmp(a, b, a_length) == 0;
}

/* Whether there is such a function here. */
static stilt_status find(const stilt_item *item) {
  for (size_t i = 0; i < FUNCTIONS; i++) {
    const stilt_import *import = &functions[i];
    if (!same(item->module.bytes, item->module.length, import->module.bytes, import->module.length) ||
        !same(item->name.bytes, item->name.length, import->name.bytes, import->name.length))
      continue;
    return item->kind == STILT_FUNC &&
                   same(item->params, item->params_length, import->host->params, import->host->params_length) &&
                   same(item->results, item->results_length, import->host->results, import->host->results_length)
               ? STILT_OK
               : STILT_IMPORT_TYPE;
  }
  return STILT_IMPORT_MISSING;
}

static stilt_status check_module(const stilt_module *module, stilt_error *error) {
  stilt_needs needs;
  stilt_item item;
  stilt_status status = stilt_module_verify(module);
  if (status == STILT_OK) status = stilt_module_needs(module, &needs);
  if (status != STILT_OK) return status;
  for (uint32_t i = 0; i < needs.imports; i++) {
    status = stilt_module_import(module, i, &item);
    if (status == STILT_OK) status = find(&item);
    if (status != STILT_OK) {
      error->import_index = i;
      error->import_module = item.module;
      error->import_name = item.name;
      return status;
    }
  }
  if (needs.imports > IMPORTS || needs.instance_size > INSTANCE || needs.memories_size > MEMORY) {
    error->needed_size = needs.instance_size + needs.memories_size;
    return STILT_STORAGE_SIZE;
  }
  return STILT_OK;
}

stilt_status guest_check(const void *image, size_t length, stilt_error *error) {
  stilt_module *module;
  stilt_status status = stilt_module_load(engine, image, length, checked_storage, sizeof checked_storage, &module, error);
  if (status != STILT_OK) return status;
  memset(error, 0, sizeof *error);
  error->status = status = check_module(module, error);
  stilt_module_drop(module);
  return status;
}

/* ---- What went wrong -------------------------------------------------------------------------------------------------- */

void guest_report(guest *guest, const stilt_error *error) {
  stilt_frame frames[FRAMES];
  uintptr_t count = 0;
  if (error->status != STILT_TRAP) {
    print("%s", stilt_status_text(error->status));
    if (error->import_name.length != 0) print(": %t.%t", &error->import_module, &error->import_name);
    if (error->message[0] != 0) print(": %s", error->message);
    if (error->needed_size != 0) print(": %u bytes are needed", (unsigned)error->needed_size);
    print("\n");
    return;
  }
  print("trap %d at offset %x: %s\n", (int)error->trap, (unsigned)error->offset, stilt_trap_text(error->trap));
  if (stilt_store_backtrace(guest->store, frames, FRAMES, &count) != STILT_OK) return;
  for (uintptr_t i = 0; i < count; i++)
    print("  in function %u at %x\n", (unsigned)frames[i].function, (unsigned)frames[i].offset);
}
