/* Flash: erased by sectors, to ones; programmed by words, some at a time, to zeroes; read as memory. The chips of both boards, and one
 * whose power fails. */
#ifndef FLASH_H
#define FLASH_H

#include <stddef.h>
#include <stdint.h>

typedef enum flash_status {
  FLASH_OK,
  /* The offset is not of a sector, or of a word of the chip. */
  FLASH_NO_SUCH_PLACE,
  /* It reports an error, or reads otherwise than it was programmed: it was not erased, or is worn out. */
  FLASH_FAILED,
  /* There is no power any more. */
  FLASH_POWER_FAILED,
} flash_status;

/* The most bytes that are programmed at a time. */
#define FLASH_PAGE 256u

typedef struct flash flash;
struct flash {
  volatile uint32_t *start;
  /* Bytes of all sectors, and of one. */
  size_t size;
  size_t sector;
  flash_status (*erase)(flash *chip, size_t offset);
  flash_status (*program)(flash *chip, size_t offset, const uint32_t *words, size_t count);
  /* Of flash_cut: the chip, and how many operations there is power for. */
  flash *under;
  size_t left;
};

/* RAM that behaves as flash. */
flash flash_memory(uintptr_t start, size_t size, size_t sector);
/* Two 16-bit chips with Intel's commands (CFI command set 1), side by side. No code runs from them. */
flash flash_intel(uintptr_t start, size_t size, size_t sector);
/* Passes on what it is asked for, until the power fails in the middle of an operation. */
flash flash_cut(flash *chip, size_t operations);

/* Erases the sector that begins there. */
flash_status flash_erase(flash *chip, size_t offset);
/* Programs words from an offset on, at most FLASH_PAGE bytes that do not cross a multiple of it, and compares what is there then. */
flash_status flash_program(flash *chip, size_t offset, const uint32_t *words, size_t count);
/* A word; all ones where there is none. */
uint32_t flash_word(const flash *chip, size_t offset);

#endif
