/* An update: the second version of the state machine replaces the first. What must not replace it is refused, and while it replaces it the
 * power fails, in every operation of the chip. */
#include "board.h"
#include "console.h"
#include "guest.h"
#include "programs.h"
#include "slots.h"

#include "memory.h"

static size_t length_of(const image *image) { return (size_t)(image->end - image->start); }

static bool accepted(void *env, const void *image, size_t length) { return guest_check(image, length, env) == STILT_OK; }

static bool wrong(const char *what) {
  print("error: %s\n", what);
  return false;
}

/* The latest slot whose image passes all checks: what a device boots. */
static bool boot(const flash *chip, slot *booted) {
  slot slots[2];
  stilt_error error;
  unsigned count = slots_latest_first(chip, slots);
  for (unsigned i = 0; i < count; i++) {
    if (!accepted(&error, slot_image(chip, &slots[i]), slots[i].length)) continue;
    *booted = slots[i];
    return true;
  }
  return false;
}

/* Runs what is in a slot for some seconds of its time, in which somebody presses the button twice. */
static bool run(const flash *chip, const slot *slot, int32_t expected) {
  guest guest;
  stilt_error error;
  pins pins = {.button = false};
  int32_t version;
  if (guest_load(&guest, slot_image(chip, slot), slot->length, &pins, &error) != STILT_OK) {
    guest_report(NULL, &error);
    return false;
  }
  stilt_status status = guest_call(&guest, "version", &version, &error);
  if (status == STILT_OK) {
    print("slot %u: crossing %d\n", slot->number, (int)version);
    status = guest_call(&guest, "start", NULL, &error);
  }
  for (int tick = 0; tick < 60 && status == STILT_OK; tick++) {
    pins.button = tick == 12 || tick == 30;
    status = guest_call(&guest, "tick", NULL, &error);
  }
  if (status != STILT_OK) guest_report(&guest, &error);
  print("lights %b, switched %u times\n", (unsigned)board_lights(), (unsigned)pins.switched);
  guest_end(&guest);
  return status == STILT_OK && (version == expected || wrong("another version is in use"));
}

static void say_why(const flash *chip, install_status status, size_t length, const stilt_error *error) {
  switch (status) {
    case INSTALL_TOO_LARGE:
      print("the image has %u bytes, and a slot has room for %u\n", (unsigned)length, (unsigned)slots_capacity(chip));
      break;
    case INSTALL_REFUSED:
      guest_report(NULL, error);
      break;
    default:
      print("the flash failed\n");
      break;
  }
}

/* An image that must not be installed: after that the first one is still in use. `what` is NULL where nothing is to be said. */
static bool refuse(flash *chip, const slot *in_use, const char *what, const void *image, size_t length) {
  slot found;
  stilt_error error;
  install_status status = slots_install(chip, image, length, in_use, accepted, &error, &found);
  if (status == INSTALL_OK) return wrong("it was installed");
  if (what != NULL) {
    print("%s: ", what);
    say_why(chip, status, length, &error);
  }
  return (boot(chip, &found) && found.number == in_use->number) || wrong("the first image is not in use any more");
}

static bool refuse_all(flash *chip, const slot *in_use) {
  static const struct {
    const char *what;
    const image *image;
  } bad[] = {
      {"for another machine", &image_wide},
      {"vectors", &image_vectors},
      {"floats", &image_floats},
      {"an unknown host function", &image_unknown},
      {"a host function of another type", &image_othertype},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    if (!refuse(chip, in_use, bad[i].what, bad[i].image->start, length_of(bad[i].image))) return false;
  const image *whole = &image_crossing2;
  size_t length = length_of(whole);
  if (!refuse(chip, in_use, "cut short", whole->start, length - 40)) return false;
  if (!refuse(chip, in_use, "none", whole->start, 0)) return false;
  /* More than a slot takes, whatever it is. */
  if (!refuse(chip, in_use, "too large", slot_image(chip, in_use), slots_capacity(chip) + 1)) return false;

  /* One byte of it is another one, everywhere in turn. */
  uint8_t damaged[4096];
  unsigned tried = 0;
  if (length > sizeof damaged) return wrong("the image is larger than 4096 bytes");
  for (size_t place = 0; place < length; place = place + 23 < length || place == length - 1 ? place + 23 : length - 1) {
    memcpy(damaged, whole->start, length);
    damaged[place] ^= 0x10;
    if (!refuse(chip, in_use, place == 0 || place == length - 1 ? "damaged" : NULL, damaged, length)) return false;
    tried++;
  }
  print("damaged in each of %u places: refused, and the first image in use after each\n", tried);
  return true;
}

/* Lets the power fail during the update, and looks what would be booted: the first image, whole. */
static bool lose_power(flash *chip, const slot *in_use, const image *second) {
  slot found;
  stilt_error error;
  size_t length = length_of(second);
  size_t operations = (SLOT_HEADER + length + chip->sector - 1) / chip->sector + (length + 63) / 64 + 4;
  for (size_t after = 0; after < operations; after++) {
    flash cut = flash_cut(chip, after);
    if (slots_install(&cut, second->start, length, in_use, accepted, &error, &found) != INSTALL_POWER_FAILED)
      return wrong("the update went on without power");
    if (!boot(chip, &found) || found.number != in_use->number) return wrong("the first image is not in use any more");
  }
  print("power lost in each of %u operations: the first image in use after each\n", (unsigned)operations);
  return true;
}

bool update_boot_again(bool *booted) {
  const flash chip = board_chip();
  slot slot;
  *booted = boot(&chip, &slot);
  if (!*booted) return true;
  print("-- installed before this start\n");
  return run(&chip, &slot, 2);
}

bool update_all(void) {
  flash chip = board_chip();
  slot first, second;
  stilt_error error;
  const image *image = &image_crossing1;
  install_status status = slots_install(&chip, image->start, length_of(image), NULL, accepted, &error, &first);
  if (status != INSTALL_OK) {
    say_why(&chip, status, length_of(image), &error);
    return false;
  }
  if (!run(&chip, &first, 1)) return false;

  image = &image_crossing2;
  if (!refuse_all(&chip, &first) || !lose_power(&chip, &first, image)) return false;

  status = slots_install(&chip, image->start, length_of(image), &first, accepted, &error, &second);
  if (status != INSTALL_OK) {
    say_why(&chip, status, length_of(image), &error);
    return false;
  }
  return boot(&chip, &second) && run(&chip, &second, 2);
}
