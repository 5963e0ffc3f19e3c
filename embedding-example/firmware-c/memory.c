/* What libstilt.a has of this is its own. Made for size: the runtime does not use it. */
#include "memory.h"

#include <stdint.h>

void *memcpy(void *to, const void *from, size_t length) {
  uint8_t *out = to;
  const uint8_t *in = from;
  while (length-- > 0) *out++ = *in++;
  return to;
}

void *memset(void *to, int byte, size_t length) {
  uint8_t *out = to;
  while (length-- > 0) *out++ = (uint8_t)byte;
  return to;
}

int memcmp(const void *a, const void *b, size_t length) {
  const uint8_t *left = a, *right = b;
  for (; length-- > 0; left++, right++)
    if (*left != *right) return *left < *right ? -1 : 1;
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length] != 0) length++;
  return length;
}
