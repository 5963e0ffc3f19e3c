#include "slots.h"

#include "memory.h"

/* Bytes that are programmed at a time: pages are a multiple, so that none is crossed behind a header. */
#define CHUNK 64u

/* What the first word of a header is. */
#define MAGIC 0x544c4953u

static size_t half(const flash *chip) { return chip->size / 2; }

size_t slots_capacity(const flash *chip) { return half(chip) - SLOT_HEADER; }

/* A word that fits the two others, and does not if bits of one are missing. */
static uint32_t seal(uint32_t sequence, uint32_t length) {
  uint32_t mixed = ((sequence ^ 0x9e3779b9u) * 0x85ebca6bu) ^ (length << 16 | length >> 16);
  return (mixed * 0xc2b2ae35u) ^ (mixed >> 15);
}

static bool read_slot(const flash *chip, unsigned number, slot *slot) {
  size_t start = number * half(chip);
  slot->number = number;
  slot->sequence = flash_word(chip, start + 4);
  slot->length = flash_word(chip, start + 8);
  return flash_word(chip, start) == MAGIC && flash_word(chip, start + 12) == seal(slot->sequence, slot->length) &&
         slot->length <= slots_capacity(chip);
}

unsigned slots_latest_first(const flash *chip, slot slots[2]) {
  bool first = read_slot(chip, 0, &slots[0]);
  bool second = read_slot(chip, 1, &slots[1]);
  if (second && (!first || (int32_t)(slots[1].sequence - slots[0].sequence) > 0)) {
    slot later = slots[1];
    slots[1] = slots[0];
    slots[0] = later;
  }
  return (unsigned)first + second;
}

static const void *image_in(const flash *chip, unsigned number) {
  return (const uint8_t *)(uintptr_t)chip->start + number * half(chip) + SLOT_HEADER;
}

const void *slot_image(const flash *chip, const slot *slot) { return image_in(chip, slot->number); }

static install_status failed(flash_status status) {
  return status == FLASH_POWER_FAILED ? INSTALL_POWER_FAILED : INSTALL_FLASH_FAILED;
}

install_status slots_install(flash *chip, const void *image, size_t length, const slot *in_use, image_check *check, void *env,
                             slot *installed) {
  flash_status status;
  if (length > slots_capacity(chip)) return INSTALL_TOO_LARGE;
  unsigned number = in_use == NULL ? 0 : 1 - in_use->number;
  size_t start = number * half(chip);
  /* From the header on: what is half erased has none. */
  for (size_t sector = start; sector < start + SLOT_HEADER + length; sector += chip->sector)
    if ((status = flash_erase(chip, sector)) != FLASH_OK) return failed(status);
  for (size_t done = 0; done < length; done += CHUNK) {
    uint32_t words[CHUNK / 4];
    size_t count = length - done < CHUNK ? length - done : CHUNK;
    memset(words, 0xff, sizeof words);
    memcpy(words, (const uint8_t *)image + done, count);
    if ((status = flash_program(chip, start + SLOT_HEADER + done, words, (count + 3) / 4)) != FLASH_OK) return failed(status);
  }
  if (!check(env, image_in(chip, number), length)) return INSTALL_REFUSED;

  uint32_t sequence = (in_use == NULL ? 0 : in_use->sequence) + 1;
  const uint32_t header[4] = {MAGIC, sequence, (uint32_t)length, seal(sequence, (uint32_t)length)};
  for (unsigned word = 1; word <= 4; word++)
    if ((status = flash_program(chip, start + word % 4 * 4, &header[word % 4], 1)) != FLASH_OK) return failed(status);
  *installed = (slot){.number = number, .sequence = sequence, .length = (uint32_t)length};
  return INSTALL_OK;
}
