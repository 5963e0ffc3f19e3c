/* Not a power of two. */
#include "broken.h"
#define wasmtime_page_size good_page_size
#include "../../c/memory.c"
#undef wasmtime_page_size

uintptr_t wasmtime_page_size(void)
{
    return 5000;
}
