/* Images in two slots of a chip, a half each. What is installed goes into the slot that is not in use, is checked there, and becomes the
 * one in use with the last word of its header; so there is a valid image at any time, whenever the power fails.
 *
 * A slot: a header of SLOT_HEADER bytes, then the image, aligned for running in place. The header is valid if its words fit each other,
 * which they do not before the last one is programmed. Of two valid ones the later is in use. */
#ifndef SLOTS_H
#define SLOTS_H

#include "flash.h"

#include <stdbool.h>

#define SLOT_HEADER 64u

typedef struct slot {
  /* 0 or 1. */
  unsigned number;
  /* Counts what was installed. */
  uint32_t sequence;
  /* Of the image. */
  uint32_t length;
} slot;

/* Why an image was not installed. The one that was in use still is. */
typedef enum install_status {
  INSTALL_OK,
  /* It has more than slots_capacity bytes. */
  INSTALL_TOO_LARGE,
  INSTALL_FLASH_FAILED,
  INSTALL_POWER_FAILED,
  /* The check refused it, where it lay in the slot. */
  INSTALL_REFUSED,
} install_status;

/* Looks at an image where it lies. */
typedef bool image_check(void *env, const void *image, size_t length);

/* Bytes that an image can have. */
size_t slots_capacity(const flash *chip);

/* Valid slots, the latest first; how many. */
unsigned slots_latest_first(const flash *chip, slot slots[2]);

/* The image in a slot. It stays there until something else is installed in that slot. */
const void *slot_image(const flash *chip, const slot *slot);

/* Puts an image into the slot that is not in use (in_use may be NULL), has it checked where it then lies, and makes it the latest. Nobody
 * uses the image that was in that slot. After a failure nothing has changed for who looks for the latest. */
install_status slots_install(flash *chip, const void *image, size_t length, const slot *in_use, image_check *check, void *env,
                             slot *installed);

#endif
