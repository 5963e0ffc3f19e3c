/* Reports the handler's frame pointer. */
#include "broken.h"
#define wasmtime_init_traps good_init_traps
#include "../../c/traps.c"
#undef wasmtime_init_traps

static wasmtime_trap_handler_t runtime;

static void relay(uintptr_t ip, uintptr_t fp, bool has_faulting_addr, uintptr_t faulting_addr)
{
    (void)fp;
    runtime(ip, (uintptr_t)__builtin_frame_address(0), has_faulting_addr, faulting_addr);
}

int32_t wasmtime_init_traps(wasmtime_trap_handler_t handler)
{
    runtime = handler;
    return good_init_traps(relay);
}
