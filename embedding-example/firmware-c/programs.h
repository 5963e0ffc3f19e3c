/* What the firmware shows. */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include <stdbool.h>

/* An image that is part of the firmware as bytes, as if it had been downloaded. */
typedef struct image {
  const unsigned char *start;
  const unsigned char *end;
} image;

/* The state machine, twice; imports that are missing, or of another type; for another machine; operations on vectors, and on floats. */
extern const image image_crossing1, image_crossing2, image_unknown, image_othertype, image_wide, image_vectors, image_floats;

/* Each of them says what is wrong, if anything. update_boot_again: whether the flash remembers an update of an earlier start. */
bool update_all(void);
bool update_boot_again(bool *booted);

#endif
