/* Goes to sleep without looking at the word. */
#include "broken.h"
#define stilt_platform_park_wait good_wait
#include "../../c/parking.c"
#undef stilt_platform_park_wait

int32_t stilt_platform_park_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns, bool *ret_timed_out)
{
    (void)expected;
    return good_wait(word, *(const volatile uint32_t *)word, timeout_ns, ret_timed_out);
}
