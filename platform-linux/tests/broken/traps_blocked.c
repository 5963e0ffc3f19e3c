/* Forgets SA_NODEFER: once the handler was left by a jump, the signal stays blocked, and the next one kills. */
#include "broken.h"
#undef SA_NODEFER
#define SA_NODEFER 0
#include "../../c/traps.c"
