#include "console.h"
#include "board.h"
#include "stilt.h"

#include <stdarg.h>

static void write_text(const char *text) {
  while (*text != 0) board_write_serial((uint8_t)*text++);
}

/* At least `least` digits. */
static void write_number(uint32_t value, uint32_t base, int least) {
  char digits[33];
  char *start = digits + sizeof digits - 1;
  *start = 0;
  while (value != 0 || least > 0) {
    *--start = "0123456789abcdef"[value % base];
    value /= base;
    least--;
  }
  write_text(start);
}

void print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format != 0; format++) {
    if (*format != '%') {
      board_write_serial((uint8_t)*format);
      continue;
    }
    switch (*++format) {
      case 's':
        write_text(va_arg(arguments, const char *));
        break;
      case 't': {
        const stilt_text *text = va_arg(arguments, const stilt_text *);
        for (uintptr_t place = 0; place < text->length; place++) board_write_serial((uint8_t)text->bytes[place]);
        break;
      }
      case 'd': {
        int value = va_arg(arguments, int);
        if (value < 0) board_write_serial('-');
        write_number(value < 0 ? 0u - (uint32_t)value : (uint32_t)value, 10, 1);
        break;
      }
      case 'u':
        write_number(va_arg(arguments, unsigned), 10, 1);
        break;
      case 'x':
        write_text("0x");
        write_number(va_arg(arguments, unsigned), 16, 1);
        break;
      case 'b':
        write_text("0b");
        write_number(va_arg(arguments, unsigned), 2, 4);
        break;
      default:
        va_end(arguments);
        return;
    }
  }
  va_end(arguments);
}
