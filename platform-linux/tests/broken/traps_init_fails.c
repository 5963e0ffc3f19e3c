/* Cannot install a handler, and says so. */
#include "broken.h"
#define wasmtime_init_traps good_init_traps
#include "../../c/traps.c"
#undef wasmtime_init_traps

int32_t wasmtime_init_traps(wasmtime_trap_handler_t handler)
{
    (void)handler;
    return ENOSYS;
}
