/* Forgets who handled the signals before. */
#include "broken.h"
#define wasmtime_init_traps good_init_traps
#include "../../c/traps.c"
#undef wasmtime_init_traps

int32_t wasmtime_init_traps(wasmtime_trap_handler_t handler)
{
    int32_t status = good_init_traps(handler);
    memset(previous, 0, sizeof previous);
    return status;
}
