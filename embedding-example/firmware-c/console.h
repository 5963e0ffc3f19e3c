/* Text to the serial line. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

/* %s: text; %t: a const stilt_text *; %d, %u: decimal; %x: hexadecimal, with 0x; %b: four binary digits, with 0b. */
void print(const char *format, ...);

#endif
