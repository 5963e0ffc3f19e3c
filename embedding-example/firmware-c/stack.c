#include "stack.h"

#include <stdint.h>

/* From the linker script: the stack grows down from there, to there. */
extern uint32_t stack_top[], bss_end[];

#define UNUSED 0x5a5a5a5au

void stack_mark(void) {
  /* But for this function's own frame. */
  volatile uint32_t *end = (volatile uint32_t *)((uintptr_t)__builtin_frame_address(0) - 256);
  for (volatile uint32_t *place = bss_end; place < end; place++) *place = UNUSED;
}

size_t stack_most(void) {
  const volatile uint32_t *place = bss_end;
  while (place < stack_top && *place == UNUSED) place++;
  return (size_t)((uintptr_t)stack_top - (uintptr_t)place);
}
