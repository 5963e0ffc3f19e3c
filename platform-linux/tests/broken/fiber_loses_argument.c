/* Calls entry without its argument. */
#include "broken.h"
#define wasmtime_fiber_init good_fiber_init
#include "../../c/fiber.c"
#undef wasmtime_fiber_init

void wasmtime_fiber_init(uint8_t *top_of_stack, uint8_t *(*entry)(uint8_t *, uint8_t *), uint8_t *entry_arg0)
{
    (void)entry_arg0;
    good_fiber_init(top_of_stack, entry, NULL);
}
