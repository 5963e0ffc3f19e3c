/* Does not tell the interrupted stack pointer. */
#include "broken.h"
#define stilt_platform_init_resumable_traps good_init_resumable
#include "../../c/traps.c"
#undef stilt_platform_init_resumable_traps

static stilt_trap_resume_handler_t runtime;

static bool relay(struct stilt_trap_frame *frame, bool has_faulting_addr, uintptr_t faulting_addr)
{
    frame->sp = 0;
    return runtime(frame, has_faulting_addr, faulting_addr);
}

int32_t stilt_platform_init_resumable_traps(stilt_trap_resume_handler_t handler)
{
    runtime = handler;
    return good_init_resumable(relay);
}
