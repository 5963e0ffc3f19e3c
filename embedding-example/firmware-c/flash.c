#include "flash.h"

uint32_t flash_word(const flash *chip, size_t offset) {
  return offset % 4 != 0 || offset >= chip->size ? UINT32_MAX : chip->start[offset / 4];
}

flash_status flash_erase(flash *chip, size_t offset) {
  return offset % chip->sector != 0 || offset >= chip->size ? FLASH_NO_SUCH_PLACE : chip->erase(chip, offset);
}

flash_status flash_program(flash *chip, size_t offset, const uint32_t *words, size_t count) {
  if (count == 0 || offset % 4 != 0 || offset % FLASH_PAGE + 4 * count > FLASH_PAGE || offset >= chip->size)
    return FLASH_NO_SUCH_PLACE;
  /* What is zero stays so. */
  for (size_t i = 0; i < count; i++)
    if ((flash_word(chip, offset + 4 * i) & words[i]) != words[i]) return FLASH_FAILED;
  flash_status status = chip->program(chip, offset, words, count);
  for (size_t i = 0; i < count && status == FLASH_OK; i++)
    if (flash_word(chip, offset + 4 * i) != words[i]) status = FLASH_FAILED;
  return status;
}

/* ---- RAM -------------------------------------------------------------------------------------------------------------- */

static flash_status memory_erase(flash *chip, size_t offset) {
  for (size_t place = offset; place < offset + chip->sector; place += 4) chip->start[place / 4] = UINT32_MAX;
  return FLASH_OK;
}

static flash_status memory_program(flash *chip, size_t offset, const uint32_t *words, size_t count) {
  for (size_t i = 0; i < count; i++) chip->start[offset / 4 + i] &= words[i];
  return FLASH_OK;
}

flash flash_memory(uintptr_t start, size_t size, size_t sector) {
  return (flash){.start = (volatile uint32_t *)start,
                 .size = size,
                 .sector = sector,
                 .erase = memory_erase,
                 .program = memory_program};
}

/* ---- Intel's commands ------------------------------------------------------------------------------------------------- */

/* Each command goes to both chips. */
#define BOTH(command) ((uint32_t)(command) * 0x10001u)

enum { READ = 0xff, CLEAR_STATUS = 0x50, PROGRAM = 0xe8, ERASE = 0x20, CONFIRM = 0xd0, READY = 0x80, ERRORS = 0x3a };

/* Waits until the chips are ready, and goes back to reading. */
static flash_status intel_finish(volatile uint32_t *place) {
  uint32_t status;
  do status = *place;
  while ((status & BOTH(READY)) != BOTH(READY));
  *place = BOTH(READ);
  return (status & BOTH(ERRORS)) == 0 ? FLASH_OK : FLASH_FAILED;
}

static flash_status intel_erase(flash *chip, size_t offset) {
  volatile uint32_t *place = chip->start + offset / 4;
  *place = BOTH(CLEAR_STATUS);
  *place = BOTH(ERASE);
  *place = BOTH(CONFIRM);
  return intel_finish(place);
}

static flash_status intel_program(flash *chip, size_t offset, const uint32_t *words, size_t count) {
  volatile uint32_t *place = chip->start + offset / 4;
  *place = BOTH(CLEAR_STATUS);
  /* Into the chips' buffers: the number of words less one, the words, and then at once into the cells. */
  *place = BOTH(PROGRAM);
  *place = BOTH(count - 1);
  for (size_t i = 0; i < count; i++) place[i] = words[i];
  *place = BOTH(CONFIRM);
  return intel_finish(place);
}

flash flash_intel(uintptr_t start, size_t size, size_t sector) {
  return (flash){.start = (volatile uint32_t *)start,
                 .size = size,
                 .sector = sector,
                 .erase = intel_erase,
                 .program = intel_program};
}

/* ---- Power that fails ------------------------------------------------------------------------------------------------- */

static flash_status cut_erase(flash *chip, size_t offset) {
  if (chip->left > 0) {
    chip->left--;
    return flash_erase(chip->under, offset);
  }
  /* Some bits have changed, others not yet. */
  uint32_t half = flash_word(chip->under, offset) & 0xf0f0f0f0;
  flash_program(chip->under, offset, &half, 1);
  return FLASH_POWER_FAILED;
}

static flash_status cut_program(flash *chip, size_t offset, const uint32_t *words, size_t count) {
  if (chip->left > 0) {
    chip->left--;
    return flash_program(chip->under, offset, words, count);
  }
  /* Half of the words are there, and half of the bits of the next one. */
  uint32_t half = words[count / 2] | 0xffff0000;
  flash_program(chip->under, offset, words, count / 2);
  flash_program(chip->under, offset + count / 2 * 4, &half, 1);
  return FLASH_POWER_FAILED;
}

flash flash_cut(flash *chip, size_t operations) {
  return (flash){.start = chip->start,
                 .size = chip->size,
                 .sector = chip->sector,
                 .erase = cut_erase,
                 .program = cut_program,
                 .under = chip,
                 .left = operations};
}
