/* The two addresses are two memories. */
#include "broken.h"
#define stilt_platform_execute_alias_new good_alias_new
#include "../../c/execute_alias.c"
#undef stilt_platform_execute_alias_new

int32_t stilt_platform_execute_alias_new(uintptr_t size, uint8_t **ret_write, const uint8_t **ret_exec)
{
    *ret_write = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *ret_exec = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
}
