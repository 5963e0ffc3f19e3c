/* How much of the firmware's stack was used. */
#ifndef STACK_H
#define STACK_H

#include <stddef.h>

/* First in main: marks what is not in use yet. */
void stack_mark(void);

/* The most bytes that were in use since. */
size_t stack_most(void);

#endif
