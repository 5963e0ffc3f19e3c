/* Guests: the engine, the functions of this host, and one guest at a time that runs. All storage is here, and its size is known when the
 * firmware is compiled. */
#ifndef GUEST_H
#define GUEST_H

#include "stilt.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether somebody presses the button, and how often a light was switched. */
typedef struct pins {
  bool button;
  uint32_t switched;
} pins;

typedef struct guest {
  stilt_module *module;
  stilt_store *store;
  stilt_instance instance;
} guest;

/* Once, before all else. */
stilt_status guests_prepare(stilt_error *error);

/* A guest of an image that is linked into the firmware; of one that lies somewhere else, and stays there, unchanged, until guest_end.
 * Guests start with memory of zeroes. After a failure there is none. */
stilt_status guest_link(guest *guest, const struct stilt_linked_image *image, pins *pins, stilt_error *error);
stilt_status guest_load(guest *guest, const void *image, size_t length, pins *pins, stilt_error *error);

void guest_end(guest *guest);

/* Calls an export by its name, without parameters; it has a result if `result` is not NULL. */
stilt_status guest_call(guest *guest, const char *name, int32_t *result, stilt_error *error);

/* Everything that guest_load would find wrong with an image, and its checksums, without running any of it; also while a guest runs. What
 * it was made by is not checked: a device in the field verifies a signature first. */
stilt_status guest_check(const void *image, size_t length, stilt_error *error);

/* What went wrong, as a line; for a trap what, where, and the functions that were being called. */
void guest_report(guest *guest, const stilt_error *error);

#endif
