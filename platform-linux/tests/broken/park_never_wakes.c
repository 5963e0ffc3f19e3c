/* Notifying does nothing. */
#include "broken.h"
#define stilt_platform_park_notify good_notify
#include "../../c/parking.c"
#undef stilt_platform_park_notify

int32_t stilt_platform_park_notify(const uint32_t *word)
{
    (void)word;
    return 0;
}
