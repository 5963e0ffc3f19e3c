/* What the tests of stilt.h share: how they complain, storage, and a scene: the sensor's module with all that is around it. */
#ifndef TESTS_H
#define TESTS_H

#include "stilt.h"

#include "sensor.h"

#include "relay.h"

#include "odd.h"

#include "beyond.h"

#include "eager.h"

#include "late.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 8
#define STACK 65536u
#define TYPES (SENSOR_TYPES + RELAY_TYPES)

/* What is tested now. */
extern const char *what;

#define CHECK(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__, what, #condition); \
      exit(1); \
    } \
  } while (0)

#define IS(call, expected) is((call), (expected), __FILE__, __LINE__, #call)

void is(stilt_status found, stilt_status expected, const char *file, int line, const char *text);

/* Storage as a program without an allocator has it; here from one, so that AddressSanitizer knows its ends. */
void *storage(uintptr_t size);

/* A file, at an address that native code is content with. */
typedef struct file { uint8_t *bytes; uintptr_t length; } file;

/* The image that scenes load; NULL: the linked one. */
extern const file *image;

typedef struct world {
  int32_t samples[4];
  char said[64];
  stilt_status answer;
  stilt_store *store;
  stilt_instance *instance;
  int reenter;
  int hand_on;
  stilt_caller *kept;
} world;

typedef struct scene {
  void *engine_storage, *module_storage, *store_storage;
  stilt_engine *engine;
  stilt_module *module;
  stilt_store *store;
  stilt_instance instance;
  world it;
  sensor_host host;
} scene;

stilt_engine_config configuration(void);
/* Of a store for the sensor's module, as for bytecode, whatever it is. */
uintptr_t store_size(void);
stilt_status load(stilt_engine *engine, void *place, uintptr_t size, stilt_module **module, stilt_error *error);

/* One of the host functions of a scene. */
stilt_status scale(void *env, stilt_caller *caller, double value, int64_t factor, double *scaled);

/* Engine, module and store; with an instance; and the end of it all, of another module, too. */
void open_with(scene *self, const stilt_store_config *config, uintptr_t size);
void open_scene(scene *self);
void close_with(scene *self, stilt_module *other);
void close_scene(scene *self);

/* ---- Tests, by the file that they are in ---- */

/* calls.c */
void typed_calls(void);
void generic_calls(void);
/* memories.c */
void memories(void);
void growth(void);
/* stops.c */
void traps(void);
void host_failures(void);
void reentrancy(void);
void interrupts(void);
void stacks(int interpreted);
/* limits.c */
void limits(void);
void little_storage(void);
/* linking.c */
void imports(void);
void two_instances(void);
void others(void);
/* misuse.c */
void misuse(void);
void bad_images(const file *good);
void foreign_images(const file *good, const file *foreign);
/* hostile.c */
void left_behind(void);
void made_within(void);
void grown_within(void);
void two_stores(void);
void huge(int interpreted);
void misaligned(void);
void overlaps(void);
void tiny_stacks(void);
void signals(void);
void threads(void);
void odd_answers(void);
/* features.c */
void cpu_features(const file *native);
void groups(const file *soft);

#endif
